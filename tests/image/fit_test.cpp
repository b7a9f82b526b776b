#include "fathom/image/fit.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/npy.hpp"
#include "image/png_file.hpp"
#include "temporary_folder.hpp"

namespace fathom::image {
namespace {

torch::Tensor levels(std::vector<int> values, torch::IntArrayRef shape) {
  return torch::tensor(values, torch::kInt32).to(torch::kUInt8).view(shape);
}

/// [1, 2, 4]: black on the left, white on the right.
torch::Tensor black_and_white() { return levels({0, 0, 255, 255, 0, 0, 255, 255}, {1, 2, 4}); }

TEST(Fit, StretchLooksAtTheWholePicture) {
  EXPECT_EQ(fitted_part({100, 50}, {.size = {32, 32}}), (Patch{0, 0, 100, 50}));
}

TEST(Fit, CropTakesTheCentredPartOfTheInputsShape) {
  EXPECT_EQ(fitted_part({100, 50}, {.size = {32, 32}, .fit = Fit::crop}), (Patch{25, 0, 50, 50}));
  EXPECT_EQ(fitted_part({50, 100}, {.size = {32, 32}, .fit = Fit::crop}), (Patch{0, 25, 50, 50}));
  EXPECT_EQ(fitted_part({60, 60}, {.size = {10, 20}, .fit = Fit::crop}), (Patch{15, 0, 30, 60}));
  EXPECT_EQ(fitted_part({64, 64}, {.size = {32, 32}, .fit = Fit::crop}), (Patch{0, 0, 64, 64}));
  EXPECT_EQ(fitted_part({1000, 1}, {.size = {1, 100}, .fit = Fit::crop}), (Patch{499, 0, 1, 1}));
}

TEST(Fit, GivesTheInputOfAModel) {
  const torch::Tensor x = fit(black_and_white(), {.channels = 3, .size = {4, 4}});
  EXPECT_EQ(x.sizes(), torch::IntArrayRef({1, 3, 4, 4}));
  EXPECT_EQ(x.scalar_type(), torch::kFloat32);
  EXPECT_EQ(x[0][0][0][0].item<float>(), 0.0f);
  EXPECT_EQ(x[0][0][0][3].item<float>(), 1.0f);
}

TEST(Fit, ConvertsChannels) {
  const torch::Tensor red = levels({255, 0, 0}, {3, 1, 1});
  EXPECT_FLOAT_EQ(fit(red, {.channels = 1, .size = {1, 1}}).item<float>(), 76.0f / 255);
  EXPECT_EQ(fit(to_grey(red), {.channels = 3, .size = {1, 1}}).sizes(), torch::IntArrayRef({1, 3, 1, 1}));
  EXPECT_THROW(fit(red, {.channels = 2}), InvalidArgument);
}

TEST(Fit, OfTheRightSizeIsExact) {
  const torch::Tensor picture = torch::randint(0, 256, {3, 8, 8}, torch::kInt64).to(torch::kUInt8);
  EXPECT_TRUE(to_picture(fit(picture, {.channels = 3, .size = {8, 8}})).equal(picture));
}

TEST(Fit, CropThenResizeSeesOnlyThePart) {
  torch::Tensor picture = torch::zeros({1, 4, 8}, torch::kUInt8);
  picture.slice(2, 2, 6).fill_(255);
  EXPECT_TRUE(fit(picture, {.channels = 1, .size = {2, 2}, .fit = Fit::crop}).eq(1).all().item<bool>());
}

/// 8 x 13 with a short side of 4 is 4 x 6 (6.5 rounded down), of which columns 2 to 4 and rows 0 to 2 of the
/// middle are used: margins of 3 and 1, halves rounded to 2 and 0.
TEST(Fit, CentreCropResizesTheShortSideFirst) {
  const FitOptions options{.channels = 1, .size = {3, 3}, .fit = Fit::centre_crop, .short_side = 4};
  torch::Tensor picture = torch::zeros({1, 8, 13}, torch::kUInt8);
  picture.copy_(torch::arange(13) * 10);
  const torch::Tensor whole = image::resize(picture, Extent{4, 6});
  EXPECT_TRUE(fit_pixels(picture, options).equal(whole.slice(1, 0, 3).slice(2, 2, 5)));
  EXPECT_EQ(fitted_part({8, 13}, options), (Patch{0, 4, 6, 7}));  // 2 to 5 of 6 columns are 4.3 to 10.8 of 13
}

TEST(Fit, CentreCropWithoutResizingTakesPixelsAsTheyAre) {
  const FitOptions options{.channels = 1, .size = {2, 2}, .fit = Fit::centre_crop};
  EXPECT_TRUE(fit_pixels(black_and_white(), options).equal(levels({0, 255, 0, 255}, {1, 2, 2})));
  EXPECT_EQ(fitted_part({2, 4}, options), (Patch{0, 1, 2, 2}));
  EXPECT_THROW(fit(black_and_white(), {.size = {3, 3}, .fit = Fit::centre_crop}), InvalidArgument);
  EXPECT_THROW(fit(torch::zeros({1, 1, 100000}, torch::kUInt8),
                   {.size = {64, 64}, .fit = Fit::centre_crop, .short_side = 64}),
               InvalidArgument);
}

TEST(Bands, OfAnArrayComeInEitherOrder) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "bands.npy";
  const torch::Tensor bands = torch::arange(4 * 2 * 3).view({4, 2, 3}).to(torch::kUInt8);
  io::write_npy(path, bands);
  EXPECT_TRUE(read_bands(path, 4).equal(bands));
  io::write_npy(path, bands.permute({1, 2, 0}).contiguous());
  EXPECT_TRUE(read_bands(path, 4).equal(bands));
  io::write_npy(path, bands.to(torch::kFloat) / 255);
  EXPECT_TRUE(read_bands(path, 4).equal(bands));
  EXPECT_THROW(read_bands(path, 5), FormatError);
  io::write_npy(path, bands.to(torch::kFloat));
  EXPECT_THROW(read_bands(path, 4), FormatError);  // numbers above 1
  EXPECT_TRUE(shown_bands(bands).equal(bands.narrow(0, 0, 3)));
  EXPECT_TRUE(shown_bands(bands.narrow(0, 0, 2)).equal(bands.narrow(0, 0, 1)));
}

TEST(Bands, OfAPictureFileAreItsColoursAndOpacity) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "rgba.png";
  io::write_file(path, png_file({1, 2, 8, 6}, bytes_of({0, 10, 20, 30, 128, 0, 10, 20, 30, 128})));
  const torch::Tensor bands = read_bands(path, 4);
  for (const auto& [band, level] : {std::pair{0, 10}, {1, 20}, {2, 30}, {3, 128}})
    EXPECT_TRUE(bands[band].eq(level).all().item<bool>()) << band;
  EXPECT_THROW(read_bands(path, 5), FormatError);
  write_picture(path, torch::full({3, 2, 2}, 7, torch::kUInt8));
  EXPECT_TRUE(read_bands(path, 4)[3].eq(255).all().item<bool>());  // opaque
}

TEST(Bands, AreFittedOneByOne) {
  torch::Tensor bands = torch::zeros({5, 4, 8}, torch::kUInt8);
  bands[4].slice(1, 2, 6).fill_(255);
  const torch::Tensor x = fit(bands, {.channels = 5, .size = {2, 2}, .fit = Fit::crop});
  EXPECT_EQ(x.sizes(), torch::IntArrayRef({1, 5, 2, 2}));
  EXPECT_TRUE(x[0][4].eq(1).all().item<bool>());
  EXPECT_EQ(x.sum().item<float>(), 4);
}

TEST(Fit, InvertTurnsBlackIntoWhite) {
  const torch::Tensor inverted =
      fit_pixels(levels({0, 10, 200, 255}, {1, 2, 2}), {.channels = 1, .size = {2, 2}, .invert = true});
  EXPECT_TRUE(inverted.equal(levels({255, 245, 55, 0}, {1, 2, 2})));
}

}  // namespace
}  // namespace fathom::image
