/// The figures of `augment_preview`: augmented pictures in a grid, and step by step.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "augment_preview/augment_record.hpp"
#include "cli/scene.hpp"
#include "fathom/augment/pipeline.hpp"

namespace fathom::cli {

/// The previewed pictures and pipeline, and the settings that a user can change.
struct Preview {
  std::vector<ListedPicture> pictures;
  std::vector<torch::Tensor> masks;  ///< of labels, one per picture; or none
  augment::Pipeline pipeline;
  std::string name;  ///< of the pipeline, for headings
  Extent grid;       ///< rows and columns of augmented pictures
  std::uint64_t seed = 0;
  std::int64_t magnitude = 100, probability = 100;  ///< in percent of the pipeline's values
};

/// The pipeline with its ranges and probabilities scaled by the preview's settings.
augment::Pipeline turned(const Preview& preview);

/// One record for every cell of the grid.
std::vector<Record> draw_records(const Preview& preview);

/// Augmented pictures with their parameters as captions, masks below them. Above each row are the originals
/// that appear in it for the first time. uint8 [3, H, W], like all sheets here.
torch::Tensor grid_sheet(const Preview& preview, const std::vector<Record>& records,
                         const std::string& heading);
/// The heading that says what is seen.
std::string heading_of(const Preview& preview);

/// The first row of the grid, step by step: a row per operation, with what it drew, and one for mixings.
torch::Tensor stages_sheet(const Preview& preview);

}  // namespace fathom::cli
