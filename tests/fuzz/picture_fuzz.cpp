#include "fathom/image/mask.hpp"
#include "fathom/image/picture.hpp"

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fathom;
  fuzz::read_bytes(data, size, [](const std::string& bytes) { image::decode_picture(bytes, "fuzz"); });
  return fuzz::read_bytes(data, size, [](const std::string& bytes) { image::decode_mask(bytes, "fuzz"); });
}
