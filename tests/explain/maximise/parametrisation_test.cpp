#include "fathom/explain/maximise/parametrisation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::explain {
namespace {

using Sizes = std::vector<std::int64_t>;

TEST(Parametrisation, MakesImagesOfAnySizeWithinTheCube) {
  for (const auto& [height, width] : {Extent{28, 28}, {7, 9}, {8, 5}, {1, 1}, {1, 6}})
    for (const std::int64_t channels : {1, 3}) {
      const ImagesShape shape{2, channels, {height, width}};
      for (const auto& p : {fourier_parametrisation(shape, make_generator(1)),
                            pixel_parametrisation(shape, make_generator(1))}) {
        const torch::Tensor x = p->images();
        EXPECT_EQ(x.sizes(), (Sizes{2, channels, height, width}));
        EXPECT_GT(x.min().item<float>(), 0);
        EXPECT_LT(x.max().item<float>(), 1);
        x.sum().backward();
        EXPECT_GT(p->parameters().grad().abs().sum().item<float>(), 0) << height << "x" << width;
      }
    }
}

TEST(Parametrisation, TheSameSeedGivesTheSameImages) {
  const ImagesShape shape{1, 3, {9, 8}};
  const auto image = [&](std::uint64_t seed) {
    return fourier_parametrisation(shape, make_generator(seed))->images();
  };
  EXPECT_TRUE(torch::equal(image(4), image(4)));
  EXPECT_FALSE(torch::equal(image(4), image(5)));
}

TEST(Parametrisation, AFourierSpectrumFallsWithFrequency) {
  constexpr std::int64_t side = 64;
  const auto p = fourier_parametrisation({64, 1, {side, side}}, make_generator(3));
  const torch::NoGradGuard no_grad;
  const torch::Tensor amplitude =
      torch::fft_rfft2(torch::logit(p->images())).abs().square().mean(0)[0].sqrt();
  // Along the first row, away from the ends: frequency k / side.
  const auto at = [&](std::int64_t k) { return amplitude[0][k].item<double>(); };
  for (const std::int64_t k : {2, 4, 8}) {
    // 64 draws of two numbers: an amplitude is known to about 6 %, a ratio to 9 %.
    EXPECT_NEAR(at(k) / at(2 * k), 2, 0.6) << k;
    // 0.01 sqrt(2) for both parts, times side / 4 / (k / side).
    EXPECT_NEAR(at(k) / (0.01 * std::sqrt(2.0) * side / 4 * side / static_cast<double>(k)), 1, 0.3) << k;
  }
}

TEST(Parametrisation, AGreySpectrumGivesTheColourThatTheMatrixSays) {
  const auto p = fourier_parametrisation({1, 3, {4, 4}}, make_generator(1));
  {
    const torch::NoGradGuard no_grad;
    p->parameters().zero_();
    p->parameters().select(4, 0)[0][0][0][0] = 1;  // the constant of the first decorrelated channel
  }
  // Constant 1 / 16 by the transform, times sqrt(16) / (1 / 4) / 4 = 4; the first column is the longest.
  const double length = std::sqrt(0.26 * 0.26 + 0.27 * 0.27 + 0.27 * 0.27);
  const torch::Tensor x = p->images();
  for (const auto& [channel, root] : {std::pair{0, 0.26}, {1, 0.27}, {2, 0.27}})
    EXPECT_NEAR(x[0][channel][2][3].item<double>(), 1 / (1 + std::exp(-0.25 * root / length)), 1e-6);
}

TEST(Parametrisation, PixelsStayInTheCube) {
  const auto p = pixel_parametrisation({1, 1, {1, 2}}, make_generator(1));
  {
    const torch::NoGradGuard no_grad;
    p->parameters().copy_(torch::tensor({-3.F, 1.5F}).view({1, 1, 1, 2}));
  }
  p->constrain();
  EXPECT_EQ(p->images().flatten()[0].item<float>(), 0);
  EXPECT_EQ(p->images().flatten()[1].item<float>(), 1);
}

TEST(Parametrisation, ABlurKeepsTheMeanAndTakesContrast) {
  const ImagesShape shape{1, 1, {9, 12}};
  const auto p = pixel_parametrisation(shape, make_generator(2));
  const torch::Tensor before = p->images().detach().clone();
  p->blur(1);
  const torch::Tensor after = p->images().detach();
  EXPECT_NEAR(after.mean().item<double>(), before.mean().item<double>(), 1e-6);
  EXPECT_LT(after.std().item<double>(), 0.6 * before.std().item<double>());
  const auto f = fourier_parametrisation(shape, make_generator(2));
  const torch::Tensor rough = torch::logit(f->images().detach()).clone();
  f->blur(2);
  EXPECT_LT(torch::logit(f->images().detach()).std().item<double>(), rough.std().item<double>());
}

TEST(Parametrisation, RefusesShapesWithoutPixels) {
  EXPECT_THROW(fourier_parametrisation({0, 1, {4, 4}}, make_generator(1)), InvalidArgument);
  EXPECT_THROW(pixel_parametrisation({1, 1, {0, 4}}, make_generator(1)), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
