#include "fathom/models/biased_activation.hpp"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::models {
namespace {

/// Double precision and maps that lie plane by plane take LibTorch's operations.
class BiasedActivation : public testing::TestWithParam<std::tuple<double, at::ScalarType, at::MemoryFormat>> {
 protected:
  const double slope = std::get<0>(GetParam());
  const at::ScalarType type = std::get<1>(GetParam());
  const torch::Tensor x = torch::randn({4, 5, 3, 6}, make_generator(1))
                              .to(type)
                              .contiguous(std::get<2>(GetParam()))
                              .requires_grad_(),
                      bias = torch::randn({5}, make_generator(2)).to(type).requires_grad_(),
                      given = torch::randn({4, 5, 3, 6}, make_generator(3)).to(type);

  torch::Tensor ours() const { return biased_activation(x * 1, bias, slope); }
  torch::Tensor theirs() const { return torch::leaky_relu(x + bias.view({5, 1, 1}), slope); }
};

TEST_P(BiasedActivation, HasTheValuesAndGradientsOfLibTorchsOperations) {
  EXPECT_TRUE(ours().equal(theirs()));
  const auto gradients = torch::autograd::grad({ours()}, {x, bias}, {given});
  const auto expected = torch::autograd::grad({theirs()}, {x, bias}, {given});
  EXPECT_TRUE(gradients[0].equal(expected[0]));
  EXPECT_TRUE(gradients[1].allclose(expected[1], 1e-5, 1e-5));
}

TEST_P(BiasedActivation, HasGradientsOfGradients) {
  const auto second = [&](const torch::Tensor& y) {
    const auto first = torch::autograd::grad({y.pow(3).sum()}, {x, bias}, {}, true, true);
    return torch::autograd::grad({first[0].square().sum() + first[1].square().sum()}, {x, bias});
  };
  const auto gradients = second(ours()), expected = second(theirs());
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(gradients[i].allclose(expected[i], 1e-4, 1e-3)) << i;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BiasedActivation,
    testing::Combine(testing::Values(0.0, 0.2), testing::Values(torch::kFloat, torch::kDouble),
                     testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast)));

TEST(BiasedActivationOf, ALeafLeavesItAsItIs) {
  const torch::Tensor x =
      torch::randn({2, 3, 2, 2}, make_generator(1)).contiguous(at::MemoryFormat::ChannelsLast);
  const torch::Tensor leaf = x.clone().requires_grad_();
  biased_activation(leaf, torch::ones({3}), 0.2);
  EXPECT_TRUE(leaf.equal(x));
}

TEST(BiasedActivationOf, RefusesABiasOfOtherChannelsAndASlopeOutOfRange) {
  EXPECT_THROW(biased_activation(torch::zeros({2, 3, 2, 2}), torch::zeros({2}), 0.2), InvalidArgument);
  EXPECT_THROW(biased_activation(torch::zeros({2, 3}), torch::zeros({3}), 0.2), InvalidArgument);
  EXPECT_THROW(biased_activation(torch::zeros({2, 3, 2, 2}), torch::zeros({3}), -0.1), InvalidArgument);
  EXPECT_THROW(biased_activation(torch::zeros({2, 3, 2, 2}), torch::zeros({3}), 1), InvalidArgument);
}

}  // namespace
}  // namespace fathom::models
