#include "fathom/explain/attribution/occlusion.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "fathom/core/error.hpp"

namespace fathom::explain {
namespace {

torch::Tensor row(const std::vector<float>& pixels) {
  return torch::tensor(pixels).view({1, 1, 1, static_cast<std::int64_t>(pixels.size())});
}

/// f(x) = relu(sum(x) - 10) + 3 relu(sum(x) + 1) - 1
torch::Tensor two_hinges(const torch::Tensor& x) {
  const torch::Tensor sum = x.flatten(1).sum(1);
  return torch::relu(sum - 10) + 3 * torch::relu(sum + 1) - 1;
}

std::vector<float> values(const torch::Tensor& map) {
  const torch::Tensor flat = map.contiguous().view({-1});
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

torch::Tensor random_image(std::int64_t channels, std::int64_t height, std::int64_t width) {
  torch::manual_seed(3);
  return torch::rand({1, channels, height, width});
}

TEST(OcclusionSweep, UsuallyIsAQuarterAndAnEighthOfTheSidesAndAtLeastAPixel) {
  EXPECT_EQ(usual_sweep({28, 20}).window, (Extent{7, 5}));
  EXPECT_EQ(usual_sweep({28, 20}).stride, (Extent{3, 2}));
  EXPECT_EQ(usual_sweep({3, 7}).window, (Extent{1, 1}));
  EXPECT_EQ(usual_sweep({3, 7}).stride, (Extent{1, 1}));
}

TEST(Occlusion, SinglePixelsOnARow) {
  const OcclusionMap map = occlusion(two_hinges, row({20, 50, 30}), {.window = {1, 1}, .stride = {1, 1}});
  EXPECT_EQ(values(map.drop), (std::vector<float>{80, 200, 120}));
  EXPECT_EQ(map.score, 392);  // (100 - 10) + 3 (100 + 1) - 1
  EXPECT_EQ(map.patches, 3);
  EXPECT_EQ(map.most_important, (Patch{0, 1, 1, 1}));
  EXPECT_EQ(map.least_important, (Patch{0, 0, 1, 1}));
  EXPECT_EQ(map.largest_drop, 200);
  EXPECT_EQ(map.smallest_drop, 80);
}

TEST(Occlusion, OverlappingWindowsAreAveragedWithABaseline) {
  const OcclusionMap map = occlusion(two_hinges, row({20, 50, 30}),
                                     {.window = {1, 2}, .stride = {1, 1}, .baseline = torch::tensor({10.F})});
  EXPECT_EQ(values(map.drop), (std::vector<float>{200, 220, 240}));
}

TEST(Occlusion, LastWindowIsCroppedAtTheEdge) {
  const OcclusionMap map = occlusion(two_hinges, row({20, 50, 30}), {.window = {1, 2}, .stride = {1, 2}});
  EXPECT_EQ(values(map.drop), (std::vector<float>{280, 280, 120}));
  EXPECT_EQ(map.patches, 2);
  EXPECT_EQ(map.least_important, (Patch{0, 2, 1, 1}));
}

/// `without` for images whose pixel in the last row and column but one is covered, else the sum.
ScoreFunction score_that_is(float without) {
  return [without](const torch::Tensor& x) {
    const torch::Tensor pixel = x.select(1, 0).select(1, x.size(2) - 2).select(1, x.size(3) - 2);
    const torch::Tensor sum = x.flatten(1).sum(1);
    return torch::where(pixel == 0, torch::full_like(sum, without), sum);
  };
}

TEST(Occlusion, AnInfiniteOrUndefinedScoreConcernsOnlyThePixelsThatItsWindowsCover) {
  const float infinity = std::numeric_limits<float>::infinity();
  const torch::Tensor image = torch::ones({1, 1, 5, 6});
  for (const float score : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}) {
    // Windows of one pixel: one drop for each.
    const OcclusionMap map = occlusion(score_that_is(score), image, {.window = {1, 1}, .stride = {1, 1}});
    torch::Tensor expected = torch::ones({5, 6});
    expected[3][4] = -score;
    EXPECT_TRUE(map.drop.allclose(expected, 0, 0, /*equal_nan=*/true)) << map.drop;
    // Windows of 2 x 2 pixels: those four that cover the pixel reach the pixels around it.
    const OcclusionMap wide = occlusion(score_that_is(score), image, {.window = {2, 2}, .stride = {1, 1}});
    const torch::Tensor near = torch::zeros({5, 6}, torch::kBool);
    near.slice(0, 2, 5).slice(1, 3, 6).fill_(true);
    EXPECT_TRUE(wide.drop.isfinite().equal(near.logical_not())) << wide.drop;
  }
}

TEST(Occlusion, APatchWithAnUndefinedDropIsNeitherTheMostNorTheLeastImportant) {
  // Covering the first pixel gives NaN, the second lowers the score by 5, the third by 3.
  const auto score = [](const torch::Tensor& x) {
    const torch::Tensor sum = x.flatten(1).sum(1);
    return torch::where(x.flatten(1).select(1, 0) == 0,
                        torch::full_like(sum, std::numeric_limits<float>::quiet_NaN()), sum);
  };
  const OcclusionMap map = occlusion(score, row({2, 5, 3}), {.window = {1, 1}, .stride = {1, 1}});
  EXPECT_TRUE(std::isnan(map.drop[0][0].item<float>()));
  EXPECT_EQ(map.most_important, (Patch{0, 1, 1, 1}));
  EXPECT_EQ(map.least_important, (Patch{0, 2, 1, 1}));
  EXPECT_EQ(map.largest_drop, 5);
  EXPECT_EQ(map.smallest_drop, 3);
}

TEST(Occlusion, OfALinearFunctionIsWeightTimesDistanceFromBaseline) {
  const torch::Tensor image = random_image(2, 5, 6), weight = torch::randn({2, 5, 6});
  const torch::Tensor baseline = torch::tensor({0.25F, 0.75F});
  const auto linear = [&](const torch::Tensor& x) { return (x * weight).flatten(1).sum(1); };
  const OcclusionMap map =
      occlusion(linear, image, {.window = {1, 1}, .stride = {1, 1}, .baseline = baseline, .batch = 7});
  const torch::Tensor expected = (weight * (image[0] - baseline.view({2, 1, 1}))).sum(0);
  EXPECT_LE((map.drop - expected).abs().max().item<float>(), 2e-6F);
}

TEST(Occlusion, OfALinearFunctionSumsToItsWholeLossOverDisjointWindows) {
  const torch::Tensor image = random_image(1, 7, 8), weight = torch::randn({1, 7, 8});
  const auto linear = [&](const torch::Tensor& x) { return (x * weight).flatten(1).sum(1); };
  const OcclusionOptions options{.window = {3, 3}, .stride = {3, 3}, .baseline = torch::tensor({0.5F})};
  const OcclusionMap map = occlusion(linear, image, options);
  // One pixel of every patch stands for the patch, since no two overlap.
  double sum = 0;
  for (const Patch& p : occlusion_patches({7, 8}, options.window, options.stride))
    sum += map.drop[p.y][p.x].item<double>();
  const double whole = (linear(image) - linear(torch::full_like(image, 0.5))).item<double>();
  EXPECT_NEAR(sum, whole, 1e-5);
}

TEST(Occlusion, EveryWindowIsEvaluatedExactlyOnceWhateverTheBatch) {
  const torch::Tensor image = torch::ones({1, 1, 5, 7});
  for (const std::int64_t batch : {1, 4, 1000}) {
    std::map<std::vector<float>, int> seen;
    std::int64_t images = 0;
    const auto record = [&](const torch::Tensor& x) {
      for (std::int64_t i = 0; i < x.size(0); ++i) ++seen[values(x[i])];
      images += x.size(0);
      return x.flatten(1).sum(1);
    };
    occlusion(record, image, {.window = {2, 3}, .stride = {2, 2}, .batch = batch});
    const std::vector<Patch> patches = occlusion_patches({5, 7}, {2, 3}, {2, 2});
    EXPECT_EQ(images, std::ssize(patches) + 1);  // and the image as it is
    EXPECT_EQ(seen.size(), patches.size() + 1);
    for (const Patch& p : patches) EXPECT_EQ(seen[values(covered(image, p, torch::zeros({1}))[0])], 1);
  }
}

TEST(Occlusion, BatchChangesNothingInTheMap) {
  const torch::Tensor image = random_image(3, 9, 9);
  const auto f = [](const torch::Tensor& x) { return x.pow(2).flatten(1).sum(1); };
  const torch::Tensor one = occlusion(f, image, {.window = {3, 3}, .stride = {2, 2}, .batch = 1}).drop;
  const torch::Tensor many = occlusion(f, image, {.window = {3, 3}, .stride = {2, 2}, .batch = 64}).drop;
  EXPECT_LE((one - many).abs().max().item<float>(), 1e-5F);
}

TEST(Occlusion, ProgressCountsWindows) {
  std::vector<std::int64_t> done;
  std::int64_t total = 0;
  const auto sum = [](const torch::Tensor& x) { return x.flatten(1).sum(1); };
  occlusion(sum, torch::ones({1, 1, 4, 4}), {.window = {2, 2}, .stride = {1, 1}, .batch = 4},
            [&](std::int64_t d, std::int64_t t) { done.push_back(d), total = t; });
  EXPECT_EQ(done, (std::vector<std::int64_t>{4, 8, 9}));
  EXPECT_EQ(total, 9);
}

TEST(Occlusion, AllTargetsEqualsOneSweepPerTarget) {
  const torch::Tensor image = random_image(1, 6, 6), weights = torch::randn({36, 3});
  const auto scores = [&](const torch::Tensor& x) { return x.flatten(1).mm(weights); };
  const OcclusionOptions options{.window = {2, 2}, .stride = {1, 1}};
  const std::vector<OcclusionMap> all = occlusion_all(scores, image, options);
  ASSERT_EQ(all.size(), 3U);
  for (std::int64_t k = 0; k < 3; ++k) {
    const auto one = [&](const torch::Tensor& x) { return scores(x).select(1, k); };
    EXPECT_TRUE(torch::equal(all[static_cast<std::size_t>(k)].drop, occlusion(one, image, options).drop));
  }
}

TEST(Occlusion, APictureServesAsBaseline) {
  const torch::Tensor image = torch::ones({1, 1, 2, 2});
  const torch::Tensor baseline = torch::tensor({0.F, 1.F, 2.F, 3.F}).view({1, 2, 2});
  const auto sum = [](const torch::Tensor& x) { return x.flatten(1).sum(1); };
  const OcclusionMap map = occlusion(sum, image, {.window = {1, 1}, .stride = {1, 1}, .baseline = baseline});
  EXPECT_EQ(values(map.drop), (std::vector<float>{1, 0, -1, -2}));
}

TEST(Occlusion, LeavesTheImageAsItWas) {
  const torch::Tensor image = random_image(1, 4, 4), before = image.clone();
  const auto sum = [](const torch::Tensor& x) { return x.flatten(1).sum(1); };
  for (const std::int64_t batch : {1, 64}) {
    occlusion(sum, image, {.window = {2, 2}, .batch = batch});
    EXPECT_TRUE(torch::equal(image, before));
  }
  const torch::Tensor patched = covered(image, {1, 1, 2, 2}, torch::tensor({9.F}));
  EXPECT_EQ(patched[0][0][2][2].item<float>(), 9);
  EXPECT_TRUE(torch::equal(image, before));
}

TEST(Occlusion, KeepsNoGradientsOfTheFunctionItIsGiven) {
  const torch::Tensor weight = torch::ones({16}, torch::requires_grad());
  bool tracked = false;
  const auto linear = [&](const torch::Tensor& x) {
    const torch::Tensor score = x.flatten(1).mv(weight);
    tracked = tracked || score.requires_grad();
    return score;
  };
  occlusion(linear, torch::ones({1, 1, 4, 4}), {.window = {2, 2}});
  EXPECT_FALSE(tracked);
}

TEST(OcclusionPatches, CountIsTheCeilingOfTheStepsPlusOne) {
  EXPECT_EQ(occlusion_patches({28, 28}, {4, 4}, {1, 1}).size(), 625U);
  EXPECT_EQ(occlusion_patches({28, 28}, {7, 7}, {3, 3}).size(), 64U);  // ceil(21 / 3) + 1 = 8
  EXPECT_EQ(occlusion_patches({10, 5}, {4, 5}, {4, 1}).size(), 3U);    // ceil(6 / 4) + 1 = 3
  EXPECT_EQ(occlusion_patches({10, 5}, {4, 5}, {4, 1}).back(), (Patch{8, 0, 2, 5}));
}

TEST(Occlusion, RefusesWhatCannotBeSwept) {
  const auto sum = [](const torch::Tensor& x) { return x.flatten(1).sum(1); };
  const torch::Tensor image = torch::ones({1, 1, 4, 4});
  EXPECT_THROW(occlusion(sum, image, {.window = {5, 4}}), InvalidArgument);
  EXPECT_THROW(occlusion(sum, image, {.window = {0, 1}}), InvalidArgument);
  EXPECT_THROW(occlusion(sum, image, {.window = {2, 2}, .stride = {3, 1}}), InvalidArgument);
  EXPECT_THROW(occlusion(sum, image, {.window = {2, 2}, .stride = {0, 1}}), InvalidArgument);
  EXPECT_THROW(occlusion(sum, image, {.window = {2, 2}, .batch = 0}), InvalidArgument);
  EXPECT_THROW(occlusion(sum, image, {.window = {2, 2}, .baseline = torch::zeros({3})}), InvalidArgument);
  const auto pixels = [](const torch::Tensor& x) { return x.flatten(1); };
  EXPECT_THROW(occlusion(pixels, image, {.window = {2, 2}}), InvalidArgument);  // no score per image
  EXPECT_THROW(occlusion(sum, torch::ones({2, 1, 4, 4}), {}), InvalidArgument);
  EXPECT_THROW(occlusion(sum, torch::ones({1, 1, 4, 4}, torch::kByte), {}), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
