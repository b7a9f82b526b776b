#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/image/picture.hpp"
#include "image/tiff_file.hpp"

namespace fathom::image {
namespace {

using Levels = std::vector<std::uint32_t>;

/// The picture of a file with these samples, in one part.
torch::Tensor tiff_picture(const TiffSpec& spec, const Levels& levels) {
  return decode_picture(tiff_file(spec, {tiff_samples(spec, levels)}), "test.tif");
}

std::vector<int> tiff_values(const torch::Tensor& picture) {
  const torch::Tensor flat = picture.contiguous().view({-1}).to(torch::kInt);
  return {flat.data_ptr<int>(), flat.data_ptr<int>() + flat.numel()};
}

std::string tiff_refusal(const std::string& bytes) {
  try {
    decode_picture(bytes, "test.tif");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

/// The spec in both depths and byte orders.
std::vector<TiffSpec> in_all_depths(TiffSpec spec) {
  std::vector<TiffSpec> specs;
  for (const std::uint32_t bits : {8, 16})
    for (const bool big_endian : {false, true}) {
      spec.bits = bits, spec.big_endian = big_endian;
      specs.push_back(spec);
    }
  return specs;
}

TEST(Tiff, UnassociatedAlphaIsLaidOverWhiteOnce) {
  // A fifth of 200, 100, 50 and four fifths of 255; the file that says nothing is read in the same way.
  for (const int extra : {2, -1}) {
    for (const TiffSpec& spec : in_all_depths({.samples = 4, .photometric = 2, .extra = extra}))
      EXPECT_EQ(tiff_values(tiff_picture(spec, {200, 100, 50, 51})), (std::vector<int>{244, 224, 214}))
          << spec.bits << " bits, extra " << extra;
    for (const TiffSpec& spec : in_all_depths({.samples = 2, .photometric = 1, .extra = extra}))
      EXPECT_EQ(tiff_values(tiff_picture(spec, {100, 51})), std::vector<int>{224}) << spec.bits;
  }
}

TEST(Tiff, AssociatedAlphaIsLaidOverWhiteOnce) {
  // The same picture, its colours multiplied by a fifth.
  for (const TiffSpec& spec : in_all_depths({.samples = 4, .photometric = 2, .extra = 1})) {
    EXPECT_EQ(tiff_values(tiff_picture(spec, {40, 20, 10, 51})), (std::vector<int>{244, 224, 214}))
        << spec.bits;
    EXPECT_EQ(tiff_values(tiff_picture(spec, {0, 0, 0, 0})), (std::vector<int>{255, 255, 255})) << spec.bits;
  }
  for (const TiffSpec& spec : in_all_depths({.samples = 2, .photometric = 1, .extra = 1}))
    EXPECT_EQ(tiff_values(tiff_picture(spec, {20, 51})), std::vector<int>{224}) << spec.bits;
}

TEST(Tiff, AnUnspecifiedSampleIsNoTransparency) {
  for (const TiffSpec& spec : in_all_depths({.samples = 4, .photometric = 2, .extra = 0}))
    EXPECT_EQ(tiff_values(tiff_picture(spec, {200, 100, 50, 51})), (std::vector<int>{200, 100, 50}))
        << spec.bits;
}

TEST(Tiff, GreyWhoseZeroIsWhiteIsInverted) {
  for (const TiffSpec& spec : in_all_depths({.photometric = 0}))
    EXPECT_EQ(tiff_values(tiff_picture(spec, {30})), std::vector<int>{225}) << spec.bits;
  for (const TiffSpec& spec : in_all_depths({.samples = 2, .photometric = 0, .extra = 2}))
    EXPECT_EQ(tiff_values(tiff_picture(spec, {155, 51})), std::vector<int>{224}) << spec.bits;
}

TEST(Tiff, PaletteAndPlainColoursAreRead) {
  EXPECT_EQ(tiff_values(tiff_picture({.photometric = 3}, {5})), (std::vector<int>{250, 0, 0}));
  for (const TiffSpec& spec : in_all_depths({.samples = 3, .photometric = 2}))
    EXPECT_EQ(tiff_values(tiff_picture(spec, {200, 100, 50})), (std::vector<int>{200, 100, 50})) << spec.bits;
}

TEST(Tiff, PlanesAndTilesAreTheSamePicture) {
  // Pixels (1, 2, 3), (4, 5, 6), ... of 3 x 2, opaque.
  const std::vector<int> expected = {1, 4, 7, 10, 13, 16, 2, 5, 8, 11, 14, 17, 3, 6, 9, 12, 15, 18};
  for (TiffSpec spec : in_all_depths({.width = 3, .height = 2, .samples = 4, .photometric = 2, .extra = 2})) {
    Levels chunky, red, green, blue;
    for (std::uint32_t i = 0; i < 6; ++i) {
      red.push_back(3 * i + 1), green.push_back(3 * i + 2), blue.push_back(3 * i + 3);
      chunky.insert(chunky.end(), {red.back(), green.back(), blue.back(), 255});
    }
    EXPECT_EQ(tiff_values(tiff_picture(spec, chunky)), expected);
    spec.planes = 2;
    std::vector<std::string> planes;
    for (const Levels& plane : {red, green, blue, Levels(6, 255)})
      planes.push_back(tiff_samples(spec, plane));
    EXPECT_EQ(tiff_values(decode_picture(tiff_file(spec, planes), "planes")), expected);
  }
  // 20 x 18 pixels in tiles of 16: two by two, cut at the right and at the bottom.
  for (TiffSpec spec : in_all_depths({.width = 20, .height = 18, .samples = 2, .extra = 2, .tile = 16})) {
    std::vector<std::string> tiles;
    torch::Tensor picture = torch::zeros({1, 18, 20}, torch::kUInt8);
    for (std::uint32_t top = 0; top < 32; top += 16)
      for (std::uint32_t left = 0; left < 32; left += 16) {
        Levels levels;
        for (std::uint32_t y = top; y < top + 16; ++y)
          for (std::uint32_t x = left; x < left + 16; ++x) {
            levels.insert(levels.end(), {y * 7 + x % 7, 255});
            if (y < 18 && x < 20) picture[0][y][x] = static_cast<std::int64_t>(y * 7 + x % 7);
          }
        tiles.push_back(tiff_samples(spec, levels));
      }
    EXPECT_TRUE(decode_picture(tiff_file(spec, tiles), "tiles").equal(picture)) << spec.bits;
  }
}

TEST(Tiff, TheOrientationIsAppliedToEveryKind) {
  // 101 102 103 over 104 105 106, as it is stored.
  const torch::Tensor stored = torch::arange(101, 107, torch::kUInt8).view({1, 2, 3});
  const std::vector<torch::Tensor> seen = {
      stored,                            // 1
      stored.flip({2}),                  // 2: mirrored
      stored.flip({1, 2}),               // 3: on its head
      stored.flip({1}),                  // 4
      stored.transpose(1, 2),            // 5
      stored.transpose(1, 2).flip({2}),  // 6: to be turned clockwise
      stored.transpose(1, 2).flip({1, 2}),
      stored.transpose(1, 2).flip({1})};  // 8: to be turned counter-clockwise
  for (std::uint32_t orientation = 1; orientation <= 8; ++orientation) {
    const torch::Tensor& expected = seen[orientation - 1];
    for (const TiffSpec& spec : in_all_depths({.width = 3, .height = 2, .orientation = orientation}))
      EXPECT_TRUE(tiff_picture(spec, {101, 102, 103, 104, 105, 106}).equal(expected)) << orientation;
    const torch::Tensor colours =
        tiff_picture({.width = 3, .height = 2, .photometric = 3, .orientation = orientation},
                     {154, 153, 152, 151, 150, 149});
    EXPECT_TRUE(colours[0].equal(expected[0])) << orientation;
  }
}

TEST(Tiff, DamagedDataAreRefusedWithTheReasonAndNothingElseOnStderr) {
  // "Deflated" data that are none, and a strip that ends early.
  const std::string garbage = tiff_file({.width = 4, .height = 4, .compression = 8}, {std::string(64, 'x')});
  const std::string cut = tiff_file({.width = 4, .height = 4}, {std::string(16, 'x')}).substr(0, 145);
  for (const std::string& bytes : {garbage, cut}) {
    testing::internal::CaptureStderr();
    const std::string text = tiff_refusal(bytes);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_TRUE(text.starts_with("cannot read picture 'test.tif': ")) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
  EXPECT_NE(tiff_refusal(garbage).find("libtiff"), std::string::npos) << tiff_refusal(garbage);
}

TEST(Tiff, KindsThatAreNotReadAreRefused) {
  EXPECT_NE(tiff_refusal(tiff_file({.bits = 32}, {std::string(4, 'x')})).find("neither 8 nor 16 bits"),
            std::string::npos);
  EXPECT_NE(
      tiff_refusal(tiff_file({.samples = 2, .photometric = 3, .extra = 2}, {"ab"})).find("transparency"),
      std::string::npos);
}

}  // namespace
}  // namespace fathom::image
