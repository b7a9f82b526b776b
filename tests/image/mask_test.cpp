#include "fathom/image/mask.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "fathom/core/error.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "image/png_file.hpp"
#include "image/tiff_file.hpp"
#include "temporary_folder.hpp"

namespace fathom::image {
namespace {

std::vector<int> labels_of(const std::string& bytes) {
  const torch::Tensor mask = decode_mask(bytes, "test");
  EXPECT_EQ(mask.size(0), 1);
  const torch::Tensor flat = mask.view({-1}).to(torch::kInt);
  return {flat.data_ptr<int>(), flat.data_ptr<int>() + flat.numel()};
}

torch::ScalarType type_of_mask(const std::string& bytes) { return decode_mask(bytes, "test").scalar_type(); }

std::string mask_refusal(const std::string& bytes) {
  try {
    decode_mask(bytes, "labels.png");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

std::string text_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Mask, PngSamplesOfAnyDepthAreTheLabels) {
  EXPECT_EQ(labels_of(png_file({3, 1, 8, 0}, bytes_of({0, 0, 1, 200}))), (std::vector<int>{0, 1, 200}));
  EXPECT_EQ(labels_of(png_file({4, 1, 1, 0}, bytes_of({0, 0b01010000}))), (std::vector<int>{0, 1, 0, 1}));
  EXPECT_EQ(labels_of(png_file({4, 1, 2, 0}, bytes_of({0, 0b00011011}))), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(labels_of(png_file({4, 1, 4, 0}, bytes_of({0, 0x07, 0x9f}))), (std::vector<int>{0, 7, 9, 15}));
  const std::string sixteen = png_file({3, 1, 16, 0}, bytes_of({0, 0, 7, 1, 44, 255, 255}));
  EXPECT_EQ(labels_of(sixteen), (std::vector<int>{7, 300, 65535}));
  EXPECT_EQ(type_of_mask(sixteen), torch::kFloat);
  EXPECT_EQ(type_of_mask(png_file({1, 1, 8, 0}, bytes_of({0, 3}))), torch::kUInt8);
}

TEST(Mask, PalettesAreIndicesAndTransparencyIsPassedOver) {
  const std::string palette = png_chunk("PLTE", bytes_of({9, 9, 9, 200, 100, 50, 0, 255, 0, 1, 2, 3}));
  const std::string transparency = png_chunk("tRNS", bytes_of({0, 255, 0}));
  EXPECT_EQ(labels_of(png_file({4, 1, 8, 3}, bytes_of({0, 3, 0, 2, 1}), palette)),
            (std::vector<int>{3, 0, 2, 1}));
  EXPECT_EQ(labels_of(png_file({4, 1, 2, 3}, bytes_of({0, 0b11001001}), palette + transparency)),
            (std::vector<int>{3, 0, 2, 1}));
  EXPECT_EQ(labels_of(png_file({2, 1, 8, 0}, bytes_of({0, 5, 6}), png_chunk("tRNS", bytes_of({0, 5})))),
            (std::vector<int>{5, 6}));
}

TEST(Mask, NetpbmSamplesAreNotScaled) {
  EXPECT_EQ(labels_of("P5\n3 1\n20\n" + bytes_of({0, 7, 20})), (std::vector<int>{0, 7, 20}));
  EXPECT_EQ(labels_of("P2\n3 1\n1000\n0 7 1000\n"), (std::vector<int>{0, 7, 1000}));
  EXPECT_EQ(labels_of("P5\n2 1\n65535\n" + bytes_of({1, 44, 255, 255})), (std::vector<int>{300, 65535}));
  EXPECT_EQ(labels_of("P4\n3 1\n" + bytes_of({0b01000000})), (std::vector<int>{0, 1, 0}));
  EXPECT_EQ(type_of_mask("P2\n1 1\n255\n7\n"), torch::kUInt8);
  EXPECT_EQ(type_of_mask("P2\n1 1\n256\n7\n"), torch::kFloat);
}

TEST(Mask, TiffSamplesAndIndicesAreTheLabels) {
  const TiffSpec eight{.width = 3}, sixteen{.width = 3, .bits = 16}, palette{.width = 3, .photometric = 3};
  EXPECT_EQ(labels_of(tiff_file(eight, {bytes_of({0, 1, 200})})), (std::vector<int>{0, 1, 200}));
  EXPECT_EQ(labels_of(tiff_file(palette, {bytes_of({0, 1, 200})})), (std::vector<int>{0, 1, 200}));
  EXPECT_EQ(labels_of(tiff_file(sixteen, {bytes_of({7, 0, 44, 1, 255, 255})})),
            (std::vector<int>{7, 300, 65535}));
  EXPECT_EQ(type_of_mask(tiff_file(sixteen, {std::string(6, '\0')})), torch::kFloat);
}

TEST(Mask, FewBitsOfATiffAreTheLabels) {
  EXPECT_EQ(labels_of(tiff_file({.width = 3, .bits = 1}, {bytes_of({0b01000000})})),
            (std::vector<int>{0, 1, 0}));
  EXPECT_EQ(labels_of(tiff_file({.width = 5, .bits = 2}, {bytes_of({0b00011011, 0b10000000})})),
            (std::vector<int>{0, 1, 2, 3, 2}));
  EXPECT_EQ(labels_of(tiff_file({.width = 3, .bits = 4}, {bytes_of({0x0f, 0x70})})),
            (std::vector<int>{0, 15, 7}));
}

TEST(Mask, TheIndicesOfABmpAreTheLabels) {
  // Three pixels in a row of four bytes, the lower row first; any palette.
  const auto bmp = [](std::uint32_t bits, const std::string& rows) {
    const std::string palette(bits > 8 ? 0 : 4U << bits, 'x');
    return "BM" + little32(static_cast<std::uint32_t>(54 + palette.size() + rows.size())) + little32(0) +
           little32(static_cast<std::uint32_t>(54 + palette.size())) + little32(40) + little32(3) +
           little32(2) + little16(1) + little16(bits) + std::string(24, '\0') + palette + rows;
  };
  const std::vector<int> labels = {255, 15, 3, 0, 1, 15};
  EXPECT_EQ(labels_of(bmp(8, bytes_of({0, 1, 15, 0, 255, 15, 3, 0}))), labels);
  EXPECT_EQ(labels_of(bmp(4, bytes_of({0x01, 0xf0, 0, 0, 0x9a, 0xb0, 0, 0}))),
            (std::vector<int>{9, 10, 11, 0, 1, 15}));
  EXPECT_EQ(labels_of(bmp(1, bytes_of({0b01000000, 0, 0, 0, 0b10100000, 0, 0, 0}))),
            (std::vector<int>{1, 0, 1, 0, 1, 0}));
  EXPECT_NE(mask_refusal(bmp(24, std::string(24, 'x'))).find("a BMP mask must have a palette"),
            std::string::npos);
  EXPECT_NE(mask_refusal(bmp(8, "short")).find("file ends"), std::string::npos);
}

TEST(Mask, TheIndicesOfAGifAreTheLabels) {
  // Codes of 3 bits: clear (4), 0, 1, end (5).
  const std::string gif = "GIF89a" + little16(2) + little16(1) +
                          bytes_of({0x80, 0, 0, 200, 100, 50, 9, 9, 9}) + "," + little16(0) + little16(0) +
                          little16(2) + little16(1) + bytes_of({0, 2, 2, 0b01000100, 0b00001010, 0}) + ";";
  EXPECT_EQ(labels_of(gif), (std::vector<int>{0, 1}));
  std::string larger_screen = gif;
  larger_screen.replace(6, 2, little16(3));
  EXPECT_NE(mask_refusal(larger_screen).find("as large as the screen"), std::string::npos);
}

TEST(Mask, AnythingElseIsRefusedByName) {
  const std::string palette = png_chunk("PLTE", bytes_of({9, 9, 9}));
  const TemporaryFolder folder;
  write_picture(folder.path() / "x.jpg", torch::zeros({1, 8, 8}, torch::kUInt8));
  for (const std::string& bytes :
       {png_file({1, 1, 8, 2}, bytes_of({0, 1, 2, 3})), png_file({1, 1, 8, 4}, bytes_of({0, 1, 255})),
        png_file({1, 1, 8, 6}, bytes_of({0, 1, 2, 3, 255})), io::read_file(folder.path() / "x.jpg"),
        "P6\n1 1\n255\n" + bytes_of({1, 2, 3}), std::string("P3\n1 1\n255\n1 2 3\n"),
        std::string("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nENDHDR\nab"),
        tiff_file({.samples = 3, .photometric = 2}, {bytes_of({1, 2, 3})}),
        tiff_file({.samples = 2, .extra = 2}, {bytes_of({1, 255})}),
        tiff_file({.photometric = 0}, {bytes_of({1})})})
    EXPECT_NE(mask_refusal(bytes).find("cannot read mask 'labels.png': a "), std::string::npos)
        << mask_refusal(bytes);
  EXPECT_NE(mask_refusal("nothing").find("cannot read mask 'labels.png': not a picture"), std::string::npos);
  EXPECT_NE(mask_refusal(png_file({2, 2, 8, 0}, bytes_of({0, 1, 2}))).find("damaged"), std::string::npos);
}

TEST(Mask, WritingAndReadingGiveTheSameLabels) {
  const TemporaryFolder folder;
  const torch::Tensor bytes = torch::arange(0, 6, torch::kUInt8).view({1, 2, 3});
  write_mask(folder.path() / "a/bytes.png", bytes);
  EXPECT_EQ(io::read_file(folder.path() / "a/bytes.png"), encode_png(bytes));
  EXPECT_TRUE(read_mask(folder.path() / "a/bytes.png").equal(bytes));
  const torch::Tensor large = torch::tensor({0.F, 1.F, 300.F, 65535.F}).view({1, 2, 2});
  write_mask(folder.path() / "large.png", large);
  EXPECT_TRUE(read_mask(folder.path() / "large.png").equal(large));
}

TEST(Mask, WhatIsNoMaskIsNotWritten) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "mask.png";
  for (const float label : {0.5F, -1.F, 65536.F, std::numeric_limits<float>::quiet_NaN()})
    EXPECT_NE(text_of([&] {
                write_mask(path, torch::full({1, 2, 2}, label));
              }).find("whole numbers"),
              std::string::npos)
        << label;
  EXPECT_THROW(write_mask(path, torch::zeros({3, 2, 2}, torch::kUInt8)), InvalidArgument);
  EXPECT_THROW(write_mask(path, torch::zeros({1, 2, 2}, torch::kLong)), InvalidArgument);
  EXPECT_THROW(write_mask(folder.path() / "mask.jpg", torch::zeros({1, 2, 2}, torch::kUInt8)),
               InvalidArgument);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace fathom::image
