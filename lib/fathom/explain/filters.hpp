/// The weights that touch the picture: what the first layer looks for.
///
///   const Filters f = first_layer_filters(*network);
///   // f.weights[3]: the fourth filter, [channels, height, width]
///
/// Only the first layer's weights are pictures; those of a later one weigh what the layer before it found.
/// Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012,
/// figure 3.
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

#include "fathom/models/image_model.hpp"

namespace fathom::explain {

struct Filters {
  std::string stage;  ///< the stage that they lead to: "conv1"
  /// float [N, C, h, w], on the CPU, a copy, as stored: response per standard deviation of a pixel, since the
  /// network first takes (pixel - mean) / std; batch norm comes after it. Convolution: C channels and the
  /// kernel's size; dense: the input's shape; recurrent: C = 1, a row per hidden unit, a column per number of
  /// the picture's row.
  torch::Tensor weights;
  /// Of the N pictures: "0", "1", ...; of a recurrent layer "input gate", "forget gate", "cell", "output
  /// gate", for both directions where there are two.
  std::vector<std::string> names;
};

Filters first_layer_filters(const models::ImageModel& network);

/// int64 [N]: the filters from the strongest to the weakest, by the norm of all of a filter's numbers; equals
/// in their order. Takes feature maps [N, h, w] as well.
torch::Tensor strongest_first(const torch::Tensor& filters);

}  // namespace fathom::explain
