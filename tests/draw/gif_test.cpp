#include "fathom/draw/gif.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"

namespace fathom::draw {
namespace {

int byte_at(const std::string& bytes, std::size_t at) { return static_cast<unsigned char>(bytes.at(at)); }
int number_at(const std::string& bytes, std::size_t at) {
  return byte_at(bytes, at) + 256 * byte_at(bytes, at + 1);
}

/// What a reader makes of LZW data of 8-bit pixels, written from the GIF89a text, not from the encoder.
std::string decompressed(const std::string& data) {
  std::string pixels;
  std::vector<std::string> table;
  std::size_t width = 9, position = 0;
  std::string previous;
  const auto reset = [&] {
    table.assign(258, "");
    for (int i = 0; i < 256; ++i) table[static_cast<std::size_t>(i)] = std::string(1, static_cast<char>(i));
    width = 9;
    previous.clear();
  };
  for (;;) {
    std::size_t code = 0;
    for (std::size_t bit = 0; bit < width; ++bit, ++position)
      code |= static_cast<std::size_t>(byte_at(data, position / 8) >> (position % 8) & 1) << bit;
    if (code == 257) return pixels;
    if (code == 256) {
      reset();
      continue;
    }
    const std::string entry = code < table.size() ? table[code] : previous + previous[0];
    pixels += entry;
    if (!previous.empty() && table.size() < 4096) table.push_back(previous + entry[0]);
    if (table.size() == std::size_t{1} << width && width < 12) ++width;
    previous = entry;
  }
}

struct Frame {
  int hundredths, width, height;
  std::string pixels;
};

std::vector<Frame> frames_of(const std::string& gif) {
  std::size_t at = 13 + 768 + 19;
  std::vector<Frame> frames;
  while (gif.at(at) != '\x3b') {
    Frame frame{number_at(gif, at + 4), number_at(gif, at + 13), number_at(gif, at + 15), {}};
    at += 19;
    std::string data;
    while (const int size = byte_at(gif, at)) {
      data += gif.substr(at + 1, static_cast<std::size_t>(size));
      at += static_cast<std::size_t>(size) + 1;
    }
    ++at;
    frame.pixels = decompressed(data);
    frames.push_back(frame);
  }
  return frames;
}

std::string text_of(const torch::Tensor& picture) {
  const torch::Tensor flat = picture.contiguous().view({-1});
  return {reinterpret_cast<const char*>(flat.data_ptr<std::uint8_t>()),
          static_cast<std::size_t>(flat.numel())};
}

TEST(Gif, GreyFramesComeBackAsTheyWere) {
  // Noise fills the table of 4096 strings several times over; a plain frame makes the longest strings.
  const torch::Tensor noise = torch::randint(0, 256, {1, 120, 151}, torch::kByte);
  const torch::Tensor plain = torch::full({1, 120, 151}, 7, torch::kByte);
  const std::string gif = encode_gif({noise, plain}, {.hundredths = 4, .last = 300});
  EXPECT_EQ(gif.substr(0, 6), "GIF89a");
  EXPECT_EQ(number_at(gif, 6), 151);
  EXPECT_EQ(number_at(gif, 8), 120);
  const std::vector<Frame> frames = frames_of(gif);
  ASSERT_EQ(frames.size(), 2);
  EXPECT_TRUE(frames[0].pixels == text_of(noise));
  EXPECT_TRUE(frames[1].pixels == text_of(plain));
  EXPECT_EQ(frames[0].hundredths, 4);
  EXPECT_EQ(frames[1].hundredths, 300);
  EXPECT_EQ(frames[1].width, 151);
}

TEST(Gif, ColoursAreTheNearestOfThePalette) {
  const torch::Tensor picture =
      torch::tensor({255, 0, 128, 0, 255, 128, 0, 0, 128}, torch::kByte).view({3, 1, 3});
  const std::string gif = encode_gif({picture});
  const std::string pixels = frames_of(gif).at(0).pixels;
  const auto colour = [&](std::size_t pixel) {
    const std::size_t at = 13 + 3 * static_cast<std::size_t>(byte_at(pixels, pixel));
    return std::vector<int>{byte_at(gif, at), byte_at(gif, at + 1), byte_at(gif, at + 2)};
  };
  EXPECT_EQ(colour(0), (std::vector<int>{255, 0, 0}));
  EXPECT_EQ(colour(1), (std::vector<int>{0, 255, 0}));
  EXPECT_EQ(colour(2), (std::vector<int>{153, 127, 153}));  // levels of 51 and of 42.5
}

TEST(Gif, OfOnePixelAndOfNothing) {
  EXPECT_EQ(frames_of(encode_gif({torch::full({1, 1, 1}, 9, torch::kByte)})).at(0).pixels, "\x09");
  EXPECT_THROW(encode_gif({}), InvalidArgument);
  EXPECT_THROW(encode_gif({torch::zeros({1, 2, 2}, torch::kByte), torch::zeros({1, 2, 3}, torch::kByte)}),
               InvalidArgument);
  EXPECT_THROW(encode_gif({torch::zeros({1, 2, 2})}), InvalidArgument);
  EXPECT_THROW(encode_gif({torch::zeros({1, 2, 2}, torch::kByte)}, {.hundredths = 0}), InvalidArgument);
}

}  // namespace
}  // namespace fathom::draw
