#include "fathom/gan/scores/neighbours.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::gan {
namespace {

torch::Tensor on_a_line(std::vector<float> places) { return torch::tensor(places).unsqueeze(1); }

TEST(NeighbourScores, CountedByHand) {
  // Balls of real ones with k = 1: 0 +- 1, 1 +- 1, 3 +- 2, 10 +- 7; of generated ones: 0.5 +- 0.4, 0.9 +-
  // 0.4, 30 +- 29.1.
  const NeighbourScores s =
      NeighbourReference(on_a_line({0, 1, 3, 10}), /*k=*/1).scores(on_a_line({0.5F, 0.9F, 30}));
  EXPECT_NEAR(s.precision, 2.0 / 3, 1e-6);      // 0.5 and 0.9 lie in a ball, 30 in none
  EXPECT_NEAR(s.recall, 3.0 / 4, 1e-6);         // 1 in that of 0.9, 3 and 10 in that of 30; 0 in none
  EXPECT_NEAR(s.density, (2 + 2) / 3.0, 1e-6);  // both lie in the balls of 0 and 1
  EXPECT_NEAR(s.coverage, 2.0 / 4, 1e-6);       // those of 0 and 1
}

TEST(NeighbourScores, TheSurfaceOfABallCountsForPrecisionAndRecall) {
  // Real balls with k = 1: 0 +- 1, 1 +- 1, 9 +- 8; generated ones: -1 +- 5, 4 +- 5. -1 is on the surface of
  // the ball of 0, and 4 on none; 4 is in that of 9. 9 is on the surface of the ball of 4.
  const NeighbourScores s = NeighbourReference(on_a_line({0, 1, 9}), /*k=*/1).scores(on_a_line({-1, 4}));
  EXPECT_NEAR(s.precision, 1, 1e-6);
  EXPECT_NEAR(s.recall, 1, 1e-6);
  EXPECT_NEAR(s.density, 1 / 2.0, 1e-6);   // 4 in that of 9
  EXPECT_NEAR(s.coverage, 1 / 3.0, 1e-6);  // that of 9
}

TEST(NeighbourScores, OfOneDistributionAreHigh) {
  const torch::Generator random = make_generator(5);
  const NeighbourScores s =
      NeighbourReference(torch::randn({1200, 4}, random)).scores(torch::randn({1300, 4}, random));
  EXPECT_GT(s.precision, 0.9);
  EXPECT_GT(s.recall, 0.9);
  EXPECT_NEAR(s.density, 1, 0.1);
  EXPECT_GT(s.coverage, 0.9);  // 1 - 2^-5 or so (Naeem et al. 2020)
}

TEST(NeighbourScores, TellAMissingModeFromABadSample) {
  const torch::Generator random = make_generator(6);
  const torch::Tensor left = torch::randn({300, 4}, random), right = torch::randn({300, 4}, random) + 30;
  const torch::Tensor real = torch::cat({left, right});
  const NeighbourScores collapsed = NeighbourReference(real).scores(torch::randn({600, 4}, random));
  EXPECT_GT(collapsed.precision, 0.9);
  EXPECT_LT(collapsed.coverage, 0.55);
  EXPECT_LT(collapsed.recall, 0.55);
  const NeighbourScores blurred = NeighbourReference(real).scores(40 * torch::randn({600, 4}, random));
  EXPECT_LT(blurred.precision, 0.2);
}

TEST(NeighbourScores, NeedMoreVectorsThanNeighbours) {
  EXPECT_THROW(NeighbourReference(torch::rand({9, 2}), 5).scores(torch::rand({5, 2})), InvalidArgument);
  EXPECT_THROW(NeighbourReference(torch::rand({9, 2}), 0).scores(torch::rand({9, 2})), InvalidArgument);
  EXPECT_THROW(NeighbourReference(torch::rand({5, 2}), 5).scores(torch::rand({9, 2})), InvalidArgument);
  EXPECT_THROW(NeighbourReference(torch::rand({9, 2}), 5).scores(torch::rand({9, 3})), InvalidArgument);
}

}  // namespace
}  // namespace fathom::gan
