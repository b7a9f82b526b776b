/// Packed files for tests, made without the library that unpacks them: deflate's "stored" blocks are the
/// bytes as they are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string big32(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

inline std::string little16(std::uint32_t value) {
  return {static_cast<char>(value), static_cast<char>(value >> 8)};
}
inline std::string little32(std::uint32_t value) { return little16(value) + little16(value >> 16); }

inline std::uint32_t crc32_of(const std::string& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

/// At most 65535 bytes as one block.
inline std::string stored_block(const std::string& bytes) {
  const auto length = static_cast<std::uint32_t>(bytes.size());
  return '\x01' + little16(length) + little16(~length) + bytes;
}

inline std::string gzip_of(const std::string& bytes) {
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10) + stored_block(bytes) + little32(crc32_of(bytes)) +
         little32(static_cast<std::uint32_t>(bytes.size()));
}
