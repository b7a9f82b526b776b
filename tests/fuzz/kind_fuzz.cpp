#include "fathom/checkpoint/file_kind.hpp"

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fathom::fuzz::read_bytes(data, size, [](const std::string& bytes) {
    fathom::checkpoint::require_program(bytes, "fuzz.pth", "fuzz");
  });
}
