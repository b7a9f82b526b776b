#include "fathom/image/picture.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"
#include "image/picture_files.hpp"
#include "temporary_folder.hpp"

namespace fathom::image {
namespace {

namespace fs = std::filesystem;

torch::Tensor pixels(std::vector<int> values, torch::IntArrayRef shape) {
  return torch::tensor(values, torch::kInt32).to(torch::kUInt8).view(shape);
}

/// The single pixel of a file as {r, g, b} or {grey}.
std::vector<int> only_pixel(const std::string& bytes) {
  const torch::Tensor picture = decode_picture(bytes, "test");
  EXPECT_EQ(picture.numel(), picture.size(0));
  std::vector<int> values;
  for (std::int64_t c = 0; c < picture.size(0); ++c) values.push_back(picture[c][0][0].item<int>());
  return values;
}

/// A JPEG with the orientation tag of EXIF 2.3 behind its first mark.
std::string with_orientation(const std::string& jpeg, char orientation) {
  const std::string tiff = bytes_of(
      {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0});
  const std::string body = bytes_of({'E', 'x', 'i', 'f', 0, 0}) + tiff;
  const auto length = static_cast<int>(body.size() + 2);
  return jpeg.substr(0, 2) + bytes_of({0xff, 0xe1, length >> 8, length & 0xff}) + body + jpeg.substr(2);
}

TEST(Picture, RedIsTheFirstChannel) {
  const torch::Tensor picture =
      decode_picture(png_file({2, 1}, bytes_of({0, 255, 10, 0, 0, 20, 255})), "test");
  EXPECT_TRUE(picture.equal(pixels({255, 0, 10, 20, 0, 255}, {3, 1, 2})));
}

TEST(Picture, GreyFilesKeepOneChannel) {
  const torch::Tensor picture =
      decode_picture(png_file({3, 2, 8, 0}, bytes_of({0, 1, 2, 3, 0, 4, 5, 6})), "test");
  EXPECT_TRUE(picture.equal(pixels({1, 2, 3, 4, 5, 6}, {1, 2, 3})));
}

TEST(Picture, OneBitGreyIsBlackAndWhite) {
  EXPECT_TRUE(decode_picture(png_file({4, 1, 1, 0}, bytes_of({0, 0b01010000})), "test")
                  .equal(pixels({0, 255, 0, 255}, {1, 1, 4})));
}

TEST(Picture, SixteenBitsBecomeEight) {
  EXPECT_EQ(only_pixel(png_file({1, 1, 16, 2}, bytes_of({0, 255, 255, 128, 128, 0, 0}))),
            (std::vector<int>{255, 128, 0}));
  EXPECT_EQ(only_pixel(png_file({1, 1, 16, 0}, bytes_of({0, 51, 51}))), std::vector<int>{51});
}

TEST(Picture, PalettesBecomeColours) {
  const std::string palette = png_chunk("PLTE", bytes_of({9, 9, 9, 200, 100, 50}));
  EXPECT_EQ(only_pixel(png_file({1, 1, 8, 3}, bytes_of({0, 1}), palette)), (std::vector<int>{200, 100, 50}));
}

TEST(Picture, AlphaIsLaidOverWhite) {
  EXPECT_EQ(only_pixel(png_file({1, 1, 8, 6}, bytes_of({0, 200, 100, 50, 0}))),
            (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(only_pixel(png_file({1, 1, 8, 6}, bytes_of({0, 200, 100, 50, 255}))),
            (std::vector<int>{200, 100, 50}));
  // A fifth of 200, 100, 50 and four fifths of 255.
  EXPECT_EQ(only_pixel(png_file({1, 1, 8, 6}, bytes_of({0, 200, 100, 50, 51}))),
            (std::vector<int>{244, 224, 214}));
  EXPECT_EQ(only_pixel(png_file({1, 1, 16, 6}, bytes_of({0, 200, 200, 100, 100, 50, 50, 51, 51}))),
            (std::vector<int>{244, 224, 214}));
}

TEST(Picture, GreyWithAlphaStaysGrey) {
  EXPECT_EQ(only_pixel(png_file({1, 1, 8, 4}, bytes_of({0, 100, 51}))), std::vector<int>{224});
  EXPECT_EQ(only_pixel(png_file({1, 1, 16, 4}, bytes_of({0, 100, 100, 255, 255}))), std::vector<int>{100});
}

TEST(Picture, ATransparentPaletteColourIsWhite) {
  const std::string palette =
      png_chunk("PLTE", bytes_of({9, 9, 9, 200, 100, 50})) + png_chunk("tRNS", bytes_of({0, 255}));
  EXPECT_EQ(only_pixel(png_file({1, 1, 8, 3}, bytes_of({0, 0}), palette)), (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(only_pixel(png_file({1, 1, 8, 3}, bytes_of({0, 1}), palette)), (std::vector<int>{200, 100, 50}));
}

TEST(Picture, TheTransparentGreyIsWhiteAtEveryDepth) {
  const auto greys = [](const std::string& bytes) {
    const torch::Tensor picture = decode_picture(bytes, "test");
    EXPECT_EQ(picture.size(0), 1);
    std::vector<int> values;
    for (std::int64_t x = 0; x < picture.size(2); ++x) values.push_back(picture[0][0][x].item<int>());
    return values;
  };
  const auto transparent = [](int high, int low) { return png_chunk("tRNS", bytes_of({high, low})); };
  EXPECT_EQ(greys(png_file({2, 1, 8, 0}, bytes_of({0, 100, 200}), transparent(0, 100))),
            (std::vector<int>{255, 200}));
  EXPECT_EQ(greys(png_file({2, 1, 1, 0}, bytes_of({0, 0b01000000}), transparent(0, 0))),
            (std::vector<int>{255, 255}));
  EXPECT_EQ(greys(png_file({4, 1, 2, 0}, bytes_of({0, 0b00011011}), transparent(0, 1))),
            (std::vector<int>{0, 255, 170, 255}));
  EXPECT_EQ(greys(png_file({2, 1, 4, 0}, bytes_of({0, 0x34}), transparent(0, 4))),
            (std::vector<int>{51, 255}));
  // All 16 bits must be the same: 100, 101 is another grey.
  EXPECT_EQ(greys(png_file({2, 1, 16, 0}, bytes_of({0, 100, 100, 100, 101}), transparent(100, 100))),
            (std::vector<int>{255, 100}));
}

TEST(Picture, TheOpacityOfABmpIsLaidOverWhiteIfItsHeaderHasOne) {
  // Version 4 of the header: which bits are red, green, blue and opacity.
  const auto bmp = [](std::uint32_t opacity_bits) {
    return "BM" + little32(126) + little32(0) + little32(122) + little32(108) + little32(1) + little32(1) +
           little16(1) + little16(32) + little32(3) + little32(4) + std::string(16, '\0') +
           little32(0x00ff0000) + little32(0x0000ff00) + little32(0x000000ff) + little32(opacity_bits) +
           std::string(52, '\0') + bytes_of({50, 100, 200, 51});
  };
  EXPECT_EQ(only_pixel(bmp(0xff000000)), (std::vector<int>{244, 224, 214}));
  EXPECT_EQ(only_pixel(bmp(0)), (std::vector<int>{200, 100, 50}));
}

TEST(Picture, TheTransparentColourIsWhiteAtEveryDepth) {
  const std::string eight = png_chunk("tRNS", bytes_of({0, 200, 0, 100, 0, 50}));
  EXPECT_EQ(only_pixel(png_file({1, 1, 8, 2}, bytes_of({0, 200, 100, 50}), eight)),
            (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(only_pixel(png_file({1, 1, 8, 2}, bytes_of({0, 200, 100, 51}), eight)),
            (std::vector<int>{200, 100, 51}));
  const std::string sixteen = png_chunk("tRNS", bytes_of({200, 200, 100, 100, 50, 50}));
  EXPECT_EQ(only_pixel(png_file({1, 1, 16, 2}, bytes_of({0, 200, 200, 100, 100, 50, 50}), sixteen)),
            (std::vector<int>{255, 255, 255}));
}

TEST(Picture, OtherFormatsAreRead) {
  EXPECT_TRUE(decode_picture("P2 # grey\n2 1\n255\n7 9\n", "test").equal(pixels({7, 9}, {1, 1, 2})));
  EXPECT_EQ(only_pixel("P6\n1 1\n255\n" + bytes_of({200, 100, 50})), (std::vector<int>{200, 100, 50}));
  const std::string bmp = "BM" + little32(58) + little32(0) + little32(54) + little32(40) + little32(1) +
                          little32(1) + little16(1) + little16(24) + std::string(24, '\0') +
                          bytes_of({50, 100, 200, 0});
  EXPECT_EQ(only_pixel(bmp), (std::vector<int>{200, 100, 50}));
  EXPECT_EQ(only_pixel(tiff_bytes({})), std::vector<int>{'M'});
}

TEST(Picture, LosslessWebpIsRead) { EXPECT_EQ(only_pixel(webp_bytes()), (std::vector<int>{200, 100, 50})); }

TEST(Picture, ACamerasOrientationIsApplied) {
  const std::string jpeg = jpeg_bytes(halves());
  const torch::Tensor plain = decode_picture(jpeg, "test");
  EXPECT_EQ(plain.sizes(), torch::IntArrayRef({3, 8, 16}));
  EXPECT_LT(plain[0][4][1].item<int>(), 30);
  // 3: stands on its head, so the left is white. 6: to be turned clockwise, so the black left becomes the
  // top.
  const torch::Tensor turned = decode_picture(with_orientation(jpeg, 3), "test");
  EXPECT_EQ(turned.sizes(), torch::IntArrayRef({3, 8, 16}));
  EXPECT_GT(turned[0][4][1].item<int>(), 225);
  const torch::Tensor clockwise = decode_picture(with_orientation(jpeg, 6), "test");
  EXPECT_EQ(clockwise.sizes(), torch::IntArrayRef({3, 16, 8}));
  EXPECT_LT(clockwise[0][1][4].item<int>(), 30);
  EXPECT_GT(clockwise[0][14][4].item<int>(), 225);
}

TEST(Picture, AGreyJpegKeepsOneChannel) {
  EXPECT_EQ(decode_picture(jpeg_bytes(halves().slice(0, 0, 1)), "test").sizes(),
            torch::IntArrayRef({1, 8, 16}));
}

TEST(Picture, ReadPictureAsIsRgbOfTheSize) {
  const TemporaryFolder folder;
  write_bytes(folder.path() / "grey.png", png_file({3, 2, 8, 0}, bytes_of({0, 9, 9, 9, 0, 9, 9, 9})));
  const torch::Tensor picture = read_picture_as(folder.path() / "grey.png", {5, 4});
  EXPECT_TRUE(picture.equal(torch::full({3, 5, 4}, 9, torch::kUInt8)));
  EXPECT_TRUE(read_picture_as(folder.path() / "grey.png", Extent{})
                  .equal(torch::full({3, 2, 3}, 9, torch::kUInt8)));  // its own size
  EXPECT_THROW(read_picture_as(folder.path() / "grey.png", {0, 4}), InvalidArgument);
}

TEST(Picture, AMissingFileIsAnErrorOfItsOwn) {
  EXPECT_THROW(read_picture("/no/such/picture.png"), FileError);
  EXPECT_THROW(read_picture("/"), FileError);
}

TEST(Picture, PngGivesBackWhatWasWritten) {
  const torch::Tensor colour = torch::randint(0, 256, {3, 5, 7}, torch::kInt64).to(torch::kUInt8);
  EXPECT_TRUE(decode_picture(encode_png(colour), "test").equal(colour));
  EXPECT_TRUE(decode_picture(encode_png(colour.slice(0, 1, 2)), "test").equal(colour.slice(0, 1, 2)));
}

TEST(Picture, TheSamePictureGivesTheSameBytes) {
  EXPECT_EQ(encode_png(halves()), encode_png(halves()));
  EXPECT_EQ(encode_png(halves()),
            encode_png(halves().transpose(1, 2).contiguous().transpose(1, 2)));  // other strides
}

TEST(Picture, WritingMakesFoldersAndGoesByTheEnding) {
  const TemporaryFolder folder;
  for (const char* name : {"a/b/x.png", "x.PNG", "x.jpg", "x.jpeg"}) {
    write_picture(folder.path() / name, halves());
    EXPECT_EQ(read_picture(folder.path() / name).sizes(), halves().sizes()) << name;
  }
  EXPECT_EQ(io::read_file(folder.path() / "x.PNG"), encode_png(halves()));
}

TEST(Picture, OtherEndingsAreRefusedAndNothingIsWritten) {
  const TemporaryFolder folder;
  for (const char* name : {"x.gif", "x", "x.txt", ".png"}) {
    EXPECT_THROW(write_picture(folder.path() / name, halves()), InvalidArgument) << name;
    EXPECT_FALSE(fs::exists(folder.path() / name)) << name;
  }
}

TEST(Picture, WhatIsNoPictureIsNotWritten) {
  EXPECT_THROW(encode_png(torch::zeros({3, 4, 4})), InvalidArgument);
  EXPECT_THROW(encode_png(torch::zeros({2, 4, 4}, torch::kUInt8)), InvalidArgument);
  EXPECT_THROW(encode_png(torch::zeros({1, 0, 4}, torch::kUInt8)), InvalidArgument);
  EXPECT_THROW(encode_png(torch::Tensor()), InvalidArgument);
}

TEST(Picture, ShrinkingAverages) {
  EXPECT_EQ(image::resize(pixels({0, 100, 50, 50}, {1, 2, 2}), {1, 1}).item<int>(), 50);
  EXPECT_TRUE(image::resize(pixels({0, 10, 20, 30}, {1, 1, 4}), {1, 2}).equal(pixels({5, 25}, {1, 1, 2})));
}

TEST(Picture, PixelatedGrowingRepeats) {
  EXPECT_TRUE(image::resize(pixels({1, 200}, {1, 1, 2}), {2, 4}, true)
                  .equal(pixels({1, 1, 200, 200, 1, 1, 200, 200}, {1, 2, 4})));
}

TEST(Picture, SmoothGrowingKeepsConstantsAndMakesValuesBetween) {
  EXPECT_TRUE(image::resize(torch::full({3, 3, 3}, 77, torch::kUInt8), {9, 5}).eq(77).all().item<bool>());
  const torch::Tensor grown = image::resize(pixels({0, 255}, {1, 1, 2}), {1, 8});
  EXPECT_GT(std::get<0>(torch::_unique(grown)).numel(), 3) << grown;
}

TEST(Picture, OneAxisMayShrinkWhileTheOtherGrows) {
  EXPECT_TRUE(image::resize(pixels({0, 0, 100, 100}, {1, 2, 2}), {1, 4}).eq(50).all().item<bool>());
}

TEST(Picture, ResizingToTheSameSizeChangesNothing) {
  EXPECT_TRUE(image::resize(halves(), {8, 16}).equal(halves()));
}

TEST(Picture, ImpossibleSizesAreRefused) {
  EXPECT_THROW(image::resize(halves(), {0, 4}), InvalidArgument);
  EXPECT_THROW(image::resize(halves(), {4, -1}), InvalidArgument);
}

TEST(Picture, GreyIsLuma) {
  // 0.299 * 255 = 76.2, 0.587 * 255 = 149.7, 0.114 * 255 = 29.1
  const torch::Tensor rgb = pixels({255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255}, {3, 1, 4});
  EXPECT_TRUE(to_grey(rgb).equal(pixels({76, 150, 29, 255}, {1, 1, 4})));
  EXPECT_TRUE(to_grey(to_grey(rgb)).equal(to_grey(rgb)));
}

TEST(Picture, RgbRepeatsGrey) {
  const torch::Tensor grey = pixels({1, 2}, {1, 1, 2});
  EXPECT_TRUE(to_rgb(grey).equal(pixels({1, 2, 1, 2, 1, 2}, {3, 1, 2})));
  const torch::Tensor colour = halves();
  EXPECT_EQ(to_rgb(colour).data_ptr(), colour.data_ptr());  // as it is
}

TEST(Picture, ToPictureRoundsAndClamps) {
  const torch::Tensor image = torch::tensor({-1.0f, 0.5f, 2.0f, std::nanf("")}).view({1, 1, 2, 2});
  EXPECT_TRUE(to_picture(image).equal(pixels({0, 128, 255, 0}, {1, 2, 2})));
  EXPECT_TRUE(to_picture(image[0]).equal(to_picture(image)));
  EXPECT_THROW(to_picture(torch::zeros({2, 1, 4, 4})), InvalidArgument);
  EXPECT_THROW(to_picture(halves()), InvalidArgument);
}

}  // namespace
}  // namespace fathom::image
