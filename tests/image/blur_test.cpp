#include "fathom/image/blur.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fathom/core/error.hpp"

namespace fathom::image {
namespace {

/// 1 in the middle of `side` x `side` zeros.
torch::Tensor impulse(std::int64_t side) {
  torch::Tensor image = torch::zeros({1, side, side});
  image[0][side / 2][side / 2] = 1;
  return image;
}

TEST(Blur, AConstantStaysConstant) {
  const torch::Tensor image = torch::full({1, 3, 5, 7}, 0.25f);
  const torch::Tensor blurred = gaussian_blur(image, 2);
  EXPECT_EQ(blurred.sizes(), image.sizes());
  EXPECT_TRUE(blurred.allclose(image, 0, 1e-6)) << blurred;
}

TEST(Blur, AnImpulseSpreadsAlikeInAllDirectionsAndKeepsItsSum) {
  const torch::Tensor blurred = gaussian_blur(impulse(21), 1.5);
  EXPECT_NEAR(blurred.sum().item<float>(), 1, 1e-5);
  EXPECT_TRUE(blurred.allclose(blurred.flip({1}), 0, 1e-7));
  EXPECT_TRUE(blurred.allclose(blurred.flip({2}), 0, 1e-7));
  EXPECT_TRUE(blurred.allclose(blurred.transpose(1, 2), 0, 1e-7));
  // A Gaussian: exp(-d^2 / (2 sigma^2)) of the middle, at a distance of 3 pixels.
  const float middle = blurred[0][10][10].item<float>();
  EXPECT_NEAR(blurred[0][10][13].item<float>() / middle, std::exp(-9 / 4.5), 1e-4);
}

TEST(Blur, ChannelsDoNotMix) {
  const torch::Tensor image = torch::cat({impulse(9), torch::zeros({1, 9, 9}), torch::ones({1, 9, 9})});
  const torch::Tensor blurred = gaussian_blur(image, 1);
  EXPECT_TRUE(blurred[0].equal(gaussian_blur(impulse(9), 1)[0]));
  EXPECT_EQ(blurred[1].abs().max().item<float>(), 0);
  EXPECT_TRUE(blurred[2].allclose(image[2], 0, 1e-6));
}

TEST(Blur, LeavesItsInputAndTakesOneWithGapsInMemory) {
  const torch::Tensor wide = torch::rand({2, 6, 12});
  const torch::Tensor before = wide.clone(), strided = wide.slice(2, 0, 12, 2);
  EXPECT_TRUE(gaussian_blur(strided, 1).equal(gaussian_blur(strided.contiguous(), 1)));
  EXPECT_TRUE(wide.equal(before));
}

TEST(Blur, OtherSigmasAreRefused) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double sigma : {0.0, -1.0, std::nan(""), infinity, 1001.0}) {
    EXPECT_THROW(gaussian_blur(impulse(5), sigma), InvalidArgument) << sigma;
  }
  EXPECT_NO_THROW(gaussian_blur(impulse(5), 1000));
}

TEST(Blur, WhatIsNoFloatImageIsRefused) {
  EXPECT_THROW(gaussian_blur(torch::zeros({1, 5, 5}, torch::kUInt8), 1), InvalidArgument);
  EXPECT_THROW(gaussian_blur(torch::zeros({1, 5, 5}, torch::kFloat64), 1), InvalidArgument);
  EXPECT_THROW(gaussian_blur(torch::zeros({5, 5}), 1), InvalidArgument);
  EXPECT_THROW(gaussian_blur(torch::zeros({2, 1, 5, 5}), 1), InvalidArgument);
  EXPECT_THROW(gaussian_blur(torch::zeros({1, 0, 5}), 1), InvalidArgument);
  EXPECT_THROW(gaussian_blur(torch::Tensor(), 1), InvalidArgument);
}

}  // namespace
}  // namespace fathom::image
