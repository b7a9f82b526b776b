#include "fathom/explain/maximise/transform.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::explain {
namespace {

torch::Tensor number(double value) { return torch::full({1}, value); }

/// [1, 1, height, width], every pixel different.
torch::Tensor ramp(std::int64_t height, std::int64_t width) {
  return torch::arange(height * width).to(torch::kFloat).view({1, 1, height, width}) / 100;
}

const torch::Tensor& grey() {
  static const torch::Tensor colour = torch::full({1}, 0.5F);
  return colour;
}

bool close(const torch::Tensor& a, const torch::Tensor& b) { return torch::allclose(a, b, 0, 2e-6); }

TEST(Transform, NothingAskedForLeavesTheImage) {
  for (const auto& x : {ramp(5, 5), ramp(4, 7)}) {
    const Placements none = random_placements({}, 1, make_generator(1));
    EXPECT_TRUE(close(placed(x, none, grey()), x));
  }
  EXPECT_FALSE(TransformOptions{}.any());
}

TEST(Transform, AShiftMovesByWholePixelsAndFillsWhatComesIn) {
  const torch::Tensor x = ramp(4, 5);
  const torch::Tensor y = placed(
      x, {.down = number(1.0 / 4), .right = number(2.0 / 5), .angle = number(0), .size = number(1)}, grey());
  EXPECT_TRUE(close(y.slice(2, 1).slice(3, 2), x.slice(2, 0, 3).slice(3, 0, 3)));
  EXPECT_TRUE(close(y.slice(2, 0, 1), torch::full({1, 1, 1, 5}, 0.5F)));
  EXPECT_TRUE(close(y.slice(3, 0, 2), torch::full({1, 1, 4, 2}, 0.5F)));
}

TEST(Transform, AQuarterTurnIsCounterClockwise) {
  const torch::Tensor x = ramp(4, 4);
  const torch::Tensor y =
      placed(x, {.down = number(0), .right = number(0), .angle = number(90), .size = number(1)}, grey());
  EXPECT_TRUE(close(y, x.rot90(1, {2, 3}))) << y << x.rot90(1, {2, 3});
}

TEST(Transform, HalfTheSizePutsTheImageInTheMiddle) {
  const torch::Tensor y =
      placed(torch::ones({1, 1, 8, 8}),
             {.down = number(0), .right = number(0), .angle = number(0), .size = number(0.5)}, grey());
  EXPECT_TRUE(close(y.slice(2, 2, 6).slice(3, 2, 6), torch::ones({1, 1, 4, 4})));
  EXPECT_TRUE(close(y.slice(2, 0, 2), torch::full({1, 1, 2, 8}, 0.5F)));
}

TEST(Transform, DrawsWithinItsRangesAndDifferentlyPerImage) {
  const Placements p =
      random_placements({.jitter = 0.1, .rotate = 5, .scale = 0.25, .pad = 0.5}, 1000, make_generator(2));
  EXPECT_LE(p.down.abs().max().item<double>(), 0.1);
  EXPECT_GT(p.down.abs().max().item<double>(), 0.09);
  EXPECT_LE(p.angle.abs().max().item<double>(), 5);
  // Padding by half a side on each side halves the size.
  EXPECT_LE(p.size.max().item<double>(), 1.25 / 2 + 1e-6);
  EXPECT_GE(p.size.min().item<double>(), 0.8 / 2 - 1e-6);
  EXPECT_NE(p.right[0].item<float>(), p.right[1].item<float>());
}

TEST(Transform, CanBeDifferentiated) {
  const torch::Tensor x = torch::full({1, 1, 6, 6}, 0.25F).set_requires_grad(true);
  placed(x, random_placements({.jitter = 0.1, .rotate = 20}, 1, make_generator(3)), grey()).sum().backward();
  EXPECT_NEAR(x.grad()[0][0][3][3].item<double>(), 1, 0.3);  // in the middle no pixel is lost
}

TEST(Transform, RefusesOptionsOutOfRange) {
  for (const TransformOptions& bad :
       {TransformOptions{.jitter = -0.1}, {.jitter = 1.5}, {.rotate = 181}, {.scale = 2}, {.pad = NAN}})
    EXPECT_THROW(random_placements(bad, 1, make_generator(1)), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
