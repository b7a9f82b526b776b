#include "fathom/image/png_chunks.hpp"

#include <zlib.h>

#include <cstdint>
#include <string_view>

namespace fathom::image {
namespace {

// A PNG file is a signature of 8 bytes and chunks of a length, a name of 4 letters, data, and a CRC-32 of
// name and data (https://www.w3.org/TR/png-3/).
constexpr std::size_t kSignatureSize = 8, kChunkFrame = 12, kChunkData = 8;
constexpr std::size_t kColourTypeAt = kSignatureSize + kChunkData + 9;
constexpr char kGreyType = 0, kPaletteType = 3;

std::uint32_t big32_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

/// The chunk with another colour type, and a checksum that fits it.
std::string as_grey_header(std::string_view chunk) {
  std::string header(chunk);
  header[kChunkData + 9] = kGreyType;
  const std::string_view summed = std::string_view(header).substr(4, header.size() - 8);
  const std::uint64_t sum =
      crc32(0, reinterpret_cast<const Bytef*>(summed.data()), static_cast<uInt>(summed.size()));
  for (std::size_t i = 0; i < 4; ++i)
    header[header.size() - 4 + i] = static_cast<char>(sum >> (24 - 8 * i) & 0xff);
  return header;
}

/// Whether a decoder must understand the chunk: its name begins with a capital.
bool is_critical(std::string_view name) { return name[0] >= 'A' && name[0] <= 'Z'; }

}  // namespace

std::string png_for_codec(const std::string& bytes, PngUse use) {
  const char colour_type = bytes[kColourTypeAt];
  const bool palette_goes = use == PngUse::labels || colour_type == kGreyType;
  const bool transparency_goes = use == PngUse::labels || colour_type == kGreyType;
  std::string kept = bytes.substr(0, kSignatureSize);
  for (std::size_t at = kSignatureSize; at + kChunkFrame <= bytes.size();) {
    const std::string_view chunk =
        std::string_view(bytes).substr(at, std::size_t{big32_at(bytes, at)} + kChunkFrame);
    const std::string_view name = chunk.substr(4, 4);
    at += chunk.size();
    if (name == "IHDR" && use == PngUse::labels && colour_type == kPaletteType) {
      kept += as_grey_header(chunk);
      continue;
    }
    const bool is_needed = name == "PLTE"   ? !palette_goes
                           : name == "tRNS" ? !transparency_goes
                                            : is_critical(name);
    if (is_needed) kept += chunk;
    if (name == "IEND") break;
  }
  return kept;
}

}  // namespace fathom::image
