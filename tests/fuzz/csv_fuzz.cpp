#include "fathom/data/csv.hpp"

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fathom::fuzz::read_file(data, size,
                                 [](const std::filesystem::path& path) { fathom::data::list_csv(path); });
}
