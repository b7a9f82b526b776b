/// What a wrong word of a command line may have meant.
#pragma once

#include <string>
#include <vector>

namespace fathom::cli {

/// The flag of `names` that `name` may mean: a word for the same thing ("augment" for "pipeline"), else the
/// one with the closest spelling; "" if there is none.
std::string meant_flag(const std::string& name, const std::vector<std::string>& names);

/// "unexpected argument 'box.jpg'; did you mean '--image box.jpg'?" The flag is one of `names`: --model for a
/// .pt file, --data for "folder:..." and "csv:...", else --image or --data; no question if there is none.
std::string unexpected_text(const std::string& argument, const std::vector<std::string>& names);

}  // namespace fathom::cli
