/// Classes by name or index.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fathom::checkpoint {

/// The index of a class, given by name (case ignored) or index. Throws InvalidArgument and suggests the
/// closest name.
std::int64_t class_index(const std::vector<std::string>& classes, const std::string& name_or_index);

}  // namespace fathom::checkpoint
