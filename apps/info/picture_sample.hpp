/// What the pictures of a list are like, found by decoding some or all of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "fathom/core/geometry.hpp"
#include "fathom/core/text.hpp"

namespace fathom::cli {

struct PictureSample {
  std::int64_t read = 0, grey = 0;   ///< pictures that were decoded, and those of them that are grey
  Extent smallest, largest;          ///< the ranges of heights and of widths
  std::vector<std::string> damaged;  ///< the files that cannot be read
  std::vector<Failure> reasons;      ///< why not
};

/// Decodes 100 pictures, spread over the list, or all. That some were left out is a note.
PictureSample sample_of(const std::vector<std::filesystem::path>& files, bool all, const Common& common);

/// Says it, and adds "read", "heights", "widths", "grey" and "damaged" to the report.
void describe_sample(const Common& common, Json& report, const PictureSample& sample);

}  // namespace fathom::cli
