#include "fathom/nn/biased_activation.hpp"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "nn/any_threads.hpp"

namespace fathom::nn {
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

  /// Of something that is no leaf.
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
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(gradients[i].allclose(expected[i], 1e-4, 1e-4)) << i;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BiasedActivation,
    testing::Combine(testing::Values(0.0, 0.2), testing::Values(torch::kFloat, torch::kDouble),
                     testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast)));

torch::Tensor channels_last_maps() {
  return torch::randn({9, 16, 7, 7}, make_generator(1)).contiguous(at::MemoryFormat::ChannelsLast);
}

TEST(BiasedActivationOf, PlainMemoryIsWrittenOverIt) {
  const torch::Tensor x = channels_last_maps(), bias = torch::randn({16}, make_generator(2)).requires_grad_();
  const torch::Tensor expected = torch::leaky_relu(x + bias.view({16, 1, 1}), 0.2);
  {
    const torch::NoGradGuard no_grad;
    const torch::Tensor given = x.clone();
    EXPECT_EQ(biased_activation(given, bias, 0.2).data_ptr(), given.data_ptr());
    EXPECT_TRUE(given.equal(expected));
  }
  const torch::Tensor given = x.clone(), y = biased_activation(given, bias, 0.2);
  EXPECT_EQ(y.data_ptr(), given.data_ptr());
  const torch::Tensor gapped = torch::randn({9, 16, 7, 14}, make_generator(3)).narrow(3, 0, 7);
  EXPECT_TRUE(torch::autograd::grad({y}, {bias}, {gapped})[0].allclose(
      torch::autograd::grad({expected}, {bias}, {gapped})[0], 1e-4, 1e-4));
}

TEST(BiasedActivationOf, ALeafOrAViewLeavesItAsItIs) {
  const torch::Tensor x = channels_last_maps(), bias = torch::ones({16});
  const torch::Tensor leaf = x.clone().requires_grad_(),
                      rows = x.permute({0, 2, 3, 1}).contiguous().requires_grad_(),
                      view = rows.permute({0, 3, 1, 2});
  for (const torch::Tensor& given : {leaf, view}) {
    biased_activation(given, bias, 0.2).sum().backward();
    EXPECT_TRUE(given.equal(x));
  }
  EXPECT_TRUE(leaf.grad().equal(rows.grad().permute({0, 3, 1, 2})));
}

TEST(BiasedActivationOf, MemoryOfAnotherTensorIsLeftAsItIs) {
  const torch::Tensor x = channels_last_maps(), bias = torch::ones({16});
  const torch::Tensor expected = torch::leaky_relu(x + bias.view({16, 1, 1}), 0.2);
  const torch::Tensor base = x.clone();
  EXPECT_TRUE(biased_activation(base.detach(), bias, 0.2).equal(expected));
  EXPECT_TRUE(base.equal(x));

  const c10::InferenceMode inference_mode;  // which knows of no views
  const torch::Tensor rows = x.permute({0, 2, 3, 1}).clone();
  EXPECT_TRUE(biased_activation(rows.permute({0, 3, 1, 2}), bias, 0.2).equal(expected));
  EXPECT_TRUE(rows.permute({0, 3, 1, 2}).equal(x));
  const torch::Tensor some = x.clone();
  EXPECT_TRUE(biased_activation(some.narrow(0, 0, 4), bias, 0.2).equal(expected.narrow(0, 0, 4)));
  EXPECT_TRUE(some.equal(x));
}

TEST(BiasedActivationOf, WhatAnotherGradientNeedsIsFoundOut) {
  const torch::Tensor x = channels_last_maps().requires_grad_(), needed = x.sigmoid();
  EXPECT_THROW(biased_activation(needed, torch::ones({16}), 0.2).sum().backward(), c10::Error);
}

TEST(BiasedActivationOf, AnyNumberOfThreadsIsTheSameBits) {
  const torch::Tensor x = channels_last_maps(), bias = torch::randn({16}, make_generator(2)).requires_grad_();
  const auto results = [&] {
    const torch::Tensor y = biased_activation(x.clone(), bias, 0.2);
    return std::vector<torch::Tensor>{y, torch::autograd::grad({y.square().sum()}, {bias})[0]};
  };
  expect_same_on_any_threads(results);
}

TEST(BiasedActivationOf, RefusesABiasOfOtherChannelsAndASlopeOutOfRange) {
  EXPECT_THROW(biased_activation(torch::zeros({2, 3, 2, 2}), torch::zeros({2}), 0.2), InvalidArgument);
  EXPECT_THROW(biased_activation(torch::zeros({2, 3}), torch::zeros({3}), 0.2), InvalidArgument);
  EXPECT_THROW(biased_activation(torch::zeros({2, 3, 2, 2}), torch::zeros({3}), -0.1), InvalidArgument);
  EXPECT_THROW(biased_activation(torch::zeros({2, 3, 2, 2}), torch::zeros({3}), 1), InvalidArgument);
}

}  // namespace
}  // namespace fathom::nn
