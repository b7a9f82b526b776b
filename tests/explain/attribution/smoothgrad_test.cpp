#include "fathom/explain/attribution/smoothgrad.hpp"

#include <gtest/gtest.h>

#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/explain/attribution/saliency.hpp"

namespace fathom::explain {
namespace {

TEST(SmoothGrad, OfALinearScoreIsItsSaliency) {
  const torch::Tensor image = picture({0, 1, 0.5F, 0.25F}, {1, 2, 1, 2});
  const Attribution a = smoothgrad(linear({1, -4, -3, 2}), image, {.samples = 8}, make_generator(1));
  EXPECT_EQ(numbers(a.values), (std::vector<float>{1, 4, 3, 2}));  // eighths add up exactly
  EXPECT_EQ(numbers(a.map), (std::vector<float>{3, 4}));
  EXPECT_EQ(a.score, -4 - 1.5F + 0.5F);
  EXPECT_FALSE(a.is_signed);
}

TEST(SmoothGrad, WithoutNoiseIsSaliency) {
  const torch::Tensor image = picture({3, 5}, {1, 1, 1, 2});
  const Attribution a = smoothgrad(product, image, {.samples = 4, .noise = 0}, make_generator(1));
  EXPECT_TRUE(torch::equal(a.map, saliency(product, image).map));
}

TEST(SmoothGrad, NoiseIsAShareOfTheImagesRange) {
  std::vector<torch::Tensor> seen;
  const auto score = [&](const torch::Tensor& x) {
    seen.push_back(x.detach());
    return x.flatten(1).pow(2).sum(1);
  };
  const torch::Tensor image = 0.25 + 0.5 * torch::arange(100).view({1, 1, 10, 10}).to(torch::kFloat) / 99;
  smoothgrad(score, image, {.samples = 400, .noise = 0.2, .batch = 400}, make_generator(5));
  const torch::Tensor noise = seen.at(0) - image;  // [400, 1, 10, 10]
  // 40,000 draws of deviation 0.2 (0.75 - 0.25): their deviation is known to 0.35 %.
  EXPECT_NEAR(noise.std().item<double>(), 0.1, 0.002);
  EXPECT_NEAR(noise.mean().item<double>(), 0, 0.0025);
}

TEST(SmoothGrad, TakesTheMeanBeforeTheAbsoluteValue) {
  // |x|: the gradient's sign flips at 0, so that noise around 0 cancels and noise far from it does not.
  const auto absolute = [](const torch::Tensor& x) { return x.abs().flatten(1).sum(1); };
  const Attribution a =
      smoothgrad(absolute, picture({0, 1}, {1, 1, 1, 2}), {.samples = 1000, .noise = 0.1}, make_generator(2));
  EXPECT_LT(a.map[0][0].item<float>(), 0.1F);  // the mean of 1000 signs: deviation 0.032
  EXPECT_EQ(a.map[0][1].item<float>(), 1.F);
}

TEST(SmoothGrad, TheGeneratorDecidesAndTheBatchDoesNot) {
  const torch::Tensor image = picture({0.1F, 0.9F, 0.4F}, {1, 1, 1, 3});
  const auto map = [&](std::uint64_t seed, std::int64_t batch) {
    return smoothgrad(product, image, {.samples = 20, .batch = batch}, make_generator(seed)).map;
  };
  EXPECT_TRUE(torch::equal(map(3, 20), map(3, 20)));
  EXPECT_TRUE(torch::allclose(map(3, 20), map(3, 7), 1e-6, 1e-7));
  EXPECT_FALSE(torch::allclose(map(3, 20), map(4, 20), 1e-6, 1e-7));
}

TEST(SmoothGrad, RefusesOptionsOutOfRange) {
  const torch::Tensor image = torch::ones({1, 1, 1, 2});
  EXPECT_THROW(smoothgrad(product, image, {.samples = 0}, make_generator(1)), InvalidArgument);
  EXPECT_THROW(smoothgrad(product, image, {.noise = -0.1}, make_generator(1)), InvalidArgument);
  EXPECT_THROW(smoothgrad(product, image, {.batch = 0}, make_generator(1)), InvalidArgument);
  EXPECT_THROW(smoothgrad(product, torch::ones({2, 1, 1, 2}), {}, make_generator(1)), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
