#include "fathom/core/side_by_side.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace fathom {
namespace {

TEST(SideBySide, DoesEveryTaskOnce) {
  std::vector<int> done(1000);
  side_by_side(1000, [&](std::int64_t i) { ++done[i]; });
  EXPECT_EQ(done, std::vector<int>(1000, 1));
  EXPECT_THROW(side_by_side(3, [](std::int64_t) { throw std::runtime_error("one"); }), std::runtime_error);
  side_by_side(0, [](std::int64_t) { FAIL(); });
}

}  // namespace
}  // namespace fathom
