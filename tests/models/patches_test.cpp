#include "fathom/models/patches.hpp"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/nn/functional/fold.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::models {
namespace {

namespace F = torch::nn::functional;

constexpr std::int64_t kSamples = 3, kHeight = 4, kWidth = 6;

/// LibTorch has a map's places one after the other, where ours has the maps at a place.
torch::Tensor in_our_order(const torch::Tensor& columns, std::int64_t channels) {
  return columns.view({kSamples, channels, 16, kHeight, kWidth}).transpose(1, 2).flatten(1, 2);
}
torch::Tensor in_their_order(const torch::Tensor& patches, std::int64_t channels) {
  return patches.reshape({kSamples, 16, channels, kHeight * kWidth}).transpose(1, 2).flatten(1, 2);
}

/// Double precision takes LibTorch's operations, as other devices do.
class Patches : public testing::TestWithParam<std::tuple<std::int64_t, at::ScalarType, at::MemoryFormat>> {
 protected:
  torch::Tensor given(at::IntArrayRef sizes, int seed) const {
    return torch::randn(sizes, make_generator(seed))
        .to(std::get<1>(GetParam()))
        .contiguous(std::get<2>(GetParam()));
  }
  std::int64_t channels() const { return std::get<0>(GetParam()); }
};

TEST_P(Patches, AreWhatUnfoldGives) {
  const torch::Tensor maps = given({kSamples, channels(), 2 * kHeight, 2 * kWidth}, 1);
  const torch::Tensor patches = unfold_patches(maps);
  EXPECT_TRUE(patches.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(patches.equal(
      in_our_order(F::unfold(maps, F::UnfoldFuncOptions({4, 4}).padding(1).stride(2)), channels())));
}

TEST_P(Patches, AreAddedAsFoldAddsThem) {
  const torch::Tensor patches = given({kSamples, 16 * channels(), kHeight, kWidth}, 2);
  const torch::Tensor maps = fold_patches(patches);
  EXPECT_TRUE(maps.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(
      maps.allclose(F::fold(in_their_order(patches, channels()),
                            F::FoldFuncOptions({2 * kHeight, 2 * kWidth}, {4, 4}).padding(1).stride(2)),
                    1e-5, 1e-6));
}

TEST_P(Patches, HaveGradientsAndGradientsOfThose) {
  const torch::Tensor maps = given({kSamples, channels(), 2 * kHeight, 2 * kWidth}, 3).requires_grad_(),
                      patches = given({kSamples, 16 * channels(), kHeight, kWidth}, 4).requires_grad_();
  const auto expect_second = [&](const torch::Tensor& x, const auto& to, const auto& back) {
    const torch::Tensor of_x = torch::autograd::grad({to(x).pow(3).sum()}, {x}, {}, true, true)[0];
    EXPECT_TRUE(of_x.allclose(back(3 * to(x).square()), 1e-5, 1e-5));
    const torch::Tensor second = torch::autograd::grad({of_x.square().sum()}, {x})[0];
    EXPECT_TRUE(second.allclose(back(2 * to(of_x) * 6 * to(x)), 1e-4, 1e-3));
  };
  expect_second(maps, unfold_patches, fold_patches);
  expect_second(patches, fold_patches, unfold_patches);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Patches,
    testing::Combine(testing::Values(1, 3), testing::Values(torch::kFloat, torch::kDouble),
                     testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast)));

TEST(PatchesAndFilters, OfAConvolutionAreOfOneByOne) {
  const torch::Tensor maps = torch::randn({2, 3, 6, 8}, make_generator(5)),
                      filters = torch::randn({5, 3, 4, 4}, make_generator(6));
  const torch::Tensor over_patches =
      torch::conv2d(unfold_patches(maps), filters.permute({0, 2, 3, 1}).flatten(1).unsqueeze(2).unsqueeze(3));
  EXPECT_TRUE(over_patches.allclose(torch::conv2d(maps, filters, {}, 2, 1), 1e-4, 1e-4));
}

TEST(PatchesAndFilters, RefusesWhatHasNone) {
  EXPECT_THROW(unfold_patches(torch::zeros({1, 1, 5, 4})), InvalidArgument);
  EXPECT_THROW(unfold_patches(torch::zeros({1, 4, 4})), InvalidArgument);
  EXPECT_THROW(fold_patches(torch::zeros({1, 8, 2, 2})), InvalidArgument);
}

}  // namespace
}  // namespace fathom::models
