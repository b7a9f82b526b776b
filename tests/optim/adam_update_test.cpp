#include "fathom/optim/adam_update.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace fathom::optim {
namespace {

struct Numbers {
  std::vector<float> weights, mean, square, gradients;
};

Numbers some(std::size_t count) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  Numbers n;
  for (std::size_t i = 0; i < count; ++i) {
    n.weights.push_back(normal(random));
    n.mean.push_back(normal(random));
    n.square.push_back(std::abs(normal(random)));
    n.gradients.push_back(normal(random));
  }
  return n;
}

void update(Numbers& n, std::size_t begin, std::size_t end, const AdamFactors& factors) {
  update_by_adam(&n.weights[begin], &n.mean[begin], &n.square[begin], &n.gradients[begin],
                 static_cast<std::int64_t>(end - begin), factors);
}

constexpr AdamFactors kFactors{.beta1 = 0.9F,
                               .rest1 = 0.1F,
                               .beta2 = 0.99F,
                               .rest2 = 0.01F,
                               .rate = 0.05F,
                               .epsilon = 1e-4F,
                               .l2 = 0.2F,
                               .keep = 0.75F};

TEST(AdamUpdate, IsTheFormulaInEveryPlace) {
  const Numbers before = some(37);
  Numbers after = before;
  update(after, 0, 37, kFactors);
  for (std::size_t i = 0; i < 37; ++i) {
    const double w = before.weights[i], g = before.gradients[i] + 0.2 * w;
    const double mean = 0.9 * before.mean[i] + 0.1 * g, square = 0.99 * before.square[i] + 0.01 * g * g;
    EXPECT_NEAR(after.mean[i], mean, 1e-6);
    EXPECT_NEAR(after.square[i], square, 1e-6);
    EXPECT_NEAR(after.weights[i], 0.75 * w - 0.05 * mean / (std::sqrt(square) + 1e-4), 1e-6);
    EXPECT_EQ(after.gradients[i], before.gradients[i]);
  }
}

TEST(AdamUpdate, GivesTheSameBitsInWhateverPartsItIsMade) {
  Numbers whole = some(101), parts = whole;
  update(whole, 0, 101, kFactors);
  for (std::size_t begin = 0, length = 1; begin < 101; begin += length++)
    update(parts, begin, std::min<std::size_t>(begin + length, 101), kFactors);
  EXPECT_EQ(whole.weights, parts.weights);
  EXPECT_EQ(whole.mean, parts.mean);
  EXPECT_EQ(whole.square, parts.square);
}

TEST(AdamUpdate, WithoutAnL2TermTheGradientIsTakenAsItIs) {
  Numbers n = some(20);
  n.weights[3] = n.weights[17] = std::numeric_limits<float>::infinity();
  AdamFactors factors = kFactors;
  factors.l2 = 0;
  const Numbers before = n;
  update(n, 0, 20, factors);
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_NEAR(n.mean[i], 0.9 * before.mean[i] + 0.1 * before.gradients[i], 1e-6) << i;
}

TEST(AdamUpdate, TouchesNothingBeyondItsEnd) {
  const Numbers before = some(64);
  Numbers after = before;
  update(after, 3, 46, kFactors);
  for (const std::size_t i : {0U, 2U, 46U, 63U}) {
    EXPECT_EQ(after.weights[i], before.weights[i]) << i;
    EXPECT_EQ(after.mean[i], before.mean[i]) << i;
    EXPECT_EQ(after.square[i], before.square[i]) << i;
  }
  EXPECT_NE(after.weights[3], before.weights[3]);
  EXPECT_NE(after.weights[45], before.weights[45]);
}

}  // namespace
}  // namespace fathom::optim
