#include "fathom/gan/scores/distances.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::gan {
namespace {

/// Points whose mean is `mean` and whose covariance is diagonal with `deviation` squared, exactly.
torch::Tensor on_axes(const torch::Tensor& mean, const torch::Tensor& deviation) {
  const std::int64_t f = mean.size(0);
  // Two points per axis at +-a give the variance 2 a^2 / (2 f - 1).
  const torch::Tensor arms = torch::diag(deviation) * std::sqrt((2.0 * static_cast<double>(f) - 1) / 2);
  return torch::cat({mean + arms, mean - arms});
}

TEST(FrechetDistance, OfGaussiansInClosedForm) {
  const torch::Tensor a = on_axes(torch::tensor({1.0F, 2.0F, 3.0F}), torch::tensor({1.0F, 2.0F, 0.5F}));
  const torch::Tensor b = on_axes(torch::tensor({1.0F, 5.0F, 3.0F}), torch::tensor({3.0F, 2.0F, 0.0F}));
  // 3^2 between the means; (1 - 3)^2 + 0 + 0.5^2 between the deviations.
  EXPECT_NEAR(FrechetReference(a).distance(b), 9 + 4 + 0.25, 1e-4);
  EXPECT_NEAR(FrechetReference(b).distance(a), 9 + 4 + 0.25, 1e-4);
  EXPECT_NEAR(FrechetReference(a).distance(a), 0, 1e-4);
}

TEST(FrechetDistance, DoesNotChangeUnderRotation) {
  const torch::Generator random = make_generator(1);
  const torch::Tensor a = torch::randn({200, 8}, random), b = 2 * torch::randn({300, 8}, random) + 0.3;
  const torch::Tensor turn = std::get<0>(at::linalg_qr(torch::randn({8, 8}, random)));
  EXPECT_NEAR(FrechetReference(a).distance(b), FrechetReference(a.mm(turn)).distance(b.mm(turn)), 1e-4);
}

TEST(FrechetDistance, TakesMoreValuesThanVectors) {  // the covariance is singular
  const torch::Tensor a = torch::randn({5, 40}, make_generator(2));
  EXPECT_NEAR(FrechetReference(a).distance(a + 1), 40, 1e-3);
}

TEST(FrechetDistance, IsTheSameFromFewVectorsAndFromMany) {
  const torch::Generator random = make_generator(5);
  const torch::Tensor a = torch::randn({5, 40}, random), b = torch::randn({7, 40}, random);
  // Twenty times each vector has the same mean, and the same covariance but for N - 1.
  const auto twentyfold = [](const torch::Tensor& x) {
    const double n = static_cast<double>(x.size(0));
    const torch::Tensor mean = x.mean(0, /*keepdim=*/true);
    return (mean + (x - mean) * std::sqrt((20 * n - 1) / (20 * (n - 1)))).repeat({20, 1});
  };
  const double expected = FrechetReference(a).distance(b);
  EXPECT_NEAR(FrechetReference(twentyfold(a)).distance(b), expected, 1e-3);
  EXPECT_NEAR(FrechetReference(a).distance(twentyfold(b)), expected, 1e-3);
  EXPECT_NEAR(FrechetReference(twentyfold(a)).distance(twentyfold(b)), expected, 1e-3);
  EXPECT_GT(expected, 10);
}

TEST(KernelDistance, IsTheUnbiasedEstimate) {
  const torch::Tensor a = torch::tensor({{1.0F}, {2.0F}}), b = torch::tensor({{0.0F}, {3.0F}});
  // k(x, y) = (x y + 1)^3: within a k(1, 2) = 27, within b k(0, 3) = 1; between 1, 64, 1, 343.
  EXPECT_NEAR(KernelReference(a).distance(b), 27 + 1 - 2 * (1 + 64 + 1 + 343) / 4.0, 1e-3);
}

TEST(KernelDistance, OfOneDistributionIsAboutZero) {
  const torch::Generator random = make_generator(3);
  const torch::Tensor a = torch::randn({1500, 16}, random), b = torch::randn({1500, 16}, random);
  EXPECT_NEAR(KernelReference(a).distance(b), 0, 0.01);
  EXPECT_GT(KernelReference(a).distance(b + 0.5), 0.3);
}

TEST(Distances, RefuseSetsThatCannotBeCompared) {
  const torch::Tensor a = torch::rand({4, 3});
  EXPECT_THROW(FrechetReference(torch::rand({1, 3})), InvalidArgument);
  EXPECT_THROW(FrechetReference(a).distance(torch::rand({4, 2})), InvalidArgument);
  EXPECT_THROW(KernelReference(a).distance(torch::rand({4, 2})), InvalidArgument);
  EXPECT_THROW(KernelReference(a).distance(torch::rand({3})), InvalidArgument);
}

}  // namespace
}  // namespace fathom::gan
