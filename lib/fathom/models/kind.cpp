#include "fathom/models/kind.hpp"

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::models {

void require_range(const char* option, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high)
    throw InvalidArgument(fmt::format("{} must be between {} and {}, not {}", option, low, high, value));
}

}  // namespace fathom::models
