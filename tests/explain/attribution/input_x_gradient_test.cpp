#include "fathom/explain/attribution/input_x_gradient.hpp"

#include <gtest/gtest.h>

#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"

namespace fathom::explain {
namespace {

TEST(InputXGradient, OfALinearScoreSumsToIt) {
  const Attribution a = input_x_gradient(linear({1, -4, -3, 2}), picture({5, 6, 7, 8}, {1, 2, 1, 2}));
  EXPECT_EQ(numbers(a.values), (std::vector<float>{5, -24, -21, 16}));
  EXPECT_EQ(numbers(a.map), (std::vector<float>{-16, -8}));
  EXPECT_EQ(a.map.sum().item<float>(), a.score);
  EXPECT_TRUE(a.is_signed);
}

TEST(InputXGradient, OfAProductCountsItOncePerFactor) {
  const Attribution a = input_x_gradient(product, picture({3, 5}, {1, 1, 1, 2}));
  EXPECT_EQ(numbers(a.map), (std::vector<float>{15, 15}));
  EXPECT_EQ(a.score, 15);
}

TEST(InputXGradient, GivesBlackPixelsNothing) {
  const Attribution a = input_x_gradient(linear({7, 9}), picture({0, 1}, {1, 1, 1, 2}));
  EXPECT_EQ(numbers(a.map), (std::vector<float>{0, 9}));
}

TEST(InputXGradient, RefusesAnythingButOneImage) {
  EXPECT_THROW(input_x_gradient(product, torch::ones({2, 1, 1, 2})), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
