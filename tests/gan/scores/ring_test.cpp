#include "fathom/gan/scores/ring.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::gan {
namespace {

TEST(Ring, HasItsModesWhereTheyAreSaidToBe) {
  const torch::Tensor centres = ring_centres({.modes = 4, .radius = 2});
  EXPECT_TRUE(centres.allclose(torch::tensor({{2.0F, 0.0F}, {0.0F, 2.0F}, {-2.0F, 0.0F}, {0.0F, -2.0F}}),
                               1e-5, 1e-5));
}

TEST(Ring, PointsAreThoseOfTheGaussians) {
  const RingOptions ring;
  const RingScores scores = ring_scores(ring, ring_points(ring, 20000, make_generator(1)));
  EXPECT_EQ(scores.modes_covered, 8);
  EXPECT_NEAR(scores.near_share, 0.98889, 0.003);  // 1 - exp(-9 / 2)
  for (const std::int64_t count : scores.per_mode) EXPECT_NEAR(count, 20000 / 8, 150);
}

TEST(Ring, AModeNeedsATenthOfItsShare) {
  const RingOptions ring{.modes = 2, .radius = 1, .sigma = 0.1};
  const auto points = [](std::int64_t right, std::int64_t left, std::int64_t lost) {
    return torch::cat({torch::tensor({{1.0F, 0.0F}}).repeat({right, 1}),
                       torch::tensor({{-1.0F, 0.2F}}).repeat({left, 1}),
                       torch::tensor({{0.0F, 0.0F}}).repeat({lost, 1})});
  };
  EXPECT_EQ(ring_scores(ring, points(90, 5, 5)).modes_covered, 2);
  EXPECT_EQ(ring_scores(ring, points(91, 4, 5)).modes_covered, 1);
  EXPECT_NEAR(ring_scores(ring, points(90, 5, 5)).near_share, 0.95, 1e-9);
}

TEST(Ring, RefusesWhatIsNone) {
  EXPECT_THROW(ring_centres({.modes = 0}), InvalidArgument);
  EXPECT_THROW(ring_centres({.modes = 65}), InvalidArgument);
  EXPECT_THROW(ring_centres({.sigma = 0}), InvalidArgument);
}

}  // namespace
}  // namespace fathom::gan
