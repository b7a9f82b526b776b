/// What the stages of a network cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fathom::models {

class ImageModel;

struct StageSummary {
  std::string name;                 ///< as in ImageModel::stages()
  std::vector<std::int64_t> shape;  ///< of its activations, for one image: {width, h, w}, {width}, ...
  std::int64_t parameters = 0;      ///< trainable numbers in its modules, batch norm included
  /// Multiplications with an addition each for one image, in convolutions and matrix products; what
  /// ImageModel::flops() counts as two each.
  std::int64_t multiply_adds = 0;
};

/// One entry per stage, from the input to the logits. The sums over all stages are the network's number of
/// parameters and half of its flops(). The network runs once, in evaluation mode, on the device of its
/// weights.
std::vector<StageSummary> summary(ImageModel& network);

}  // namespace fathom::models
