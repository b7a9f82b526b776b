#include "fathom/explain/noise.hpp"

#include <gtest/gtest.h>

#include <set>

namespace fathom::explain {
namespace {

TEST(Noise, OfAMethodAndOfItsJudgeNeverComeFromOneStream) {
  std::set<std::uint64_t> seeds;
  for (const std::uint64_t seed : {0, 1, 42})
    for (std::uint64_t picture = 0; picture < 1000; ++picture) {
      seeds.insert(method_seed(seed, picture));
      seeds.insert(judging_seed(seed, picture));
    }
  EXPECT_EQ(seeds.size(), 6000U);
}

}  // namespace
}  // namespace fathom::explain
