#include "fathom/augment/random.hpp"

#include <gtest/gtest.h>
#include <algorithm>

#include "augment/uniformity.hpp"

namespace fathom::augment {
namespace {

TEST(Random, FollowsFromItsSeedAlone) {
  Random one(7), same(7), other(8);
  for (int i = 0; i < 100; ++i) {
    const auto number = one();
    EXPECT_EQ(number, same());
    EXPECT_NE(number, other());
  }
}

TEST(Random, IsUniform) {
  Random random(1);
  Histogram histogram(0, 1, 50);
  for (int i = 0; i < 50'000; ++i) histogram.add(random.uniform());
  EXPECT_EQ(histogram.outside(), 0);
  EXPECT_LT(unevenness(histogram.counts()), 1);
}

TEST(Random, FirstNumbersOfNeighbouringSeedsAreUniformToo) {
  Histogram histogram(0, 1, 50);
  for (std::uint64_t seed = 0; seed < 50'000; ++seed) histogram.add(Random(seed).uniform());
  EXPECT_LT(unevenness(histogram.counts()), 1);
}

TEST(Random, WholeNumbersHaveBothEndsAndAreEquallyLikely) {
  Random random(2);
  std::vector<int> counts(7);
  for (int i = 0; i < 21'000; ++i) {
    const std::int64_t number = random.whole(-3, 3);
    ASSERT_GE(number, -3);
    ASSERT_LE(number, 3);
    ++counts[static_cast<std::size_t>(number + 3)];
  }
  EXPECT_LT(unevenness(counts), 1);
  EXPECT_EQ(random.whole(5, 5), 5);
}

TEST(Random, ARangeOfOneNumberGivesThatNumber) { EXPECT_EQ(Random(3).uniform(0.1, 0.1), 0.1); }

}  // namespace
}  // namespace fathom::augment
