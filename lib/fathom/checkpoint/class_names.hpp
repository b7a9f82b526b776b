/// Classes as people name them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fathom::checkpoint {

/// The class that a name (case ignored) or an index stands for. Throws InvalidArgument, suggesting the
/// closest name.
std::int64_t class_index(const std::vector<std::string>& classes, const std::string& name_or_index);

}  // namespace fathom::checkpoint
