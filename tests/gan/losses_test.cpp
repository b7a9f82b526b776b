#include "fathom/gan/losses.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fathom/core/error.hpp"

namespace fathom::gan {
namespace {

double value(const torch::Tensor& t) { return t.item<double>(); }
double softplus(double x) { return std::log1p(std::exp(x)); }

const torch::Tensor kReal = torch::tensor({2.0F, -1.0F}), kFake = torch::tensor({0.5F, -3.0F});

TEST(GanLosses, NonSaturatingIsCrossEntropy) {
  EXPECT_NEAR(value(discriminator_loss(GanLoss::non_saturating, kReal, kFake)),
              (softplus(-2) + softplus(1)) / 2 + (softplus(0.5) + softplus(-3)) / 2, 1e-6);
  EXPECT_NEAR(value(generator_loss(GanLoss::non_saturating, kFake)), (softplus(-0.5) + softplus(3)) / 2,
              1e-6);
}

TEST(GanLosses, SmoothingMovesRealLabelsAlone) {
  EXPECT_NEAR(value(discriminator_loss(GanLoss::non_saturating, kReal, kFake, 0.1)),
              0.9 * (softplus(-2) + softplus(1)) / 2 + 0.1 * (softplus(2) + softplus(-1)) / 2 +
                  (softplus(0.5) + softplus(-3)) / 2,
              1e-6);
}

TEST(GanLosses, HingeStopsAtTheMargin) {
  // real: 0 and 2; generated: 1.5 and 0.
  EXPECT_NEAR(value(discriminator_loss(GanLoss::hinge, kReal, kFake)), 1 + 0.75, 1e-6);
  EXPECT_NEAR(value(generator_loss(GanLoss::hinge, kFake)), 1.25, 1e-6);
}

TEST(GanLosses, WassersteinIsADifferenceOfMeans) {
  EXPECT_NEAR(value(discriminator_loss(GanLoss::wasserstein, kReal, kFake)), -1.25 - 0.5, 1e-6);
  EXPECT_NEAR(value(generator_loss(GanLoss::wasserstein, kFake)), 1.25, 1e-6);
}

TEST(GanLosses, TheSaturatingOneHasNoSlopeWhereTheDiscriminatorIsSure) {
  const torch::Tensor fake = torch::full({4}, -12.0F).requires_grad_();
  saturating_generator_loss(fake).backward();
  const double saturating = value(fake.grad().abs().max());
  fake.mutable_grad() = torch::Tensor();
  generator_loss(GanLoss::non_saturating, fake).backward();
  EXPECT_LT(saturating, 1e-5);
  EXPECT_NEAR(value(fake.grad().abs().max()), 0.25, 1e-4);
}

/// Of slope 3 in the first value and 4 in the second: the gradient's norm is 5 everywhere.
torch::Tensor tilted(const torch::Tensor& x) { return 3 * x.select(1, 0) + 4 * x.select(1, 1); }

TEST(GanPenalties, OfALinearCriticAreKnown) {
  const torch::Tensor real = torch::rand({6, 2}), fake = torch::rand({6, 2});
  EXPECT_NEAR(value(r1_penalty(tilted, real)), 25, 1e-4);
  EXPECT_NEAR(value(gradient_penalty(tilted, real, fake, torch::rand({6}))), 16, 1e-4);
}

TEST(GanPenalties, CanBeDifferentiated) {
  const torch::Tensor slope = torch::tensor({3.0F, 4.0F}).requires_grad_();
  const Critic critic = [&](const torch::Tensor& x) { return torch::mv(x, slope); };
  r1_penalty(critic, torch::rand({6, 2})).backward();  // |slope|^2
  EXPECT_TRUE(slope.grad().allclose(torch::tensor({6.0F, 8.0F})));
}

TEST(GanPenalties, AreTakenBetweenRealAndGenerated) {
  // The critic x^2 / 2 has the slope x: the penalty says where it was taken.
  const Critic critic = [](const torch::Tensor& x) { return x.square().sum(1) / 2; };
  const torch::Tensor real = torch::full({1, 1}, 5.0F), fake = torch::full({1, 1}, 1.0F);
  EXPECT_NEAR(value(gradient_penalty(critic, real, fake, torch::tensor({0.0F}))), 0, 1e-4);   // at 1
  EXPECT_NEAR(value(gradient_penalty(critic, real, fake, torch::tensor({0.5F}))), 4, 1e-4);   // at 3
  EXPECT_NEAR(value(gradient_penalty(critic, real, fake, torch::tensor({1.0F}))), 16, 1e-4);  // at 5
}

TEST(GanLosses, AreNamed) {
  for (const GanLoss loss : {GanLoss::non_saturating, GanLoss::hinge, GanLoss::wasserstein})
    EXPECT_EQ(gan_loss_from(to_string(loss)), loss);
  EXPECT_THROW(gan_loss_from("hinges"), InvalidArgument);
}

}  // namespace
}  // namespace fathom::gan
