/// The weights of the first layer: what the network detects first.
///
///   const Filters f = first_layer_filters(*network);
///   // f.weights[3]: the fourth filter, [channels, height, width]
///
/// Only the weights of the first layer are pictures; later layers weight the outputs of other layers.
/// Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012,
/// figure 3.
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

namespace fathom::models {
class ImageModel;
}

namespace fathom::explain {

struct Filters {
  std::string stage;  ///< the stage that they compute: "conv1"
  /// float [N, C, h, w], on the CPU, a copy, as stored: the response to one standard deviation of a pixel,
  /// because the network first computes (pixel - mean) / std; batch norm comes afterwards. Convolution: C
  /// channels and the kernel's size; dense: the input's shape; recurrent: C = 1, a row per hidden unit, a
  /// column per value of the picture's row.
  torch::Tensor weights;
  /// Titles of the N pictures: "0", "1", ...; for a recurrent layer "input gate", "forget gate", "cell",
  /// "output gate", for both directions if there are two.
  std::vector<std::string> names;
};

Filters first_layer_filters(const models::ImageModel& network);

/// int64 [N]: the filters from the strongest to the weakest, by the norm of their weights; ties keep their
/// order. Also takes feature maps [N, h, w].
torch::Tensor strongest_first(const torch::Tensor& filters);

}  // namespace fathom::explain
