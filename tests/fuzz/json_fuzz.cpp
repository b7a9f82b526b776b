#include "fathom/io/json.hpp"

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fathom::fuzz::read_bytes(data, size, [](const std::string& text) {
    fathom::io::parse_json(text, fathom::io::kLargestCard).dump();
  });
}
