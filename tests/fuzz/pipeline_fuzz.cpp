#include <nlohmann/json.hpp>

#include "fathom/augment/pipeline.hpp"

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A pipeline is either JSON or text; what is read can be written and read again.
  return fathom::fuzz::read_bytes(data, size, [](const std::string& text) {
    const fathom::augment::Pipeline pipeline = text.starts_with("{")
                                                   ? fathom::augment::pipeline_from_json(text, "fuzz")
                                                   : fathom::augment::parse_pipeline(text);
    const auto error_handler = nlohmann::ordered_json::error_handler_t::replace;
    fathom::augment::pipeline_from_json(
        fathom::augment::to_json(pipeline).dump(-1, 0x20, false, error_handler), "written");
  });
}
