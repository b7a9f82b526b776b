#include "fathom/core/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fathom/core/error.hpp"

namespace fathom {
namespace {

TEST(Interval, IsBelowAnotherWhereTheyDoNotOverlap) {
  EXPECT_TRUE(is_below({0, 1}, {1.5, 2}));
  EXPECT_FALSE(is_below({0, 1}, {1, 2}));
  EXPECT_FALSE(is_below({0, 3}, {1, 2}));
  EXPECT_FALSE(is_below({1.5, 2}, {0, 1}));
}

TEST(Wilson95, GivesPublishedValues) {
  const Interval eight_of_ten = wilson95(8, 10);
  EXPECT_NEAR(eight_of_ten.low, 0.4902, 5e-5);
  EXPECT_NEAR(eight_of_ten.high, 0.9433, 5e-5);
  // With p = 0 the upper end is z^2 / (n + z^2) = 3.8415 / 13.8415.
  EXPECT_NEAR(wilson95(0, 10).high, 0.2775, 5e-5);
  const Interval half = wilson95(50, 100);
  EXPECT_NEAR(half.low, 0.4038, 5e-5);
  EXPECT_NEAR(half.high, 0.5962, 5e-5);
}

TEST(Wilson95, TouchesTheEndsExactly) {
  EXPECT_EQ(wilson95(0, 10).low, 0.0);
  EXPECT_EQ(wilson95(10, 10).high, 1.0);
  EXPECT_GT(wilson95(1, 10000000).low, 0.0);
  EXPECT_LT(wilson95(9999999, 10000000).high, 1.0);
}

TEST(Wilson95, IsSymmetric) {
  const Interval few = wilson95(3, 17), many = wilson95(14, 17);
  EXPECT_NEAR(few.low, 1.0 - many.high, 1e-12);
  EXPECT_NEAR(few.high, 1.0 - many.low, 1e-12);
}

TEST(Wilson95, KnowsNothingWithoutTrials) {
  EXPECT_EQ(wilson95(0, 0).low, 0.0);
  EXPECT_EQ(wilson95(0, 0).high, 1.0);
}

TEST(Wilson95, RefusesWhatIsNoProportion) {
  EXPECT_THROW(wilson95(-1, 10), InvalidArgument);
  EXPECT_THROW(wilson95(11, 10), InvalidArgument);
  EXPECT_THROW(wilson95(0, -1), InvalidArgument);
}

TEST(PercentText, HasTwoDecimals) {
  EXPECT_EQ(percent_text(0.92871, {0.92348, 0.93359}), "92.87 % [92.35, 93.36]");
  EXPECT_EQ(percent_text(1.0, {0.0, 1.0}), "100.00 % [0.00, 100.00]");
}

TEST(Mean95, HasStudentsQuantile) {
  // Mean 3, deviation sqrt(2.5), 5 values: half = t(0.975; 4) sqrt(2.5 / 5) with t = 2.7764 in the tables.
  const Estimate estimate = mean95({1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(estimate.mean, 3);
  EXPECT_NEAR(estimate.ci95.high - 3, 2.7764 * std::sqrt(0.5), 5e-5);
  EXPECT_NEAR(3 - estimate.ci95.low, 2.7764 * std::sqrt(0.5), 5e-5);
  // Two values at 0 and 2: half = t(0.975; 1) = 12.7062 times a standard error of 1.
  EXPECT_NEAR(mean95({0, 2}).ci95.high, 1 + 12.7062, 5e-5);
  EXPECT_EQ(mean95({7, 7, 7}).ci95.low, 7);
}

TEST(Mean95, ApproachesTheNormalDistribution) {
  std::vector<double> values(100'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 2 == 0 ? -1 : 1;
  EXPECT_NEAR(mean95(values).ci95.high * std::sqrt(static_cast<double>(values.size())), 1.95996, 1e-4);
}

TEST(Mean95, KnowsNoSpreadOfOneValue) {
  const Estimate one = mean95({4});
  EXPECT_EQ(one.mean, 4);
  EXPECT_EQ(one.ci95.low, -HUGE_VAL);
  EXPECT_EQ(one.ci95.high, HUGE_VAL);
  EXPECT_THROW(mean95({}), InvalidArgument);
}

TEST(SpearmanCorrelation, IsThatOfTheRanks) {
  const torch::Tensor a = torch::tensor({1.0, 2.0, 3.0, 4.0, 5.0});
  EXPECT_DOUBLE_EQ(spearman_correlation(a, a.exp()), 1);  // any rising function
  EXPECT_DOUBLE_EQ(spearman_correlation(a, -a.pow(3)), -1);
  // Ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 (1 + 1 + 1 + 1 + 0) / (5 (25 - 1)) = 0.8
  EXPECT_DOUBLE_EQ(spearman_correlation(a, torch::tensor({20.0, 10.0, 40.0, 30.0, 50.0})), 0.8);
}

TEST(SpearmanCorrelation, EqualNumbersShareTheirMeanRank) {
  // Ranks 1.5 1.5 3 4 and 1 2 3 4, from their mean 2.5: -1 -1 0.5 1.5 and -1.5 -0.5 0.5 1.5.
  const double expected = (1.5 + 0.5 + 0.25 + 2.25) / std::sqrt(4.5 * 5);
  EXPECT_NEAR(spearman_correlation(torch::tensor({0.0, 0.0, 7.0, 9.0}), torch::tensor({1.0, 2.0, 3.0, 4.0})),
              expected, 1e-12);
}

TEST(SpearmanCorrelation, IsUndefinedWithoutAnOrder) {
  const torch::Tensor a = torch::tensor({1.0, 2.0, 3.0});
  EXPECT_TRUE(std::isnan(spearman_correlation(a, torch::ones({3}))));
  EXPECT_TRUE(std::isnan(
      spearman_correlation(a, torch::tensor({1.0, std::numeric_limits<double>::quiet_NaN(), 3.0}))));
  EXPECT_THROW(spearman_correlation(a, torch::ones({4})), InvalidArgument);
  EXPECT_THROW(spearman_correlation(torch::ones({1}), torch::ones({1})), InvalidArgument);
}

}  // namespace
}  // namespace fathom
