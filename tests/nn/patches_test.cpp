#include "fathom/nn/patches.hpp"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/nn/functional/fold.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::nn {
namespace {

namespace F = torch::nn::functional;

struct Size {
  std::int64_t samples, channels, height, width;  ///< of the patches, but channels of the maps
};

/// Double precision takes LibTorch's operations, as a traced program does.
class Patches : public testing::TestWithParam<std::tuple<Size, at::ScalarType, at::MemoryFormat>> {
 protected:
  const Size size = std::get<0>(GetParam());
  const torch::Tensor maps = given({size.samples, size.channels, 2 * size.height, 2 * size.width}, 1),
                      patches = given({size.samples, 16 * size.channels, size.height, size.width}, 2);

  /// LibTorch has a map's places one after the other, where ours has the maps at a place.
  torch::Tensor unfolded_by_libtorch() const {
    return F::unfold(maps, F::UnfoldFuncOptions({4, 4}).padding(1).stride(2))
        .view({size.samples, size.channels, 16, size.height, size.width})
        .transpose(1, 2)
        .flatten(1, 2);
  }
  torch::Tensor folded_by_libtorch() const {
    return F::fold(patches.reshape({size.samples, 16, size.channels, size.height * size.width})
                       .transpose(1, 2)
                       .flatten(1, 2),
                   F::FoldFuncOptions({2 * size.height, 2 * size.width}, {4, 4}).padding(1).stride(2));
  }

 private:
  static torch::Tensor given(at::IntArrayRef sizes, int seed) {
    return torch::randn(sizes, make_generator(seed))
        .to(std::get<1>(GetParam()))
        .contiguous(std::get<2>(GetParam()))
        .requires_grad_();
  }
};

TEST_P(Patches, AreWhatUnfoldGives) {
  const torch::Tensor ours = unfold_patches(maps);
  EXPECT_TRUE(ours.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(ours.equal(unfolded_by_libtorch()));
}

TEST_P(Patches, AreAddedAsFoldAddsThem) {
  const torch::Tensor ours = fold_patches(patches);
  EXPECT_TRUE(ours.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(ours.allclose(folded_by_libtorch(), 1e-5, 1e-6));
}

TEST_P(Patches, HaveGradientsAndGradientsOfThose) {
  const auto expect_same = [](const torch::Tensor& ours, const torch::Tensor& theirs,
                              const torch::Tensor& x) {
    const torch::Tensor first = torch::autograd::grad({ours.pow(3).sum()}, {x}, {}, true, true)[0],
                        expected = torch::autograd::grad({theirs.pow(3).sum()}, {x}, {}, true, true)[0];
    EXPECT_TRUE(first.allclose(expected, 1e-4, 1e-4));
    const torch::Tensor second = torch::autograd::grad({first.square().sum()}, {x})[0],
                        as_expected = torch::autograd::grad({expected.square().sum()}, {x})[0];
    EXPECT_LE((second - as_expected).norm().item<double>(), 1e-5 * as_expected.norm().item<double>());
  };
  expect_same(unfold_patches(maps), unfolded_by_libtorch(), maps);
  expect_same(fold_patches(patches), folded_by_libtorch(), patches);
}

TEST_P(Patches, CanBeAddedToInPlace) {
  unfold_patches(maps).add_(1).sum().backward();
  fold_patches(patches).add_(1).sum().backward();
  EXPECT_TRUE(maps.grad().defined() && patches.grad().defined());
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Patches,
    testing::Combine(testing::Values(Size{3, 1, 4, 6}, Size{2, 3, 4, 6}, Size{2, 1, 1, 1}, Size{1, 3, 1, 2}),
                     testing::Values(torch::kFloat, torch::kDouble),
                     testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast)));

TEST(FiltersOverPatches, MakeOneConvolutionOfTheOther) {
  const torch::Tensor maps = torch::randn({2, 3, 6, 8}, make_generator(5)),
                      filters = torch::randn({5, 3, 4, 4}, make_generator(6));
  EXPECT_TRUE(torch::conv2d(unfold_patches(maps), filters_over_patches(filters))
                  .allclose(torch::conv2d(maps, filters, {}, 2, 1), 1e-4, 1e-4));
}

TEST(PatchesOf, NothingAreNone) {
  for (const at::ScalarType type : {torch::kFloat, torch::kDouble}) {
    const torch::Tensor maps = torch::zeros({0, 2, 4, 6}, type).requires_grad_(),
                        patches = torch::zeros({0, 32, 2, 3}, type).requires_grad_();
    EXPECT_EQ(unfold_patches(maps).sizes(), patches.sizes());
    EXPECT_EQ(fold_patches(patches).sizes(), maps.sizes());
    unfold_patches(maps).sum().backward();
    fold_patches(patches).sum().backward();
    EXPECT_EQ(maps.grad().sizes(), maps.sizes());
    EXPECT_EQ(patches.grad().sizes(), patches.sizes());
  }
}

TEST(PatchesOf, AnotherShapeAreRefused) {
  EXPECT_THROW(unfold_patches(torch::zeros({1, 1, 5, 4})), InvalidArgument);
  EXPECT_THROW(unfold_patches(torch::zeros({1, 4, 4})), InvalidArgument);
  EXPECT_THROW(fold_patches(torch::zeros({1, 8, 2, 2})), InvalidArgument);
}

}  // namespace
}  // namespace fathom::nn
