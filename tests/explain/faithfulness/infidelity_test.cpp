#include "fathom/explain/faithfulness/infidelity.hpp"

#include <gtest/gtest.h>

#include <set>

#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::explain {
namespace {

class LinearInfidelity : public testing::Test {
 protected:
  Infidelity measure(const Attribution& attribution, InfidelityOptions options = {}) const {
    options.substrate.colour = baseline_;
    return infidelity(linear_score(weight_), image_, attribution, options, make_generator(5));
  }

  torch::Tensor image_ = torch::rand({1, 2, 8, 9}, make_generator(1));
  torch::Tensor weight_ = torch::randn({2, 8, 9}, make_generator(2));
  torch::Tensor baseline_ = torch::tensor({0.25F, 0.75F});
  /// What each number adds to the score beyond the baseline.
  torch::Tensor share_ = weight_ * (image_[0] - baseline_.view({2, 1, 1}));
};

TEST_F(LinearInfidelity, IsZeroForThePixelsShares) {
  const Infidelity i = measure(attribution_of(share_));
  EXPECT_NEAR(i.value, 0, 1e-9);
  EXPECT_NEAR(i.scale, 1, 1e-5);
  EXPECT_GT(i.of_nothing, 0.1);
}

TEST_F(LinearInfidelity, IsZeroForTheGradientAsAGradient) {
  const Infidelity i = measure(attribution_of(weight_), {.unit = AttributionUnit::gradient});
  EXPECT_NEAR(i.value, 0, 1e-9);
  EXPECT_NEAR(i.scale, 1, 1e-5);
}

TEST_F(LinearInfidelity, TakesAttributionsInAnyUnit) {
  const Infidelity one = measure(attribution_of(share_ + 0.1));
  const Infidelity hundred = measure(attribution_of((share_ + 0.1) * 100));
  EXPECT_GT(one.value, 1e-4);
  EXPECT_NEAR(hundred.value, one.value, 1e-6);
  EXPECT_NEAR(hundred.scale * 100, one.scale, 1e-5);
}

TEST_F(LinearInfidelity, IsWorstForAMapThatPromisesNothing) {
  const Infidelity nothing = measure(attribution_of(torch::zeros({2, 8, 9})));
  EXPECT_EQ(nothing.value, nothing.of_nothing);
  EXPECT_EQ(nothing.scale, 0);
  const Infidelity noise = measure(attribution_of(torch::randn({2, 8, 9}, make_generator(9))));
  EXPECT_EQ(noise.of_nothing, nothing.of_nothing);  // the same squares
  EXPECT_LE(noise.value, noise.of_nothing);
  EXPECT_GT(noise.value, 0.5 * noise.of_nothing);
}

TEST(Infidelity, OfTwoPixelsIsWorkedOutByHand) {
  // f = 3a + b over a row of two; a square is one of the pixels. Losses 3 and 1, promises 1 and 1:
  // scale (3 + 1) / 2 = 2, so each square is missed by 1.
  const torch::Tensor image = torch::ones({1, 1, 1, 2});
  const auto f = [](const torch::Tensor& x) {
    return 3 * x.select(3, 0).flatten() + x.select(3, 1).flatten();
  };
  int left = 0, all = 0;
  const ScoreFunction counted = [&](const torch::Tensor& x) {
    if (x.size(0) > 1) {
      all += static_cast<int>(x.size(0));
      left += x.select(3, 0).eq(0).sum().item<int>();
    }
    return f(x);
  };
  const Infidelity i =
      infidelity(counted, image, attribution_of(torch::ones({1, 1, 2})),
                 {.substrate = black(), .perturbations = 1000, .batch = 1000}, make_generator(0));
  ASSERT_EQ(all, 1000);
  const double p = left / 1000.0, scale = 3 * p + (1 - p);
  EXPECT_NEAR(p, 0.5, 0.08);  // five standard errors
  EXPECT_NEAR(i.scale, scale, 1e-9);
  EXPECT_NEAR(i.value, p * (3 - scale) * (3 - scale) + (1 - p) * (1 - scale) * (1 - scale), 1e-9);
  EXPECT_NEAR(i.of_nothing, 9 * p + (1 - p), 1e-9);
}

TEST(Infidelity, DrawsSquaresInProportionToTheImage) {
  const torch::Tensor image = torch::ones({1, 1, 16, 20});
  std::set<std::int64_t> areas;
  const ScoreFunction record = [&](const torch::Tensor& x) {
    for (std::int64_t i = 0; x.size(0) > 1 && i < x.size(0); ++i)
      areas.insert(x[i].eq(0).sum().item<std::int64_t>());
    return x.flatten(1).sum(1);
  };
  infidelity(record, image, attribution_of(torch::ones({1, 16, 20})),
             {.substrate = black(), .perturbations = 300}, make_generator(0));
  EXPECT_EQ(areas, (std::set<std::int64_t>{4, 9, 16, 25, 36, 49, 64}));  // sides 2 to 8
}

TEST(Infidelity, RefusesWhatDoesNotFit) {
  const torch::Tensor image = torch::ones({1, 1, 4, 4});
  const Attribution good = attribution_of(torch::ones({1, 4, 4}));
  const auto measure = [&](const Attribution& a, const InfidelityOptions& options) {
    return infidelity(linear_score(torch::ones({1, 4, 4})), image, a, options, make_generator(0));
  };
  EXPECT_THROW(measure(attribution_of(torch::ones({1, 4, 5})), {}), InvalidArgument);
  EXPECT_THROW(measure(good, {.substrate = {.colour = torch::zeros({3})}}), InvalidArgument);
  EXPECT_THROW(measure(good, {.smallest_square = 0}), InvalidArgument);
  EXPECT_THROW(measure(good, {.smallest_square = 0.5, .largest_square = 0.25}), InvalidArgument);
  EXPECT_THROW(measure(good, {.largest_square = 1.5}), InvalidArgument);
  EXPECT_THROW(measure(good, {.perturbations = 0}), InvalidArgument);
  EXPECT_THROW(measure(good, {.batch = 0}), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
