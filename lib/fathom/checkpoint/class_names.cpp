#include "fathom/checkpoint/class_names.hpp"

#include <charconv>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"

namespace fathom::checkpoint {

std::int64_t class_index(const std::vector<std::string>& classes, const std::string& name_or_index) {
  const std::string wanted = lower_case(name_or_index);
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (lower_case(classes[i]) == wanted) return static_cast<std::int64_t>(i);
  std::int64_t index = -1;
  const char* end = name_or_index.data() + name_or_index.size();
  const auto [stop, error] = std::from_chars(name_or_index.data(), end, index);
  if (error == std::errc() && stop == end) {
    if (index >= 0 && index < std::ssize(classes)) return index;
    throw InvalidArgument(
        fmt::format("no class {}: the model's classes are 0 to {}", index, classes.size() - 1));
  }
  throw InvalidArgument("no class '" + name_or_index + "'" + suggestion(name_or_index, classes));
}

}  // namespace fathom::checkpoint
