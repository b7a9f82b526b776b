/// PNG files for tests, put together byte by byte so that what is read does not come from the library that
/// reads it.
#pragma once

#include <string>

#include "io/stored_deflate.hpp"

struct PngHeader {
  std::uint32_t width = 1, height = 1;
  char depth = 8, colour_type = 2;
};

inline std::string png_chunk(const std::string& name, const std::string& data) {
  return big32(static_cast<std::uint32_t>(data.size())) + name + data + big32(crc32_of(name + data));
}

inline std::uint32_t adler32_of(const std::string& bytes) {
  std::uint32_t a = 1, b = 0;
  for (const char byte : bytes) {
    a = (a + static_cast<std::uint8_t>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

/// `rows`: each begins with its filter byte, which is 0. `extra`: chunks between header and data.
inline std::string png_file(const PngHeader& header, const std::string& rows, const std::string& extra = "") {
  const std::string head =
      big32(header.width) + big32(header.height) + header.depth + header.colour_type + std::string(3, '\0');
  return std::string("\x89PNG\r\n\x1a\n") + png_chunk("IHDR", head) + extra +
         png_chunk("IDAT", "\x78\x01" + stored_block(rows) + big32(adler32_of(rows))) + png_chunk("IEND", "");
}

inline std::string bytes_of(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}
