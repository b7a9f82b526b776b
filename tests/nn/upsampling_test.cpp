#include "fathom/nn/upsampling.hpp"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::nn {
namespace {

torch::Tensor theirs(const torch::Tensor& x, const torch::Tensor& weight) {
  return torch::conv_transpose2d(x, weight, /*bias=*/{}, /*stride=*/2, /*padding=*/1);
}

/// With each number of channels there is another way to the result.
class UpsamplingConvolution : public testing::TestWithParam<std::tuple<std::int64_t, at::MemoryFormat>> {
 protected:
  const std::int64_t out = std::get<0>(GetParam());
  const torch::Tensor
      x = torch::randn({3, 5, 4, 6}, make_generator(1)).contiguous(std::get<1>(GetParam())).requires_grad_(),
      weight = torch::randn({5, out, 4, 4}, make_generator(2))
                   .contiguous(std::get<1>(GetParam()))
                   .requires_grad_(),
      given = torch::randn({3, out, 8, 12}, make_generator(3));
};

TEST_P(UpsamplingConvolution, HasTheValuesAndGradientsOfATransposedConvolution) {
  const torch::Tensor expected = theirs(x, weight), ours = upsampling_convolution(x, weight);
  EXPECT_TRUE(ours.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(ours.allclose(expected, 1e-4, 1e-4));
  const auto expected_gradients = torch::autograd::grad({expected}, {x, weight}, {given});
  const auto gradients = torch::autograd::grad({ours}, {x, weight}, {given});
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(gradients[i].allclose(expected_gradients[i], 1e-4, 1e-4)) << i;
}

TEST_P(UpsamplingConvolution, HasGradientsOfGradients) {
  const auto second = [&](const torch::Tensor& y) {
    const auto first = torch::autograd::grad({y}, {x, weight}, {given}, true, true);
    return torch::autograd::grad({(first[0] * first[0]).sum() + (first[1] * first[1]).sum()}, {x, weight});
  };
  const auto gradients = second(upsampling_convolution(x, weight)), expected = second(theirs(x, weight));
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_LT((gradients[i] - expected[i]).norm().item<double>(), 1e-5 * expected[i].norm().item<double>())
        << i;
}

TEST_P(UpsamplingConvolution, GivesTheSameWhetherOrNotItIsTrained) {
  const torch::Tensor trained = upsampling_convolution(x, weight),
                      frozen = upsampling_convolution(x, weight.detach());
  EXPECT_TRUE(frozen.requires_grad());
  EXPECT_TRUE(frozen.allclose(trained, 1e-4, 1e-4));
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(upsampling_convolution(x, weight).equal(frozen));
}

TEST_P(UpsamplingConvolution, TrainsItsWeightWhereItsInputIsGiven) {
  const torch::Tensor input = x.detach();
  const torch::Tensor gradient =
      torch::autograd::grad({upsampling_convolution(input, weight)}, {weight}, {given})[0];
  const torch::Tensor expected = torch::autograd::grad({theirs(input, weight)}, {weight}, {given})[0];
  EXPECT_TRUE(gradient.allclose(expected, 1e-4, 1e-4));
}

TEST_P(UpsamplingConvolution, CanBeAddedToInPlace) {
  upsampling_convolution(x, weight).add_(1).sum().backward();
  EXPECT_TRUE(x.grad().defined() && weight.grad().defined());
}

INSTANTIATE_TEST_SUITE_P(Channels, UpsamplingConvolution,
                         testing::Combine(testing::Values(1, 3, 16, 32),
                                          testing::Values(at::MemoryFormat::Contiguous,
                                                          at::MemoryFormat::ChannelsLast)));

TEST(UpsamplingConvolutionOf, OtherShapesAreRefused) {
  const torch::Tensor x = torch::zeros({2, 4, 3, 3});
  EXPECT_THROW(upsampling_convolution(x, torch::zeros({4, 4, 2, 2})), InvalidArgument);
  EXPECT_THROW(upsampling_convolution(x, torch::zeros({3, 4, 4, 4})), InvalidArgument);
  EXPECT_THROW(upsampling_convolution(x[0], torch::zeros({4, 4, 4, 4})), InvalidArgument);
}

}  // namespace
}  // namespace fathom::nn
