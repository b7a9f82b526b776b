#include "fathom/io/archive.hpp"
#include "fathom/io/json.hpp"

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fathom::fuzz::read_bytes(data, size, [](const std::string& bytes) {
    fathom::io::verify_archive(bytes, "fuzz");
    fathom::io::archive_member(bytes, "fathom.json", fathom::io::kLargestCard, "fuzz");
  });
}
