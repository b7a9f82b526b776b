/// Sizes and positions in pictures, in pixels; rows first, as in a tensor's [H, W].
#pragma once

#include <cstdint>

namespace fathom {

struct Extent {
  std::int64_t height = 0, width = 0;
  bool operator==(const Extent&) const = default;
};

/// A rectangle: its top left corner and its size.
struct Patch {
  std::int64_t y = 0, x = 0, height = 0, width = 0;
  bool operator==(const Patch&) const = default;
};

}  // namespace fathom
