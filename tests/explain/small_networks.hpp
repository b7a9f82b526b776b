/// Networks small enough to be followed by hand.
#pragma once

#include <torch/types.h>
#include <memory>
#include <string>
#include <vector>

#include "fathom/core/runtime.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::explain {

inline void set_parameter(models::ImageModel& network, const std::string& name,
                          const std::vector<float>& values) {
  const torch::NoGradGuard no_grad;
  auto parameters = network.named_parameters();
  torch::Tensor& parameter = parameters[name];
  parameter.copy_(torch::tensor(values).view(parameter.sizes()));
}

/// One convolution of two filters on a grey 2x2 picture: the first copies it, the second is its left
/// neighbour. The largest place of each goes to two logits: head, by rows.
inline std::shared_ptr<models::ImageModel> copy_and_neighbour(const std::vector<float>& head) {
  const auto net = models::build(
      models::CnnOptions{.input = {1, 2, 2}, .classes = 2, .stem = 2, .blocks = {}, .batch_norm = false},
      make_generator(0));
  set_parameter(*net, "conv1.weight", {0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0});
  set_parameter(*net, "conv1.bias", {0, 0});
  set_parameter(*net, "head.weight", head);
  set_parameter(*net, "head.bias", {0, 0});
  net->eval();
  return net;
}

/// What the stages of `copy_and_neighbour` see: x = [[.25, .5], [.75, 1]], its neighbours [[0, .25], [0,
/// .75]].
inline torch::Tensor four_greys() { return torch::tensor({0.25F, 0.5F, 0.75F, 1.F}).view({1, 1, 2, 2}); }

/// Sum and difference of two pixels, rectified, then two logits: head, by rows.
inline std::shared_ptr<models::ImageModel> sum_and_difference(
    const std::vector<float>& head, nn::Activation activation = nn::Activation::relu) {
  const auto net = models::build(models::MlpOptions{.input = {1, 1, 2},
                                                    .classes = 2,
                                                    .hidden = {2},
                                                    .dropout = 0,
                                                    .batch_norm = false,
                                                    .activation = activation},
                                 make_generator(0));
  set_parameter(*net, "dense1.weight", {1, 1, 1, -1});
  set_parameter(*net, "dense1.bias", {0, 0});
  set_parameter(*net, "head.weight", head);
  set_parameter(*net, "head.bias", {0, 0});
  net->eval();
  return net;
}

}  // namespace fathom::explain
