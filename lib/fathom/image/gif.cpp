#include "fathom/image/gif.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/file.hpp"

namespace fathom::image {
namespace {

constexpr int kPixelBits = 8, kMostBits = 12;
constexpr std::uint32_t kClear = 1U << kPixelBits, kEnd = kClear + 1;
constexpr int kReds = 6, kGreens = 7, kBlues = 6;
constexpr std::size_t kBlock = 255;  // bytes at most in a block of data

void require_valid(const std::vector<torch::Tensor>& frames, const GifOptions& options) {
  if (frames.empty()) throw InvalidArgument("a GIF needs at least one frame");
  for (const torch::Tensor& frame : frames) {
    const bool fits = frame.dim() == 3 && frame.scalar_type() == torch::kUInt8 &&
                      (frame.size(0) == 1 || frame.size(0) == 3) && frame.sizes() == frames[0].sizes();
    if (!fits || frame.numel() == 0 || frame.size(1) > 65535 || frame.size(2) > 65535)
      throw InvalidArgument(fmt::format("the frames of a GIF must be uint8 pictures of one shape, not [{}]",
                                        fmt::join(frame.sizes(), ", ")));
  }
  for (const std::int64_t delay : {options.hundredths, options.last})
    if (delay < 1 || delay > 65535)
      throw InvalidArgument(fmt::format("a frame stays 1 to 65535 hundredths of a second, not {}", delay));
}

void append_number(std::string& bytes, std::int64_t number) {  // 16 bits, the low byte first
  bytes += static_cast<char>(number & 0xff);
  bytes += static_cast<char>(number >> 8 & 0xff);
}

int level(int index, int levels) { return index * 255 / (levels - 1); }

/// 256 colours, three bytes each.
std::string palette(bool grey) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    const int colour = std::min(i, kReds * kGreens * kBlues - 1);
    for (const int value :
         {grey ? i : level(colour / (kGreens * kBlues), kReds),
          grey ? i : level(colour / kBlues % kGreens, kGreens), grey ? i : level(colour % kBlues, kBlues)})
      bytes += static_cast<char>(value);
  }
  return bytes;
}

/// A palette index per pixel, row by row.
torch::Tensor indices(const torch::Tensor& frame) {
  if (frame.size(0) == 1) return frame.contiguous().view({-1});
  const auto nearest = [&](std::int64_t channel, int levels) {
    return (frame[channel].to(torch::kFloat) * ((levels - 1) / 255.0)).round();
  };
  const torch::Tensor index =
      (nearest(0, kReds) * kGreens + nearest(1, kGreens)) * kBlues + nearest(2, kBlues);
  return index.to(torch::kUInt8).contiguous().view({-1});
}

/// Codes of a growing number of bits, packed from the low end of each byte.
class BitWriter {
 public:
  void append(std::uint32_t code, int bits) {
    pending_ |= code << count_;
    for (count_ += bits; count_ >= 8; count_ -= 8, pending_ >>= 8)
      bytes_ += static_cast<char>(pending_ & 0xff);
  }
  std::string finished() {
    if (count_ > 0) bytes_ += static_cast<char>(pending_ & 0xff);
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
  std::uint32_t pending_ = 0;
  int count_ = 0;
};

std::string compressed(const torch::Tensor& pixels) {
  const auto* data = pixels.data_ptr<std::uint8_t>();
  BitWriter out;
  std::unordered_map<std::uint32_t, std::uint32_t> table;  // a known string's code and a pixel, to their code
  int bits = kPixelBits + 1;
  std::uint32_t next = kEnd + 1;
  out.append(kClear, bits);
  std::uint32_t current = data[0];
  for (std::int64_t i = 1; i < pixels.numel(); ++i) {
    const std::uint32_t longer = current << 8 | data[i];
    if (const auto known = table.find(longer); known != table.end()) {
      current = known->second;
      continue;
    }
    out.append(current, bits);
    if (next < 1U << kMostBits) {
      table.emplace(longer, next);
      // A reader knows each code one step later, so the width grows when the code that needs it is used.
      if (next++ == 1U << bits) ++bits;
    } else {
      out.append(kClear, bits);
      table.clear();
      bits = kPixelBits + 1;
      next = kEnd + 1;
    }
    current = data[i];
  }
  out.append(current, bits);
  if (next == 1U << bits && bits < kMostBits) ++bits;
  out.append(kEnd, bits);
  return out.finished();
}

void append_frame(std::string& bytes, const torch::Tensor& frame, std::int64_t hundredths) {
  bytes += std::string_view("\x21\xf9\x04\x00", 4);  // how the frame is shown
  append_number(bytes, hundredths);
  bytes += std::string_view("\x00\x00\x2c\x00\x00\x00\x00", 7);  // no transparency; the picture, at 0, 0
  append_number(bytes, frame.size(2));
  append_number(bytes, frame.size(1));
  bytes += '\0';
  bytes += static_cast<char>(kPixelBits);
  const std::string data = compressed(indices(frame));
  for (std::size_t begin = 0; begin < data.size(); begin += kBlock) {
    const std::size_t size = std::min(kBlock, data.size() - begin);
    bytes += static_cast<char>(size);
    bytes.append(data, begin, size);
  }
  bytes += '\0';
}

}  // namespace

std::string encode_gif(const std::vector<torch::Tensor>& frames, const GifOptions& options) {
  require_valid(frames, options);
  std::string bytes = "GIF89a";
  append_number(bytes, frames[0].size(2));
  append_number(bytes, frames[0].size(1));
  bytes += std::string_view("\xf7\x00\x00", 3);  // a palette of 256 colours for all frames
  bytes += palette(frames[0].size(0) == 1);
  bytes += std::string_view("\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00", 19);  // again and again
  for (std::size_t i = 0; i < frames.size(); ++i)
    append_frame(bytes, frames[i], i + 1 < frames.size() ? options.hundredths : options.last);
  bytes += '\x3b';
  return bytes;
}

void write_gif(const std::filesystem::path& path, const std::vector<torch::Tensor>& frames,
               const GifOptions& options) {
  write_file(path, encode_gif(frames, options));
}

}  // namespace fathom::image
