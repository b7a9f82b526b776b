#include "fathom/augment/standard.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace fathom::augment {

Pipeline standard_pipeline(const std::string& usual, Extent size) {
  const std::int64_t shift = std::min(size.height, size.width) / 16;
  const std::string photographs = fmt::format("crop({}, border=reflect) | hflip(p=0.5)", shift);
  Pipeline pipeline = parse_pipeline(usual.empty() ? photographs : usual);
  pipeline.name = "standard";
  return pipeline;
}

}  // namespace fathom::augment
