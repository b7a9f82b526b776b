#include "fathom/experiment/claim.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fathom/core/error.hpp"
#include "fathom/experiment/experiment.hpp"

namespace fathom::experiment {
namespace {

// Mean 2, deviation 1: the 95 % t-interval of three values is 2 +- 4.3027 / sqrt(3) = 2 +- 2.4841.
const std::vector<double> kOneTwoThree = {1, 2, 3};

TEST(Claim, IsJudgedByStudentsInterval) {
  const Judgement j = judge(at_least("x", 0), kOneTwoThree);
  EXPECT_DOUBLE_EQ(j.estimate.mean, 2);
  EXPECT_NEAR(j.estimate.ci95.low, 2 - 2.4841, 1e-4);
  EXPECT_NEAR(j.estimate.ci95.high, 2 + 2.4841, 1e-4);
}

TEST(Claim, IsSupportedWhereTheWholeIntervalKeepsTheBound) {
  EXPECT_EQ(judge(at_least("x", -0.49), kOneTwoThree).verdict, Verdict::supported);
  EXPECT_EQ(judge(at_least("x", -0.48), kOneTwoThree).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(at_least("x", 4.48), kOneTwoThree).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(at_least("x", 4.49), kOneTwoThree).verdict, Verdict::refuted);
  EXPECT_EQ(judge(at_most("x", 4.49), kOneTwoThree).verdict, Verdict::supported);
  EXPECT_EQ(judge(at_most("x", 4.48), kOneTwoThree).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(at_most("x", -0.49), kOneTwoThree).verdict, Verdict::refuted);
}

TEST(Claim, BetweenAsksForBothSides) {
  EXPECT_EQ(judge(between("x", -0.49, 4.49), kOneTwoThree).verdict, Verdict::supported);
  EXPECT_EQ(judge(between("x", -0.49, 4), kOneTwoThree).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(between("x", 5, 6), kOneTwoThree).verdict, Verdict::refuted);
  EXPECT_EQ(judge(between("x", -6, -5), kOneTwoThree).verdict, Verdict::refuted);
}

TEST(Claim, RatiosAreAveragedByTheirLogarithms) {
  const Judgement j = judge(geometric(at_least("x", 0.3)), {1, 10, 100});
  EXPECT_NEAR(j.estimate.mean, 10, 1e-12);
  EXPECT_NEAR(std::log10(j.estimate.ci95.low), 1 - 2.4841, 1e-4);
  EXPECT_EQ(j.verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(geometric(at_least("x", 0.03)), {1, 10, 100}).verdict, Verdict::supported);
}

TEST(Claim, RatiosThatLeaveTheRangeOfNumbersAreExtremeAndNotUnknown) {
  const Claim small = geometric(at_most("x", 0.1)), large = geometric(at_least("x", 10));
  EXPECT_EQ(judge(small, {0, 0, 0}).verdict, Verdict::supported);
  EXPECT_EQ(judge(large, {0, 0, 0}).verdict, Verdict::refuted);
  EXPECT_EQ(judge(large, {INFINITY, INFINITY, INFINITY}).verdict, Verdict::supported);
  EXPECT_EQ(judge(small, {INFINITY, INFINITY, INFINITY}).verdict, Verdict::refuted);
  // However far beyond the others the extreme ones are.
  EXPECT_EQ(judge(small, {0, 1e-30, 1.1e-30}).verdict, Verdict::supported);
  EXPECT_EQ(judge(large, {INFINITY, 1e30, 1.1e30}).verdict, Verdict::supported);
  // A ratio of 0 supports no lower bound, though those of the other seeds do.
  EXPECT_EQ(judge(large, {0, 20, 21}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(small, {INFINITY, 0.05, 0.051}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(small, {0, 1e-30, NAN}).verdict, Verdict::inconclusive);
}

TEST(Claim, OneSeedOrNoNumberSaysNothing) {
  EXPECT_EQ(judge(at_least("x", 0), {1e9}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(at_least("x", 0), {1, 2, NAN}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(at_least("x", 0), {1, 2, INFINITY}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(geometric(at_least("x", 0)), {1, 2, -3}).verdict, Verdict::inconclusive);
  EXPECT_THROW(judge(at_least("x", 0), {}), InvalidArgument);
}

TEST(Claim, OfEverySeedShowsTheValueNearestToFailing) {
  const Judgement fine = judge(on_every_seed(at_most("gap", 1e-5)), {1e-7, 9e-6, 1e-6});
  EXPECT_EQ(fine.verdict, Verdict::supported);
  EXPECT_EQ(fine.estimate.mean, 9e-6);
  EXPECT_EQ(fine.estimate.ci95.low, 1e-7);
  EXPECT_EQ(fine.estimate.ci95.high, 9e-6);
  EXPECT_EQ(judge(on_every_seed(at_most("gap", 1e-5)), {1e-7, 2e-5, 1e-6}).verdict, Verdict::refuted);
  EXPECT_EQ(judge(on_every_seed(at_least("gap", 0.1)), {3, 0.2, 9}).estimate.mean, 0.2);
  EXPECT_EQ(judge(on_every_seed(at_least("gap", 0.1)), {3, NAN, 9}).verdict, Verdict::refuted);
  EXPECT_EQ(judge(on_every_seed(at_most("gap", 5)), {-INFINITY, 3, 2}).estimate.mean, 3);
}

TEST(Claim, OverallVerdictFollowsFromClaimsAndControls) {
  const Judgement good = judge(at_least("x", -1), kOneTwoThree), bad = judge(at_least("x", 9), kOneTwoThree),
                  open = judge(at_least("x", 2), kOneTwoThree);
  EXPECT_EQ(overall({good, good}, {good}), Verdict::supported);
  EXPECT_EQ(overall({good, open}, {good}), Verdict::inconclusive);
  EXPECT_EQ(overall({open, bad}, {good}), Verdict::refuted);
  EXPECT_EQ(overall({good}, {bad}), Verdict::inconclusive);
  EXPECT_EQ(overall({bad}, {open}), Verdict::inconclusive);
}

TEST(Claim, HasItsCaveatOnlyIfItIsSupported) {
  const Claim gain = caveat("More is worse.", at_most("gain", 0));
  Result result;
  result.claims = {judge(at_least("loss", 0), {1, 2, 3}), judge(gain, {-4, -5, -6}), judge(gain, {4, 5, 6})};
  result.controls = {judge(caveat("And so is less.", at_most("cost", 0)), {-4, -5, -6})};
  ASSERT_EQ(result.caveats().size(), 2U);
  EXPECT_EQ(result.caveats()[0].claim.caveat, "More is worse.");
  EXPECT_EQ(result.caveats()[0].values, std::vector<double>({-4, -5, -6}));
  EXPECT_EQ(result.caveats()[1].claim.caveat, "And so is less.");
  result.controls.push_back(judge(at_most("gap", 0), {4, 5, 6}));
  EXPECT_TRUE(result.caveats().empty());  // a control does not hold: nothing can be said
}

TEST(Claim, IsWrittenInItsUnit) {
  EXPECT_EQ(figure_text(judge(at_least("x", 0.25, Unit::points), {0.46, 0.47, 0.48})),
            "+47.0 points [+44.5, +49.5]");
  EXPECT_EQ(figure_text(judge(at_least("x", 0, Unit::percent), {0.9, 0.9})), "90.0 % [90.0, 90.0]");
  EXPECT_EQ(figure_text(judge(on_every_seed(at_most("x", 1)), {1e-7, 2e-7})), "2e-07 [1e-07, 2e-07]");
  EXPECT_EQ(bounds_text(at_least("x", 0.25, Unit::points)), "at least +25 points");
  EXPECT_EQ(bounds_text(at_most("x", 1000, Unit::times)), "at most 1e+03 x");
  EXPECT_EQ(bounds_text(on_every_seed(at_most("x", 1e-5))), "at most 1e-05, every seed");
  EXPECT_EQ(bounds_text(between("x", -0.01, 0.01, Unit::points)), "from -1 to +1 points");
}

}  // namespace
}  // namespace fathom::experiment
