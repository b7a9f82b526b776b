#include "fathom/explain/attribution/saliency.hpp"

#include <gtest/gtest.h>

#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/explain/attribution/gradient.hpp"

namespace fathom::explain {
namespace {

TEST(ScoreGradient, EveryImageGetsItsOwn) {
  const torch::Tensor images = torch::tensor({1.F, 2.F, 3.F, 4.F}).view({2, 1, 1, 2});
  const ScoreGradient g = score_gradient(product, images);
  EXPECT_EQ(numbers(g.scores), (std::vector<float>{2, 12}));
  EXPECT_EQ(numbers(g.gradient), (std::vector<float>{2, 1, 4, 3}));  // of x y: (y, x)
}

TEST(ScoreGradient, LeavesNoGradientsAndTheImagesAsTheyWere) {
  const torch::Tensor weight = torch::tensor({2.F, -3.F}, torch::requires_grad());
  const torch::Tensor image = picture({1, 4}, {1, 1, 1, 2}), before = image.clone();
  const torch::NoGradGuard no_grad;  // a caller's guard does not matter
  const ScoreGradient g =
      score_gradient([&](const torch::Tensor& x) { return x.flatten(1).mv(weight); }, image);
  EXPECT_EQ(numbers(g.gradient), (std::vector<float>{2, -3}));
  EXPECT_FALSE(weight.grad().defined());
  EXPECT_FALSE(image.requires_grad());
  EXPECT_FALSE(g.scores.requires_grad());
  EXPECT_TRUE(torch::equal(image, before));
}

TEST(ScoreGradient, RefusesWhatIsNoDifferentiableScorePerImage) {
  const torch::Tensor image = torch::ones({1, 1, 2, 2});
  EXPECT_THROW(score_gradient([](const torch::Tensor& x) { return x.flatten(1); }, image), InvalidArgument);
  EXPECT_THROW(score_gradient([](const torch::Tensor& x) { return x.detach().flatten(1).sum(1); }, image),
               InvalidArgument);
}

TEST(ScoreGradient, WeightsAddUpWhateverTheBatch) {
  const torch::Tensor images = torch::tensor({1.F, 2.F, 3.F, 4.F, 5.F, 6.F}).view({3, 1, 1, 2});
  const torch::Tensor weights = torch::tensor({0.5, 0.25, 2.0}, torch::kDouble);
  for (const std::int64_t batch : {1, 2, 3, 10}) {
    const torch::Tensor sum = weighted_gradient(product, images, weights, batch);
    // (2, 1) / 2 + (4, 3) / 4 + 2 (6, 5)
    EXPECT_EQ(numbers(sum), (std::vector<float>{14, 11.25})) << batch;
  }
  EXPECT_THROW(weighted_gradient(product, images, weights, 0), InvalidArgument);
}

TEST(Saliency, OfALinearScoreIsTheLargestWeightOverTheChannels) {
  const Attribution a = saliency(linear({1, -4, -3, 2}), picture({5, 6, 7, 8}, {1, 2, 1, 2}));
  EXPECT_EQ(numbers(a.values), (std::vector<float>{1, 4, 3, 2}));
  EXPECT_EQ(numbers(a.map), (std::vector<float>{3, 4}));
  EXPECT_EQ(a.map.sizes(), torch::IntArrayRef({1, 2}));
  EXPECT_EQ(a.score, 5 - 24 - 21 + 16);
  EXPECT_FALSE(a.is_signed);
  EXPECT_FALSE(a.completeness);
}

TEST(Saliency, RefusesAnythingButOneImage) {
  EXPECT_THROW(saliency(product, torch::ones({2, 1, 1, 2})), InvalidArgument);
  EXPECT_THROW(saliency(product, torch::ones({1, 1, 2})), InvalidArgument);
  EXPECT_THROW(saliency(product, torch::ones({1, 1, 1, 2}, torch::kByte)), InvalidArgument);
  EXPECT_THROW(saliency(product, torch::Tensor()), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
