#include "fathom/augment/mixing.hpp"

#include <gtest/gtest.h>
#include <cmath>

#include "augment/uniformity.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::augment {
namespace {

constexpr Mixing::Kind kMixup = Mixing::Kind::mixup, kCutmix = Mixing::Kind::cutmix;

struct Batch {
  torch::Tensor images = torch::rand({2, 3, 4, 6}, make_generator(1));
  torch::Tensor labels = torch::tensor({0, 2}, torch::kLong);
  torch::Tensor partners = torch::rand({2, 3, 4, 6}, make_generator(2));
  torch::Tensor partner_labels = torch::tensor({1, 2}, torch::kLong);
};

Mixed mixed_of(const Batch& batch, const MixDraw& first, const MixDraw& second) {
  return mix({first, second}, batch.images, batch.labels, batch.partners, batch.partner_labels, 3);
}

TEST(Mixup, IsTheWeightedMeanOfPicturesAndTargets) {
  const Batch batch;
  const MixDraw draw{.applied = true, .kind = kMixup, .share = 0.75};
  const Mixed mixed = mixed_of(batch, draw, draw);
  EXPECT_TRUE(torch::allclose(mixed.images, 0.75 * batch.images + 0.25 * batch.partners));
  EXPECT_TRUE(mixed.targets.equal(torch::tensor({{0.75, 0.25, 0.}, {0., 0., 1.}}, torch::kFloat)));
}

TEST(Cutmix, PastesAPatchAndCountsItsArea) {
  const Batch batch;
  const MixDraw draw{.applied = true, .kind = kCutmix, .share = 1 - 6. / 24, .pasted = {1, 2, 2, 3}};
  const Mixed mixed = mixed_of(batch, draw, {});
  torch::Tensor expected = batch.images.clone();
  expected[0].narrow(1, 1, 2).narrow(2, 2, 3).copy_(batch.partners[0].narrow(1, 1, 2).narrow(2, 2, 3));
  EXPECT_TRUE(mixed.images.equal(expected));
  EXPECT_TRUE(mixed.targets.equal(torch::tensor({{0.75, 0.25, 0.}, {0., 0., 1.}}, torch::kFloat)));
}

TEST(Mixing, LeavesPicturesThatItPassesBy) {
  const Batch batch;
  const torch::Tensor before = batch.images.clone();
  const Mixed mixed = mixed_of(batch, {}, {});
  EXPECT_TRUE(mixed.images.equal(before));
  EXPECT_TRUE(mixed.targets.equal(torch::tensor({{1., 0., 0.}, {0., 0., 1.}}, torch::kFloat)));
  mixed.images.zero_();
  EXPECT_TRUE(batch.images.equal(before)) << "the result has memory of its own";
}

TEST(Mixing, TargetsSumToOneAndAreTheShareOfThePictures) {
  // Pictures of ones and partners of zeros: the mean of the result is the share.
  constexpr std::int64_t kCount = 400;
  std::vector<MixDraw> draws;
  for (std::uint64_t i = 0; i < kCount; ++i)
    draws.push_back(draw_mixing({{kCutmix, 1, 0.4}, {kMixup, 0.2, 0.8}}, derive_seed(1, i), {9, 7}));
  const torch::Tensor ones = torch::ones({kCount, 1, 9, 7}), zeros = torch::zeros_like(ones);
  const torch::Tensor labels = torch::zeros({kCount}, torch::kLong),
                      others = torch::ones({kCount}, torch::kLong);
  const Mixed mixed = mix(draws, ones, labels, zeros, others, 2);
  EXPECT_TRUE(torch::allclose(mixed.targets.sum(1), torch::ones({kCount})));
  EXPECT_TRUE(torch::allclose(mixed.targets.select(1, 0), mixed.images.flatten(1).mean(1), 1e-5, 1e-6));
  EXPECT_TRUE((mixed.targets >= 0).all().item<bool>());
}

TEST(Mixing, TheShareOfBetaOneIsUniform) {
  Histogram histogram(0, 1, 25);
  for (std::uint64_t i = 0; i < 10'000; ++i)
    histogram.add(draw_mixing({usual(kMixup)}, derive_seed(5, i), {8, 8}).share);
  EXPECT_EQ(histogram.outside(), 0);
  EXPECT_LT(unevenness(histogram.counts()), 1);
}

TEST(Mixing, TheShareHasTheVarianceOfItsAlpha) {
  for (const double alpha : {0.001, 0.2, 1., 20., 1000.}) {
    double sum = 0, squares = 0;
    constexpr int kDraws = 10'000;
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      const double share = draw_mixing({{kMixup, alpha}}, derive_seed(2, i), {8, 8}).share;
      ASSERT_GE(share, 0);
      ASSERT_LE(share, 1);
      sum += share;
      squares += (share - 0.5) * (share - 0.5);
    }
    const double variance = 1 / (4 * (2 * alpha + 1));
    EXPECT_NEAR(sum / kDraws, 0.5, 4 * std::sqrt(variance / kDraws)) << alpha;
    EXPECT_NEAR(squares / kDraws, variance, 0.05 * variance) << alpha;
  }
}

TEST(Cutmix, ThePatchLiesInsideAndTheShareIsWhatIsLeft) {
  for (const Extent size : {Extent{9, 7}, Extent{1, 1}, Extent{1, 50}, Extent{32, 32}})
    for (std::uint64_t i = 0; i < 500; ++i) {
      const MixDraw draw = draw_mixing({usual(kCutmix)}, derive_seed(3, i), size);
      const Patch& p = draw.pasted;
      ASSERT_TRUE(p.y >= 0 && p.x >= 0 && p.height >= 0 && p.width >= 0);
      ASSERT_TRUE(p.y + p.height <= size.height && p.x + p.width <= size.width);
      const auto area = static_cast<double>(size.height * size.width);
      EXPECT_DOUBLE_EQ(draw.share, 1 - static_cast<double>(p.height * p.width) / area);
    }
}

TEST(Cutmix, CoversTheBorderToo) {
  torch::Tensor covered = torch::zeros({12, 12});
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const Patch p = draw_mixing({usual(kCutmix)}, derive_seed(4, i), {12, 12}).pasted;
    covered.narrow(0, p.y, p.height).narrow(1, p.x, p.width).add_(1);
  }
  EXPECT_GT(covered.min().item<float>(), 200);
  const torch::Tensor mirrored = covered.flip({0, 1});
  EXPECT_LT(((covered - mirrored).abs() / mirrored).max().item<float>(), 0.25F) << "both sides alike";
}

TEST(Mixing, AlternativesAreTriedInTheirOrder) {
  int cut = 0, blended = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const MixDraw draw = draw_mixing({{kCutmix, 1, 0.5}, {kMixup, 1, 0.5}}, derive_seed(6, i), {8, 8});
    cut += draw.applied && draw.kind == kCutmix;
    blended += draw.applied && draw.kind == kMixup;
  }
  EXPECT_NEAR(cut, 2000, 110);
  EXPECT_NEAR(blended, 1000, 95);
}

TEST(Mixing, FollowsFromItsStreamAlone) {
  const auto drawn = [](std::uint64_t stream) { return draw_mixing({usual(kCutmix)}, stream, {32, 32}); };
  EXPECT_EQ(drawn(1).share, drawn(1).share);
  EXPECT_EQ(drawn(1).pasted, drawn(1).pasted);
  EXPECT_NE(drawn(1).share, drawn(2).share);
}

TEST(Mixing, RefusesWhatDoesNotFit) {
  const Batch b;
  const std::vector<MixDraw> draws(2);
  const auto refused = [&](const Batch& batch, std::int64_t classes = 3) {
    EXPECT_THROW(mix(draws, batch.images, batch.labels, batch.partners, batch.partner_labels, classes),
                 InvalidArgument);
  };
  refused({.images = b.images.narrow(0, 0, 1)});
  refused({.images = b.images.to(torch::kDouble)});
  refused({.partners = b.partners.narrow(3, 0, 5)});
  refused({.labels = torch::tensor({0}, torch::kLong)});
  refused({.labels = torch::tensor({0, 1}, torch::kInt)});
  refused({.labels = torch::tensor({0, 3}, torch::kLong)});
  refused({.partner_labels = torch::tensor({-1, 0}, torch::kLong)});
  refused(b, 2);
}

TEST(Mixing, RefusesSettingsOutOfRange) {
  EXPECT_THROW(validate({kMixup, 0}), InvalidArgument);
  EXPECT_THROW(validate({kMixup, -1}), InvalidArgument);
  EXPECT_THROW(validate({kMixup, std::nan("")}), InvalidArgument);
  EXPECT_THROW(validate({kCutmix, 1, 1.5}), InvalidArgument);
  EXPECT_THROW(validate({kCutmix, 1, std::nan("")}), InvalidArgument);
  EXPECT_NO_THROW(validate(usual(kCutmix)));
  EXPECT_EQ(mixing_kind("mixup"), kMixup);
  EXPECT_THROW(mixing_kind("mixupp"), InvalidArgument);
}

}  // namespace
}  // namespace fathom::augment
