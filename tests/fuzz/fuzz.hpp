/// What the fuzz targets share. A target feeds one reader with arbitrary bytes. The reader may throw a
/// fathom::Error; any other exception, a crash, a hang, or memory without measure is a finding.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include "fathom/core/error.hpp"

namespace fathom::fuzz {

template <typename Reader>
int read_bytes(const std::uint8_t* data, std::size_t size, const Reader& reader) {
  try {
    reader(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const Error&) {  // the input is refused
  }
  return 0;
}

/// A file in memory, for readers that take a path.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& bytes) : file_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (file_ < 0 || ::write(file_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("cannot write a file in memory");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(file_); }

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

template <typename Reader>
int read_file(const std::uint8_t* data, std::size_t size, const Reader& reader) {
  return read_bytes(data, size, [&](const std::string& bytes) {
    const MemoryFile file(bytes);
    reader(file.path());
  });
}

}  // namespace fathom::fuzz

/// libFuzzer's entry.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
