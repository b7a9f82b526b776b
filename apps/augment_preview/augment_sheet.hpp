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

/// What is previewed, and the settings that a user turns while looking.
struct Preview {
  std::vector<ListedPicture> pictures;
  std::vector<torch::Tensor> masks;  ///< of labels, one per picture; or none
  augment::Pipeline pipeline;
  std::string name;  ///< of the pipeline, for headings
  Extent grid;       ///< rows and columns of augmented pictures
  std::uint64_t seed = 0;
  std::int64_t magnitude = 100, probability = 100;  ///< percent of what the pipeline says
};

/// The pipeline with its ranges and the probabilities of its operations and mixings turned up or down.
augment::Pipeline turned(const Preview& preview);

/// One for every place of the grid.
std::vector<Record> draw_records(const Preview& preview);

/// Pictures with what was done to each as caption, masks below them. Above each row stand the pictures, as
/// they are, that come in it for the first time. uint8 [3, H, W], as all of these.
torch::Tensor grid_sheet(const Preview& preview, const std::vector<Record>& records,
                         const std::string& heading);
/// The heading that says what is seen.
std::string heading_of(const Preview& preview);

/// The first row of the grid, step by step: a row per operation, with what it drew, and one for mixings.
torch::Tensor stages_sheet(const Preview& preview);

}  // namespace fathom::cli
