/// Classes by name or index.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fathom::checkpoint {

/// The index of a class, given by name or index. A name in another case is taken if no class has the name as
/// it is written. A number that several classes have as their name is the index of one of them. Throws
/// InvalidArgument, with the indices if several classes have the name, or with the closest name if none has.
std::int64_t class_index(const std::vector<std::string>& classes, const std::string& name_or_index);

/// The names that several classes share, in a sentence with the classes: "the name 'crane' stands for the
/// classes 134 and 517". Empty if every class has a name of its own.
std::string repeated_names(const std::vector<std::string>& classes);

}  // namespace fathom::checkpoint
