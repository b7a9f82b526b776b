#include "fathom/augment/standard.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::augment {
namespace {

/// What a shift of (dy, dx) makes of a picture, by rolling and blanking.
torch::Tensor shifted(const torch::Tensor& picture, std::int64_t dy, std::int64_t dx) {
  const std::int64_t height = picture.size(1), width = picture.size(2);
  torch::Tensor result = torch::zeros_like(picture);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      if (y - dy >= 0 && y - dy < height && x - dx >= 0 && x - dx < width)
        result.select(1, y).select(1, x).copy_(picture.select(1, y - dy).select(1, x - dx));
  return result;
}

torch::Tensor counting_picture() { return torch::arange(1, 19, torch::kByte).view({1, 2, 3, 3}); }

TEST(StandardAugmentation, EveryResultIsOneOfThePossibleShiftsAndAllOccur) {
  const torch::Tensor picture = counting_picture();
  const torch::Tensor batch = picture.expand({300, -1, -1, -1});
  const torch::Tensor result = standard(batch, {.shift = 1}, make_generator(1));
  ASSERT_EQ(result.sizes(), batch.sizes());
  std::int64_t explained = 0;
  for (std::int64_t dy = -1; dy <= 1; ++dy)
    for (std::int64_t dx = -1; dx <= 1; ++dx) {
      const auto matches =
          (result == shifted(picture[0], dy, dx)).flatten(1).all(1).sum().item<std::int64_t>();
      EXPECT_GT(matches, 10) << "shift " << dy << ", " << dx << " of 300 pictures, 33 expected";
      explained += matches;
    }
  EXPECT_EQ(explained, 300);
}

TEST(StandardAugmentation, AMirroredBorderDoesNotRepeatTheEdge) {
  // A row 1 2 3 shifted right by one is 2 1 2; left by one 2 3 2.
  const torch::Tensor row = torch::tensor({{1, 2, 3}, {1, 2, 3}, {1, 2, 3}}, torch::kByte).view({1, 1, 3, 3});
  const torch::Tensor result =
      standard(row.expand({100, -1, -1, -1}), {.shift = 1, .mirror_border = true}, make_generator(2))
          .select(2, 0);
  const auto count = [&](int a, int b, int c) {
    return (result.flatten(1) == torch::tensor({a, b, c}, torch::kByte)).all(1).sum().item<std::int64_t>();
  };
  EXPECT_GT(count(2, 1, 2), 10);
  EXPECT_GT(count(1, 2, 3), 10);
  EXPECT_GT(count(2, 3, 2), 10);
  EXPECT_EQ(count(2, 1, 2) + count(1, 2, 3) + count(2, 3, 2), 100);
}

TEST(StandardAugmentation, ProbabilityOneMirrorsEveryPicture) {
  const torch::Tensor batch = torch::randint(0, 256, {5, 3, 4, 6}, make_generator(3), torch::kByte);
  EXPECT_TRUE(standard(batch, {.shift = 0, .flip_probability = 1}, make_generator(1)).equal(batch.flip({3})));
  EXPECT_TRUE(standard(batch, {.shift = 0, .flip_probability = 0}, make_generator(1)).equal(batch));
}

TEST(StandardAugmentation, HalfOfThePicturesAreFlippedAtAHalf) {
  const torch::Tensor picture = counting_picture();
  const torch::Tensor result =
      standard(picture.expand({1000, -1, -1, -1}), {.shift = 0, .flip_probability = 0.5}, make_generator(1));
  const auto flipped = (result == picture.flip({3})).flatten(1).all(1).sum().item<std::int64_t>();
  EXPECT_NEAR(static_cast<double>(flipped), 500, 80);  // five standard deviations
}

TEST(StandardAugmentation, AShiftMovesTheFlippedPicture) {
  // Flipped and blanked at one side: 3 2 1 -> 0 3 2 or 2 1 0, never 2 3 0.
  const torch::Tensor row = torch::tensor({1, 2, 3}, torch::kByte).view({1, 1, 1, 3}).expand({1, 1, 3, 3});
  const torch::Tensor result =
      standard(row.expand({60, -1, -1, -1}), {.shift = 1, .flip_probability = 1}, make_generator(2))
          .select(2, 1);
  for (std::int64_t n = 0; n < 60; ++n) {
    const torch::Tensor line = result[n][0];
    EXPECT_TRUE(line.equal(torch::tensor({3, 2, 1}, torch::kByte)) ||
                line.equal(torch::tensor({0, 3, 2}, torch::kByte)) ||
                line.equal(torch::tensor({2, 1, 0}, torch::kByte)))
        << line;
  }
}

TEST(StandardAugmentation, TheSameGeneratorGivesTheSameBatch) {
  const torch::Tensor batch = torch::randint(0, 256, {40, 1, 8, 8}, make_generator(3), torch::kByte);
  const StandardOptions options{.shift = 2, .flip_probability = 0.5};
  const torch::Tensor first = standard(batch, options, make_generator(9));
  EXPECT_TRUE(first.equal(standard(batch, options, make_generator(9))));
  EXPECT_FALSE(first.equal(standard(batch, options, make_generator(10))));
}

TEST(StandardAugmentation, LeavesTheBatchAsItWasAndTakesAnyStrides) {
  const torch::Tensor batch = torch::randint(0, 256, {6, 3, 8, 8}, make_generator(3), torch::kByte);
  const torch::Tensor before = batch.clone();
  const StandardOptions options{.shift = 3, .mirror_border = true, .flip_probability = 0.5};
  const torch::Tensor result = standard(batch, options, make_generator(4));
  EXPECT_TRUE(batch.equal(before));
  EXPECT_TRUE(
      result.equal(standard(batch.contiguous(at::MemoryFormat::ChannelsLast), options, make_generator(4))));
}

TEST(StandardAugmentation, RefusesWhatItCannotDo) {
  const torch::Tensor batch = torch::zeros({2, 1, 4, 6}, torch::kByte);
  const auto refused = [&](const torch::Tensor& images, const StandardOptions& options) {
    EXPECT_THROW(standard(images, options, make_generator(1)), InvalidArgument);
  };
  refused(batch, {.shift = -1});
  refused(batch, {.shift = 4});
  refused(batch, {.shift = 1, .flip_probability = -0.1});
  refused(batch, {.shift = 1, .flip_probability = 1.1});
  refused(batch, {.shift = 1, .flip_probability = std::numeric_limits<double>::quiet_NaN()});
  refused(batch.to(torch::kFloat), {.shift = 1});
  refused(batch[0], {.shift = 1});
  EXPECT_NO_THROW(standard(batch, {.shift = 3}, make_generator(1)));
}

TEST(StandardAugmentation, DigitsAreNotMirroredAndPhotographsAre) {
  EXPECT_EQ(standard_for("mnist", 28).flip_probability, 0);
  EXPECT_EQ(standard_for("fashion-mnist", 28).flip_probability, 0.5);
  EXPECT_EQ(standard_for("cifar10", 32).flip_probability, 0.5);
  EXPECT_EQ(standard_for("folder:pets", 64).shift, 4);
  EXPECT_EQ(standard_for("mnist", 1).shift, 0);
}

}  // namespace
}  // namespace fathom::augment
