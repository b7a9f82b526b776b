#include "fathom/explain/maximise/activation_max.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::explain {
namespace {

/// A network whose two logits are the sum of the left and of the right half of an image.
Response halves(const torch::Tensor& images) {
  const std::int64_t middle = images.size(3) / 2;
  return {
      {"logits",
       torch::stack({images.slice(3, 0, middle).sum({1, 2, 3}), images.slice(3, middle).sum({1, 2, 3})}, 1)}};
}

/// Nothing but the ascent.
ActivationMaxOptions bare(std::int64_t steps) {
  ActivationMaxOptions options;
  options.steps = steps;
  options.learning_rate = 0.05;
  options.l2 = options.tv = options.blur = 0;
  options.transform = {};
  return options;
}

const ImagesShape kShape{2, 1, {4, 6}};

ActivationMax ascended(const Objective& objective, const ActivationMaxOptions& options,
                       std::uint64_t seed = 1, const ImagesShape& shape = kShape) {
  const auto start = fourier_parametrisation(shape, make_generator(seed));
  return activation_max(halves, objective, *start, options, make_generator(seed));
}

TEST(ActivationMax, OfALinearFunctionEndsInTheCornerOfTheCube) {
  const auto pixels = pixel_parametrisation({1, 1, {2, 4}}, make_generator(1));
  const ActivationMax found =
      activation_max(halves, class_margin({0}), *pixels, bare(200), make_generator(1));
  EXPECT_EQ(numbers(found.images), (std::vector<float>{1, 1, 0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(found.end[0].item<float>(), 4);  // of the margin: the left half's sum minus the right one's
  EXPECT_LT(std::abs(found.start[0].item<float>()), 0.8);
}

TEST(ActivationMax, EachImageClimbsToItsOwnTarget) {
  const ActivationMax found = ascended(class_margin({0, 1}), bare(60));
  EXPECT_EQ(found.images.sizes(), (std::vector<std::int64_t>{2, 1, 4, 6}));
  EXPECT_GE(found.images.min().item<float>(), 0);
  EXPECT_LE(found.images.max().item<float>(), 1);
  for (const int i : {0, 1}) EXPECT_GT(found.end[i].item<float>(), found.start[i].item<float>() + 2);
  const torch::Tensor left = found.images.slice(3, 0, 3).mean({1, 2, 3}),
                      right = found.images.slice(3, 3).mean({1, 2, 3});
  EXPECT_GT(left[0].item<float>(), right[0].item<float>());
  EXPECT_LT(left[1].item<float>(), right[1].item<float>());
}

TEST(ActivationMax, ABatchIsAsManySingleRuns) {
  const auto both = pixel_parametrisation(kShape, make_generator(5));
  const torch::Tensor starts = both->images().detach().clone();
  const ActivationMax together =
      activation_max(halves, class_logit({0, 1}), *both, bare(10), make_generator(1));
  for (const std::int64_t i : {0, 1}) {
    const auto single = pixel_parametrisation({1, 1, {4, 6}}, make_generator(5));
    {
      const torch::NoGradGuard no_grad;
      single->parameters().copy_(starts.narrow(0, i, 1));
    }
    const ActivationMax alone =
        activation_max(halves, class_logit({i}), *single, bare(10), make_generator(1));
    EXPECT_TRUE(torch::allclose(alone.images[0], together.images[i], 0, 1e-6)) << i;
  }
}

TEST(ActivationMax, TheSameSeedGivesTheSameBytes) {
  ActivationMaxOptions options = bare(10);
  options.transform = {.jitter = 0.2, .rotate = 10, .scale = 0.1};
  const auto images = [&](std::uint64_t seed) {
    return ascended(class_margin({0, 1}), options, seed).images;
  };
  EXPECT_TRUE(torch::equal(images(3), images(3)));
  EXPECT_FALSE(torch::equal(images(3), images(4)));
}

TEST(ActivationMax, L2DrawsTowardsTheBackground) {
  ActivationMaxOptions options = bare(300);
  options.background = torch::full({1}, 0.25F);
  options.l2 = 1000;
  const ActivationMax found = ascended(class_margin({0, 1}), options);
  EXPECT_LT((found.images - 0.25).abs().max().item<double>(), 0.1);
}

TEST(ActivationMax, UsualOptionsAreBlackBehindGreyAndTheMeanBehindColours) {
  const ActivationMaxOptions grey = usual_options({0.25F}), colour = usual_options({0.25F, 0.5F, 0.75F});
  EXPECT_EQ(numbers(grey.background), (std::vector<float>{0}));
  EXPECT_EQ(numbers(colour.background), (std::vector<float>{0.25F, 0.5F, 0.75F}));
  EXPECT_EQ(grey.l2, ActivationMaxOptions().l2);
  EXPECT_LT(colour.l2, grey.l2);
  EXPECT_GT(colour.transform.jitter, grey.transform.jitter);
  EXPECT_GT(colour.transform.rotate, grey.transform.rotate);
  EXPECT_GT(colour.transform.scale, grey.transform.scale);
}

TEST(ActivationMax, RefusesABackgroundOfOtherChannels) {
  ActivationMaxOptions options = bare(1);
  options.background = torch::zeros({3});
  EXPECT_THROW(ascended(class_margin({0, 1}), options), InvalidArgument);
}

TEST(ActivationMax, VariationAndBlurMakeItSmoother) {
  const auto variation = [](const ActivationMax& found) {
    return (found.images.slice(3, 1) - found.images.slice(3, 0, -1)).abs().mean().item<double>();
  };
  const double without = variation(ascended(class_margin({0, 1}), bare(60)));
  ActivationMaxOptions options = bare(60);
  options.tv = 100;
  EXPECT_LT(variation(ascended(class_margin({0, 1}), options)), 0.5 * without);
  options = bare(60);
  options.blur = 0.2;
  EXPECT_LT(variation(ascended(class_margin({0, 1}), options)), 0.8 * without);
}

TEST(ActivationMax, DiversityMakesVariantsDiffer) {
  // A stage of two channels: what the left and the right half hold.
  const Responses parts = [](const torch::Tensor& images) -> Response {
    return {{"parts", images.view({images.size(0), 2, -1})}, {"logits", images.flatten(1).sum(1, true)}};
  };
  const auto similarity = [&](double weight) {
    const auto start = pixel_parametrisation({2, 1, {2, 2}}, make_generator(1));
    const ActivationMax found =
        activation_max(parts, 0.01 * class_logit({0}) + weight * diversity("parts", 2), *start, bare(100),
                       make_generator(1));
    return -diversity("parts", 2)(parts(found.images))[0].item<double>();
  };
  EXPECT_LT(similarity(1), similarity(0) - 0.2);
}

TEST(ActivationMax, TellsEachStepAndShowsTheImages) {
  const auto start = fourier_parametrisation(kShape, make_generator(1));
  std::vector<std::int64_t> done, seen;
  activation_max(
      halves, class_logit({0}), *start, bare(3), make_generator(1),
      [&](std::int64_t step, std::int64_t total) {
        done.push_back(step);
        EXPECT_EQ(total, 3);
      },
      [&](std::int64_t step, const torch::Tensor& images) {
        seen.push_back(step);
        EXPECT_EQ(images.sizes(), (std::vector<std::int64_t>{2, 1, 4, 6}));
      });
  EXPECT_EQ(done, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 1, 2, 3}));
}

TEST(ActivationMax, RefusesOptionsOutOfRangeAndSaysThatItDiverged) {
  for (const auto& change : std::vector<std::function<void(ActivationMaxOptions&)>>{
           [](auto& o) { o.steps = 0; }, [](auto& o) { o.learning_rate = NAN; },
           [](auto& o) { o.learning_rate = -1; }, [](auto& o) { o.l2 = -1; }, [](auto& o) { o.tv = NAN; },
           [](auto& o) { o.blur = -1; }, [](auto& o) { o.blur_every = 0; },
           [](auto& o) { o.transform.jitter = 2; }}) {
    ActivationMaxOptions options = bare(2);
    change(options);
    EXPECT_THROW(ascended(class_logit({0}), options), InvalidArgument);
  }
  const Objective root({"logits"},
                       [](const Response& r) { return torch::sqrt(-r.at("logits").select(1, 0)); });
  EXPECT_THROW(ascended(root, bare(2)), DivergedError);
}

}  // namespace
}  // namespace fathom::explain
