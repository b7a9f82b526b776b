/// TIFF files for tests, put together byte by byte so that what is read does not come from the library that
/// reads it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

struct TiffSpec {
  std::uint32_t width = 1, height = 1, bits = 8, samples = 1;
  std::uint32_t photometric = 1;  ///< 0: grey, 0 is white; 1: grey, 0 is black; 2: RGB; 3: palette
  int extra = -1;                 ///< kind of the last sample, 0 to 2; -1: not said
  std::uint32_t compression = 1, planes = 1, orientation = 1;
  std::uint32_t tile = 0;  ///< side of square tiles; 0: one strip per plane
  bool big_endian = false;
};

/// Numbers in the byte order of a file.
class TiffNumbers {
 public:
  explicit TiffNumbers(bool big_endian) : big_endian_(big_endian) {}
  std::string of(std::uint32_t value, int bytes) const {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
    if (big_endian_) std::reverse(text.begin(), text.end());
    return text;
  }

 private:
  bool big_endian_;
};

/// `parts`: the bytes of each strip or tile. A palette of 8 bits holds reds 255, 254, ..., greens and blues
/// 0.
inline std::string tiff_file(const TiffSpec& spec, const std::vector<std::string>& parts) {
  const TiffNumbers numbers(spec.big_endian);
  const auto count = static_cast<std::uint32_t>(parts.size());
  std::string behind;  // what does not fit into the tags
  const std::uint32_t tags = 10 + (spec.extra >= 0 ? 1 : 0) + (spec.tile > 0 ? 1 : 0) +
                             (spec.photometric == 3 ? 1 : 0) + (spec.orientation > 1 ? 1 : 0);
  const std::uint32_t behind_at = 8 + 2 + 12 * tags + 4;
  const auto tag = [&](std::uint32_t number, std::uint32_t type, const std::vector<std::uint32_t>& values) {
    const int width = type == 3 ? 2 : 4;
    std::string data;
    for (const std::uint32_t value : values) data += numbers.of(value, width);
    std::string entry = numbers.of(number, 2) + numbers.of(type, 2) +
                        numbers.of(static_cast<std::uint32_t>(values.size()), 4);
    if (data.size() <= 4) {
      data.resize(4);
      return entry + data;
    }
    entry += numbers.of(behind_at + static_cast<std::uint32_t>(behind.size()), 4);
    behind += data;
    return entry;
  };
  std::vector<std::uint32_t> palette(3 * 256), places, lengths;
  for (std::uint32_t i = 0; i < 256; ++i) palette[i] = (255 - i) * 257;
  // All that is behind, whose length must be known before the places of the parts are.
  const std::size_t behind_size = (spec.samples > 2 ? 2 * spec.samples : 0) +
                                  (spec.photometric == 3 ? 2 * palette.size() : 0) +
                                  (count > 1 ? 8 * count : 0);
  auto place = behind_at + static_cast<std::uint32_t>(behind_size);
  for (const std::string& part : parts) {
    places.push_back(place);
    lengths.push_back(static_cast<std::uint32_t>(part.size()));
    place += lengths.back();
  }
  std::string list = tag(256, 4, {spec.width}) + tag(257, 4, {spec.height}) +
                     tag(258, 3, std::vector<std::uint32_t>(spec.samples, spec.bits)) +
                     tag(259, 3, {spec.compression}) + tag(262, 3, {spec.photometric});
  if (spec.tile == 0) list += tag(273, 4, places);
  if (spec.orientation > 1) list += tag(274, 3, {spec.orientation});
  list += tag(277, 3, {spec.samples});
  if (spec.tile == 0) list += tag(278, 4, {spec.height}) + tag(279, 4, lengths);
  list += tag(284, 3, {spec.planes});
  if (spec.photometric == 3) list += tag(320, 3, palette);
  if (spec.tile > 0)
    list += tag(322, 4, {spec.tile}) + tag(323, 4, {spec.tile}) + tag(324, 4, places) + tag(325, 4, lengths);
  if (spec.extra >= 0) list += tag(338, 3, {static_cast<std::uint32_t>(spec.extra)});
  std::string file = (spec.big_endian ? std::string("MM\0*", 4) : std::string("II*\0", 4)) +
                     numbers.of(8, 4) + numbers.of(tags, 2) + list + numbers.of(0, 4) + behind;
  for (const std::string& part : parts) file += part;
  return file;
}

/// Samples as bytes of a file: 16-bit ones are 257 times the values given, which stand for the same levels.
inline std::string tiff_samples(const TiffSpec& spec, const std::vector<std::uint32_t>& levels) {
  std::string bytes;
  for (const std::uint32_t level : levels)
    bytes += spec.bits == 16 ? TiffNumbers(spec.big_endian).of(level * 257, 2)
                             : std::string(1, static_cast<char>(level));
  return bytes;
}
