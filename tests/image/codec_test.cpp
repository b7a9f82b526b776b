#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/image/picture.hpp"
#include "image/picture_files.hpp"

namespace fathom::image {
namespace {

std::string codec_refusal(const std::string& bytes) {
  try {
    decode_picture(bytes, "pics/cat.png");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

/// Values without a pattern, 32 x 32, which no format packs to a few bytes.
torch::Tensor busy_picture() {
  const torch::Tensor numbers = torch::arange(0, 3 * 32 * 32, torch::kInt64);
  return (numbers * numbers * 7919 + numbers * 104729)
      .div(64, "floor")
      .remainder(256)
      .to(torch::kUInt8)
      .view({3, 32, 32});
}

/// What decoding a damaged or odd file says: the error, or "accepted", and all that went to stderr.
std::pair<std::string, std::string> words_about(const std::string& bytes) {
  testing::internal::CaptureStderr();
  const std::string text = codec_refusal(bytes);
  return {text, testing::internal::GetCapturedStderr()};
}

TEST(Codec, ACodecsReasonIsPartOfTheErrorAndNotOnStderr) {
  // Checksums of chunks are right, but what is in them is not.
  const std::string header = big32(2) + big32(2) + bytes_of({8, 0, 0, 0, 0});
  const std::string no_data = std::string("\x89PNG\r\n\x1a\n") + png_chunk("IHDR", header) +
                              png_chunk("IDAT", std::string(20, 'x')) + png_chunk("IEND", "");
  for (const std::string& bytes :
       {no_data, png_file({2, 2, 8, 0}, bytes_of({0, 1, 2})), png_file({1, 1, 8, 3}, bytes_of({0, 1}))}) {
    const auto [text, elsewhere] = words_about(bytes);
    EXPECT_TRUE(text.starts_with("cannot read picture 'pics/cat.png': damaged")) << text;
    EXPECT_NE(text.find("(libpng error: "), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    EXPECT_EQ(elsewhere, "");
  }
}

TEST(Codec, DamageInEveryFormatSaysNothingOnStderrButInOneLine) {
  const TemporaryFolder folder;
  const torch::Tensor noise = busy_picture();
  const std::string bmp = "BM" + little32(100) + little32(0) + little32(54) + little32(40) + little32(4) +
                          little32(4) + little16(1) + little16(8) + little32(1) + std::string(40, '\x7f');
  for (const std::string& whole :
       {encode_png(noise), jpeg_bytes(noise), webp_bytes(), bmp,
        tiff_bytes({.width = 8, .height = 8, .compression = 5}, std::string(64, 'x'))})
    for (std::size_t at = 20; at + 8 < whole.size(); at += whole.size() / 40 + 1) {
      const auto [text, elsewhere] =
          words_about(whole.substr(0, at) + std::string(8, '\x5a') + whole.substr(at + 8));
      EXPECT_EQ(text.find('\n'), std::string::npos) << text;
      if (text != "accepted") {
        EXPECT_EQ(elsewhere, "") << text;
      }
      if (!elsewhere.empty()) {
        EXPECT_TRUE(elsewhere.starts_with("note: 'pics/cat.png' was decoded, but its codec says: "))
            << elsewhere;
        EXPECT_EQ(elsewhere.find('\n'), elsewhere.size() - 1) << elsewhere;
      }
    }
}

TEST(Codec, AJpegWhoseDataEndEarlyIsReadAndThatIsSaid) {
  const std::string whole = jpeg_bytes(busy_picture());
  const auto [text, elsewhere] = words_about(whole.substr(0, whole.size() / 2 + 200) + "\xff\xd9");
  EXPECT_EQ(text, "accepted");
  EXPECT_EQ(elsewhere,
            "note: 'pics/cat.png' was decoded, but its codec says: Corrupt JPEG data: premature end of data "
            "segment\n");
}

TEST(Codec, ColourProfilesAndOtherChunksThatPixelsDoNotDependOnArePassedOver) {
  const std::string extra =
      png_chunk("iCCP", "broken") + png_chunk("tEXt", "no end") + png_chunk("gAMA", "x");
  const auto [text, elsewhere] = words_about(png_file({2, 1, 8, 0}, bytes_of({0, 3, 4}), extra));
  EXPECT_EQ(text, "accepted");
  EXPECT_EQ(elsewhere, "");
}

TEST(Codec, ThreadsDecodeAtATimeAndWordsAreToldOfTheRightPicture) {
  const std::string whole = jpeg_bytes(busy_picture()),
                    cut = whole.substr(0, whole.size() / 2 + 200) + "\xff\xd9";
  std::vector<std::string> said;
  const NoteHandler before = set_note_handler([&](const std::string& text) { said.push_back(text); });
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i)
        decode_picture(i % 5 == t ? cut : whole, fmt::format("{} {} {}", i % 5 == t ? "cut" : "whole", t, i));
    });
  for (std::thread& thread : threads) thread.join();
  const std::string elsewhere = testing::internal::GetCapturedStderr();
  set_note_handler(before);
  EXPECT_EQ(elsewhere, "");
  EXPECT_EQ(said.size(), 80U);
  for (const std::string& text : said) {
    EXPECT_TRUE(text.starts_with("'cut ")) << text;
    EXPECT_EQ(text.find("Corrupt"), text.rfind("Corrupt")) << text;  // one picture's words
  }
}

}  // namespace
}  // namespace fathom::image
