#include "fathom/models/upsampling.hpp"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::models {
namespace {

TEST(UpsamplingConvolution, IsATransposedConvolution) {
  const torch::Generator random = make_generator(1);
  for (const std::int64_t out : {1, 3, 8}) {
    const torch::Tensor x = torch::randn({2, 5, 4, 6}, random),
                        filters = torch::randn({5, out, 4, 4}, random);
    const torch::Tensor expected =
        torch::conv_transpose2d(x, filters, /*bias=*/{}, /*stride=*/2, /*padding=*/1);
    const torch::Tensor ours = upsampling_convolution(x, upsampling_filters(filters));
    ASSERT_EQ(ours.sizes(), expected.sizes());
    EXPECT_TRUE(ours.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LT((ours - expected).abs().max().item<float>(), 1e-4) << out;
  }
}

TEST(UpsamplingConvolution, HasTheValuesAndGradientsOfATransposedConvolutionInTraining) {
  const torch::Generator random = make_generator(2);
  for (const std::int64_t out : {3, 16, 32}) {
    for (const bool channels_last : {false, true}) {
      torch::Tensor x = torch::randn({3, 5, 4, 6}, random);
      if (channels_last) x = x.contiguous(at::MemoryFormat::ChannelsLast);
      x.requires_grad_();
      const torch::Tensor filters = torch::randn({5, out, 4, 4}, random).requires_grad_(),
                          weight = upsampling_filters(filters.detach()).requires_grad_(),
                          given = torch::randn({3, out, 8, 12}, random);
      const torch::Tensor expected =
          torch::conv_transpose2d(x, filters, /*bias=*/{}, /*stride=*/2, /*padding=*/1);
      const torch::Tensor ours = upsampling_convolution(x, weight);
      EXPECT_TRUE(ours.is_contiguous(at::MemoryFormat::ChannelsLast));
      EXPECT_TRUE(ours.allclose(expected, 1e-4, 1e-4)) << out;

      const auto theirs = torch::autograd::grad({expected}, {x, filters}, {given});
      const auto gradients = torch::autograd::grad({ours}, {x, weight}, {given});
      EXPECT_TRUE(gradients[0].allclose(theirs[0], 1e-4, 1e-4)) << out;
      EXPECT_TRUE(gradients[1].allclose(upsampling_filters(theirs[1]), 1e-4, 1e-4)) << out;
    }
  }
}

TEST(UpsamplingConvolution, GivesTheSameWhetherOrNotItIsTrained) {
  const torch::Generator random = make_generator(3);
  const torch::Tensor x = torch::randn({2, 7, 3, 5}, random),
                      weight = torch::randn({4 * 16, 7, 2, 2}, random);
  const torch::Tensor fixed = upsampling_convolution(x, weight),
                      trained = upsampling_convolution(x, weight.clone().requires_grad_());
  EXPECT_TRUE(trained.requires_grad());
  EXPECT_TRUE(trained.allclose(fixed, 1e-4, 1e-4));

  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(upsampling_convolution(x, weight.clone().requires_grad_()).equal(fixed));
}

TEST(UpsamplingConvolution, TrainsItsWeightWhereItsInputIsGiven) {
  const torch::Generator random = make_generator(5);
  const torch::Tensor x = torch::randn({2, 3, 2, 2}, random);
  torch::Tensor weight = torch::randn({4 * 16, 3, 2, 2}, random).requires_grad_();
  upsampling_convolution(x, weight).sum().backward();
  const torch::Tensor expected = upsampling_filters([&] {
    const torch::Tensor filters = torch::zeros({3, 16, 4, 4}).requires_grad_();
    return torch::autograd::grad({torch::conv_transpose2d(x, filters, {}, 2, 1).sum()}, {filters})[0];
  }());
  EXPECT_TRUE(weight.grad().allclose(expected, 1e-4, 1e-4));
  EXPECT_FALSE(x.grad().defined());
}

TEST(UpsamplingConvolution, RefusesAGradientOfItsGradientsWhereItHasNone) {
  const torch::Generator random = make_generator(4);
  const torch::Tensor x = torch::randn({2, 3, 2, 2}, random).requires_grad_(),
                      weight = torch::randn({4 * 16, 3, 2, 2}, random).requires_grad_();
  EXPECT_THROW(torch::autograd::grad({upsampling_convolution(x, weight).sum()}, {x}, {},
                                     /*retain_graph=*/true, /*create_graph=*/true),
               InvalidArgument);
}

}  // namespace
}  // namespace fathom::models
