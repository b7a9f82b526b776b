#include "fathom/image/format.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/image/format.hpp"
#include "image/picture_files.hpp"

namespace fathom::image {
namespace {

std::string refusal(const std::string& bytes) {
  try {
    decode_picture(bytes, "pics/cat.png");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(PictureFormat, WhatIsNoPictureIsRefusedByName) {
  EXPECT_NE(refusal("").find("'pics/cat.png': file is empty"), std::string::npos) << refusal("");
  EXPECT_NE(refusal("Hello, this is text.").find("not a picture"), std::string::npos);
  EXPECT_NE(refusal(std::string(1000, '\0')).find("not a picture"), std::string::npos);
}

TEST(PictureFormat, EveryTruncationOfAPngIsRefused) {
  const std::string whole = encode_png(halves());
  EXPECT_NO_THROW(decode_picture(whole, "whole"));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal(whole.substr(0, length)), "accepted") << length;
}

TEST(PictureFormat, EveryTruncationOfAJpegIsRefused) {
  const std::string whole = jpeg_bytes(halves());
  EXPECT_NO_THROW(decode_picture(whole, "whole"));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal(whole.substr(0, length)), "accepted") << length;
}

TEST(PictureFormat, EveryDamagedByteOfAPngIsRefused) {
  const std::string whole = encode_png(halves());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x21);
    EXPECT_NE(refusal(damaged), "accepted") << at;
  }
}

TEST(PictureFormat, ADamagedJpegIsRefusedOrReadButNeverMore) {
  const std::string whole = jpeg_bytes(halves());
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x21);
    try {
      EXPECT_LE(decode_picture(damaged, "damaged").numel(), 300'000'000) << at;
    } catch (const FormatError&) {
    }
  }
}

TEST(PictureFormat, EveryTruncationOfOthersIsRefused) {
  const std::string ppm = "P6\n4 4\n255\n" + std::string(48, 'x');
  const std::string webp = webp_bytes();
  for (const std::string& whole : {ppm, webp}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_NE(refusal(whole.substr(0, length)), "accepted") << whole.substr(0, 4) << ' ' << length;
    }
  }
}

TEST(PictureFormat, HugeHeadersAreRefusedBeforeAnythingIsAllocated) {
  const std::string rows = bytes_of({0, 1, 2, 3});
  EXPECT_NE(refusal(png_file({2'000'000'000, 2'000'000'000}, rows)).find("more than"), std::string::npos);
  EXPECT_NE(refusal(png_file({10'001, 10'000, 1, 0}, std::string(60'000, '\0'))).find("100 million"),
            std::string::npos);
  // Below the limit, yet more than so few bytes can hold.
  EXPECT_NE(refusal(png_file({9'000, 9'000}, rows)).find("can hold"), std::string::npos);
  EXPECT_NE(refusal("P6\n100000 100000\n255\nxxx").find("of 30,000,000,021 bytes"), std::string::npos);
  const auto bmp = [](std::uint32_t side, char packed) {
    return "BM" + std::string(12, '\0') + little32(40) + little32(side) + little32(side) + little16(1) +
           little16(24) + little32(packed) + std::string(40, '\0');
  };
  EXPECT_NE(refusal(bmp(1u << 30, 0)).find("file ends"), std::string::npos);
  EXPECT_NE(refusal(bmp(1u << 30, 1)).find("100 million"), std::string::npos);
  std::string jpeg = jpeg_bytes(halves());
  const std::size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\xff\xff\xff");
  EXPECT_NE(refusal(jpeg).find("65535x65535"), std::string::npos) << refusal(jpeg);
}

TEST(PictureFormat, AShortJpegOfManyPixelsIsRefused) {
  std::string jpeg = jpeg_bytes(halves());
  const std::size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\x23\x28\x23\x28");  // 0x2328 = 9000
  EXPECT_NE(refusal(jpeg).find("declares 9000x9000 pixels, more than"), std::string::npos) << refusal(jpeg);
}

TEST(PictureFormat, ABlankJpegOfManyPixelsIsRead) {
  EXPECT_EQ(decode_picture(jpeg_bytes(torch::full({1, 2000, 2000}, 255, torch::kUInt8)), "blank").numel(),
            4'000'000);
}

TEST(PictureFormat, AShortTiffOfManyPixelsIsRefused) {
  // 9000 x 9000 pixels of a byte: 81 MB, which so short a file holds in none of these.
  for (const std::uint32_t compression : {1, 5, 8, 32946, 32773}) {
    const std::string bytes = tiff_bytes({.width = 9000, .height = 9000, .compression = compression});
    EXPECT_NE(refusal(bytes).find("declares 9000x9000 pixels, more than"), std::string::npos)
        << compression << ": " << refusal(bytes);
  }
}

TEST(PictureFormat, ABlankTiffOfManyPixelsIsRead) {
  std::string row;  // of 2048 pixels: 16 times "128 of 0"
  for (int run = 0; run < 16; ++run) row += bytes_of({0x81, 0});
  std::string rows;
  for (int y = 0; y < 2000; ++y) rows += row;
  const torch::Tensor picture =
      decode_picture(tiff_bytes({.width = 2048, .height = 2000, .compression = 32773}, rows), "blank");
  EXPECT_TRUE(picture.equal(torch::zeros({1, 2000, 2048}, torch::kUInt8)));
}

TEST(PictureFormat, UnpackedFormatsMustBeAsLongAsTheirHeaderSays) {
  EXPECT_NE(refusal("P6\n4 4\n255\n" + std::string(47, 'x')).find("file ends after 58 of 59 bytes"),
            std::string::npos);
  EXPECT_NE(refusal("P5\n4 4\n65535\n" + std::string(31, 'x')).find("file ends after 44 of 45 bytes"),
            std::string::npos);
  EXPECT_NE(refusal("P4\n9 2\n" + std::string(3, 'x')).find("file ends after 10 of 11 bytes"),
            std::string::npos);
}

TEST(PictureFormat, AHeaderWithoutPixelsIsRefused) {
  EXPECT_NE(refusal(png_file({0, 5}, bytes_of({0}))).find("without pixels"), std::string::npos);
  EXPECT_NE(refusal("P5\n0 0\n255\n").find("without pixels"), std::string::npos);
}

/// The first box of a file of the HEIC and AVIF family.
std::string media_file(const std::string& brands) {
  return big32(static_cast<std::uint32_t>(8 + brands.size())) + "ftyp" + brands + std::string(40, 'x');
}

TEST(PictureFormat, OtherFilesThatPeopleTakeForPicturesAreNamed) {
  const auto names = [](const std::string& bytes, const std::string& word) {
    EXPECT_NE(refusal(bytes).find("it is " + word), std::string::npos) << refusal(bytes);
  };
  names(media_file("heic" + big32(0) + "mif1heic"), "a HEIC picture");
  names(media_file("mif1" + big32(0) + "mif1heic"), "a HEIC picture");
  names(media_file("mif1" + big32(0) + "mif1avif"), "an AVIF picture");
  names(media_file("avif" + big32(0) + "avifmif1"), "an AVIF picture");
  names(media_file("isom" + big32(512) + "isomiso2"), "a video");
  names("\xff\x0a and so on", "a JPEG XL picture");
  names(bytes_of({0, 0, 0, 12, 'j', 'P', ' ', ' ', 13}), "a JPEG 2000 picture");
  names("%PDF-1.7", "a PDF document");
  names("<!DOCTYPE html><title>404</title>", "a web page");
  names("version https://git-lfs.github.com/spec/v1", "a pointer of Git LFS");
  EXPECT_NE(refusal(media_file("heic" + big32(0))).find("convert it to JPEG or PNG"), std::string::npos);
}

TEST(PictureFormat, PicturesAreKnownByTheirFirstBytes) {
  const std::string bmp =
      "BM" + little32(58) + little32(0) + little32(54) + little32(40) + std::string(32, '\0');
  for (const std::string& bytes :
       {encode_png(halves()), jpeg_bytes(halves()), webp_bytes(), tiff_bytes({}), bmp,
        std::string("GIF89a\1\0\1\0"), std::string("P5\n2 1\n255\nab"), std::string("P3 # x\n"),
        std::string("P7\nWIDTH 2\n"), media_file("heic" + big32(0)), media_file("avif" + big32(0)),
        std::string("\xff\x0a..")})
    EXPECT_TRUE(is_picture(bytes.substr(0, 32))) << bytes.substr(0, 8);
  for (const std::string& bytes :
       {std::string(), std::string("B"), std::string("BMW and Audi, a comparison of cars"), std::string("P5"),
        std::string("P2P networks"), std::string("path,label\na.png,cat\n"), std::string("%PDF-1.7"),
        std::string(32, '\0'), media_file("isom" + big32(0)), std::string("<!DOCTYPE html>")})
    EXPECT_FALSE(is_picture(bytes.substr(0, 32))) << bytes.substr(0, 8);
}

}  // namespace
}  // namespace fathom::image
