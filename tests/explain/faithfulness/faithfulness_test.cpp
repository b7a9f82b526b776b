#include "fathom/explain/faithfulness/faithfulness.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/explain/attribution/random_attribution.hpp"

namespace fathom::explain {
namespace {

const Substrate kNothing = {.colour = torch::zeros({1})};
const FaithfulnessOptions kCoarse = {.curves = {.deletion = kNothing, .insertion = kNothing},
                                     .infidelity = {.substrate = kNothing}};

/// A score that only the middle of the picture matters for, and its probability.
class Middle : public testing::Test {
 protected:
  Middle() {
    weight_ = torch::zeros({1, 8, 8});
    weight_.narrow(1, 2, 4).narrow(2, 2, 4).fill_(1);
    score_ = linear_score(weight_);
    probability_ = [this](const torch::Tensor& x) { return torch::sigmoid(score_(x) - 4); };
  }
  Faithfulness measure(const AttributionFunction& method, std::uint64_t seed = 0) const {
    return faithfulness(method(image_), method, probability_, score_, image_, kCoarse, make_generator(seed));
  }

  torch::Tensor image_ = torch::rand({1, 1, 8, 8}, make_generator(1));
  torch::Tensor weight_;
  ScoreFunction score_, probability_;
  AttributionFunction perfect_ = [this](const torch::Tensor& x) { return attribution_of(weight_ * x[0]); };
};

TEST_F(Middle, APerfectAttributionIsBetterThanARandomOneInEveryMeasure) {
  const torch::Generator generator = make_generator(3);
  const Faithfulness good = measure(perfect_);
  const Faithfulness bad = measure([&](const torch::Tensor& x) { return random_attribution(x, generator); });
  EXPECT_LT(good.deletion, bad.deletion);
  EXPECT_GT(good.insertion, bad.insertion);
  EXPECT_NEAR(good.infidelity, 0, 1e-9);
  EXPECT_GT(bad.infidelity, 0.1);
  EXPECT_LT(good.sensitivity, 0.1);
  EXPECT_GT(bad.sensitivity, 1);
  EXPECT_EQ(good.infidelity_of_nothing, bad.infidelity_of_nothing);
  EXPECT_FALSE(good.randomisation.has_value());
}

TEST_F(Middle, IsMadeOfTheMeasures) {
  const Faithfulness f = measure(perfect_);
  EXPECT_EQ(f.deletion, f.curves.deletion.area);
  EXPECT_EQ(f.insertion, f.curves.insertion.area);
  EXPECT_NEAR(f.curves.deletion.score.front(), probability_(image_).item<double>(), 1e-6);
  EXPECT_NEAR(f.curves.insertion.score.back(), probability_(image_).item<double>(), 1e-6);
}

TEST_F(Middle, TheSameGeneratorGivesTheSameFigures) {
  const Faithfulness one = measure(perfect_, 4), two = measure(perfect_, 4), other = measure(perfect_, 5);
  EXPECT_EQ(one.sensitivity, two.sensitivity);
  EXPECT_EQ(one.deletion, two.deletion);
  EXPECT_NE(one.sensitivity, other.sensitivity);
}

TEST_F(Middle, AnAttributionAtHandIsNotComputedAgain) {
  int calls = 0;
  const AttributionFunction counted = [&](const torch::Tensor& x) {
    ++calls;
    return perfect_(x);
  };
  const Faithfulness f =
      faithfulness(perfect_(image_), counted, probability_, score_, image_, kCoarse, make_generator(0));
  EXPECT_EQ(calls, kCoarse.sensitivity.perturbations);
  EXPECT_EQ(f.sensitivity, measure(perfect_).sensitivity);
}

TEST(RandomAttribution, IsStandardNormalAndNewAtEveryCall) {
  const torch::Generator generator = make_generator(0);
  const Attribution one = random_attribution(torch::rand({1, 3, 100, 100}), generator);
  const Attribution two = random_attribution(torch::rand({1, 3, 100, 100}), generator);
  EXPECT_NEAR(one.map.mean().item<double>(), 0, 0.05);  // five standard errors
  EXPECT_NEAR(one.map.std().item<double>(), 1, 0.05);
  EXPECT_FALSE(torch::equal(one.map, two.map));
  EXPECT_TRUE(torch::allclose(one.values.sum(0), one.map, 1e-4, 1e-5));
  EXPECT_THROW(random_attribution(torch::rand({3, 8, 8}), generator), InvalidArgument);
}

TEST(Summarise, HasTheMeansWithStudentsIntervals) {
  std::vector<Faithfulness> all(5);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].deletion = static_cast<double>(i + 1);
    all[i].insertion = 0.5;
    all[i].randomisation = -0.25;
  }
  const FaithfulnessSummary s = summarise(all);
  EXPECT_EQ(s.images, 5);
  EXPECT_DOUBLE_EQ(s.deletion.mean, 3);
  EXPECT_NEAR(s.deletion.ci95.high, 3 + 2.7764 * std::sqrt(0.5), 5e-5);
  EXPECT_EQ(s.insertion.ci95.low, 0.5);
  EXPECT_EQ(s.randomisation->mean, -0.25);
  all[2].randomisation.reset();
  EXPECT_FALSE(summarise(all).randomisation.has_value());
  EXPECT_THROW(summarise({}), InvalidArgument);
}

TEST(Summarise, LeavesInfiniteSensitivitiesOutAndCountsThem) {
  std::vector<Faithfulness> all(3);
  all[0].sensitivity = 1;
  all[1].sensitivity = std::numeric_limits<double>::infinity();
  all[2].sensitivity = 3;
  const FaithfulnessSummary s = summarise(all);
  EXPECT_EQ(s.unbounded, 1);
  EXPECT_EQ(s.sensitivity->mean, 2);
  all[0].sensitivity = all[2].sensitivity = all[1].sensitivity;
  EXPECT_FALSE(summarise(all).sensitivity.has_value());
}

}  // namespace
}  // namespace fathom::explain
