#include "fathom/core/statistics.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"

namespace fathom {
namespace {

TEST(Wilson95, GivesPublishedValues) {
  const Interval eight_of_ten = wilson95(8, 10);
  EXPECT_NEAR(eight_of_ten.low, 0.4902, 5e-5);
  EXPECT_NEAR(eight_of_ten.high, 0.9433, 5e-5);
  // With p = 0 the upper end is z^2 / (n + z^2) = 3.8415 / 13.8415.
  EXPECT_NEAR(wilson95(0, 10).high, 0.2775, 5e-5);
  const Interval half = wilson95(50, 100);
  EXPECT_NEAR(half.low, 0.4038, 5e-5);
  EXPECT_NEAR(half.high, 0.5962, 5e-5);
}

TEST(Wilson95, TouchesTheEndsExactly) {
  EXPECT_EQ(wilson95(0, 10).low, 0.0);
  EXPECT_EQ(wilson95(10, 10).high, 1.0);
  EXPECT_GT(wilson95(1, 10000000).low, 0.0);
  EXPECT_LT(wilson95(9999999, 10000000).high, 1.0);
}

TEST(Wilson95, IsSymmetric) {
  const Interval few = wilson95(3, 17), many = wilson95(14, 17);
  EXPECT_NEAR(few.low, 1.0 - many.high, 1e-12);
  EXPECT_NEAR(few.high, 1.0 - many.low, 1e-12);
}

TEST(Wilson95, KnowsNothingWithoutTrials) {
  EXPECT_EQ(wilson95(0, 0).low, 0.0);
  EXPECT_EQ(wilson95(0, 0).high, 1.0);
}

TEST(Wilson95, RefusesWhatIsNoProportion) {
  EXPECT_THROW(wilson95(-1, 10), InvalidArgument);
  EXPECT_THROW(wilson95(11, 10), InvalidArgument);
  EXPECT_THROW(wilson95(0, -1), InvalidArgument);
}

TEST(PercentText, HasTwoDecimals) {
  EXPECT_EQ(percent_text(0.92871, {0.92348, 0.93359}), "92.87 % [92.35, 93.36]");
  EXPECT_EQ(percent_text(1.0, {0.0, 1.0}), "100.00 % [0.00, 100.00]");
}

}  // namespace
}  // namespace fathom
