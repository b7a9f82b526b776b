#include "fathom/image/formats/webp.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "fathom/core/error.hpp"

namespace fathom::image {
namespace {

// A file is "RIFF", the length of what follows, "WEBP", and chunks: a name, a length, data, and a byte of
// padding behind an odd length.
constexpr std::size_t kFileHeader = 12, kChunkHeader = 8;

std::uint32_t little_at(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value |= std::uint32_t{static_cast<std::uint8_t>(bytes[at + i])} << (8 * i);
  return value;
}

std::string little_bytes(std::uint32_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

struct Chunk {
  std::string_view name, data, whole;  // whole: with its header and padding
};

/// The chunk at the front, which is taken off; its name is empty at the end and where a length is wrong.
Chunk next_chunk(std::string_view& bytes) {
  if (bytes.size() < kChunkHeader) return {};
  const std::size_t length = little_at(bytes, 4, 4);
  if (length > bytes.size() - kChunkHeader) return {};
  const std::size_t padded = std::min(kChunkHeader + length + length % 2, bytes.size());
  const Chunk chunk{bytes.substr(0, 4), bytes.substr(kChunkHeader, length), bytes.substr(0, padded)};
  bytes.remove_prefix(padded);
  return chunk;
}

std::string webp_file(const std::string& chunks) {
  return "RIFF" + little_bytes(static_cast<std::uint32_t>(4 + chunks.size()), 4) + "WEBP" + chunks;
}

/// The data of an ANMF chunk as a file of their own.
std::string file_of_frame(std::string_view chunks, Extent size) {
  constexpr std::uint32_t kHasAlpha = 0x10;
  std::string alpha, picture;
  for (Chunk chunk = next_chunk(chunks); !chunk.name.empty(); chunk = next_chunk(chunks)) {
    if (chunk.name == "ALPH") alpha = chunk.whole;
    if (chunk.name == "VP8 " || chunk.name == "VP8L") picture = chunk.whole;
  }
  if (alpha.empty()) return webp_file(picture);
  const std::string extended = "VP8X" + little_bytes(10, 4) + little_bytes(kHasAlpha, 4) +
                               little_bytes(static_cast<std::uint32_t>(size.width - 1), 3) +
                               little_bytes(static_cast<std::uint32_t>(size.height - 1), 3);
  return webp_file(extended + alpha + picture);
}

}  // namespace

WebpFrame first_webp_frame(const std::string& bytes, Extent screen, const std::string& cannot) {
  constexpr std::size_t kFrameHeader = 16;
  std::string_view chunks = std::string_view(bytes).substr(kFileHeader);
  for (Chunk chunk = next_chunk(chunks); !chunk.name.empty(); chunk = next_chunk(chunks)) {
    if (chunk.name != "ANMF") continue;
    if (chunk.data.size() < kFrameHeader) break;
    const auto number = [&](std::size_t at) { return std::int64_t{little_at(chunk.data, at, 3)}; };
    const Patch place{2 * number(3), 2 * number(0), number(9) + 1, number(6) + 1};
    if (place.y + place.height > screen.height || place.x + place.width > screen.width) break;
    return {file_of_frame(chunk.data.substr(kFrameHeader), {place.height, place.width}), place};
  }
  throw FormatError(cannot + "damaged (its first picture is missing, or larger than the animation)");
}

}  // namespace fathom::image
