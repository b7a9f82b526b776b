#include "fathom/io/gzip.hpp"

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fathom::fuzz::read_file(
      data, size, [](const std::filesystem::path& path) { fathom::io::gunzip_file(path, 1 << 20); });
}
