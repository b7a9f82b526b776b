#include "fathom/explain/attribution/quadrature.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fathom/core/error.hpp"

namespace fathom::explain {
namespace {

double integral_of_power(const Quadrature& q, int power) {
  double sum = 0;
  for (std::size_t i = 0; i < q.points.size(); ++i) sum += q.weights[i] * std::pow(q.points[i], power);
  return sum;
}

TEST(GaussLegendre, OnePointIsTheMiddle) {
  const Quadrature q = gauss_legendre(1);
  ASSERT_EQ(q.points.size(), 1U);
  EXPECT_NEAR(q.points[0], 0.5, 1e-15);
  EXPECT_NEAR(q.weights[0], 1, 1e-15);
}

TEST(GaussLegendre, TwoPointsLieAtTheRootOfAThird) {
  const Quadrature q = gauss_legendre(2);
  ASSERT_EQ(q.points.size(), 2U);
  EXPECT_NEAR(q.points[0], (1 - 1 / std::sqrt(3.0)) / 2, 1e-15);
  EXPECT_NEAR(q.points[1], (1 + 1 / std::sqrt(3.0)) / 2, 1e-15);
  for (const double w : q.weights) EXPECT_NEAR(w, 0.5, 1e-15);
}

TEST(GaussLegendre, ThreePointsHaveWeightsOfEighteenths) {
  const Quadrature q = gauss_legendre(3);
  ASSERT_EQ(q.points.size(), 3U);
  EXPECT_NEAR(q.points[0], (1 - std::sqrt(0.6)) / 2, 1e-15);
  EXPECT_NEAR(q.points[1], 0.5, 1e-15);
  EXPECT_NEAR(q.points[2], (1 + std::sqrt(0.6)) / 2, 1e-15);
  EXPECT_NEAR(q.weights[0], 5.0 / 18, 1e-15);
  EXPECT_NEAR(q.weights[1], 8.0 / 18, 1e-15);
  EXPECT_NEAR(q.weights[2], 5.0 / 18, 1e-15);
}

TEST(GaussLegendre, IsExactUpToDegreeTwiceThePointsLessOneAndNotBeyond) {
  for (const int n : {1, 2, 3, 5, 8}) {
    const Quadrature q = gauss_legendre(n);
    for (int power = 0; power <= 2 * n - 1; ++power)
      EXPECT_NEAR(integral_of_power(q, power), 1.0 / (power + 1), 1e-14) << n << ' ' << power;
    EXPECT_GT(std::abs(integral_of_power(q, 2 * n) - 1.0 / (2 * n + 1)), 1e-11) << n;
  }
}

TEST(GaussLegendre, ManyPointsRiseAndTheirWeightsSumToOne) {
  for (const int n : {50, 501}) {
    const Quadrature q = gauss_legendre(n);
    for (std::size_t i = 1; i < q.points.size(); ++i) EXPECT_LT(q.points[i - 1], q.points[i]);
    EXPECT_GT(q.points.front(), 0);
    EXPECT_LT(q.points.back(), 1);
    EXPECT_NEAR(integral_of_power(q, 0), 1, 1e-13);
    EXPECT_NEAR(integral_of_power(q, 9), 0.1, 1e-13);
  }
}

TEST(GaussLegendre, RefusesCountsOutOfRange) {
  EXPECT_THROW(gauss_legendre(0), InvalidArgument);
  EXPECT_THROW(gauss_legendre(10001), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
