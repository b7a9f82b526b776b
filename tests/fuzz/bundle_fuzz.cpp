#include "fathom/io/bundle.hpp"

#include "torch_archive.hpp"

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The bytes are the pickle of an archive with one tensor, which LibTorch reads if the check lets it.
  return fathom::fuzz::read_bytes(data, size, [](const std::string& pickle) {
    const std::string archive =
        torch_archive({{"data.pkl", pickle}, {"data/0", std::string(16, 1)}, {"data/1", std::string(64, 1)}});
    for (const auto& [name, tensor] : fathom::io::bundle_from_bytes(archive, "fuzz").tensors)
      if (tensor.numel() > 0 && tensor.numel() < 1000) tensor.clone();
  });
}
