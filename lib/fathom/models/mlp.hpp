/// The multilayer perceptron.
///
///   const std::shared_ptr<ImageModel> net = build(MlpOptions{.hidden = {512, 256}}, generator);
///   torch::Tensor logits = net->forward(images);   // images [N, 1, 28, 28] in [0, 1]
#pragma once

#include <vector>

#include "fathom/models/kind.hpp"

namespace fathom::models {

/// Flattens the picture, then applies linear, batch norm, activation and dropout per hidden layer; then the
/// logits.
/// Stages: "dense1" ... "denseN" (after the activation), "logits".
struct MlpOptions {
  InputShape input;
  std::int64_t classes = 10;
  std::vector<std::int64_t> hidden = {512, 256};
  double dropout = 0.2;  ///< in [0, 1)
  bool batch_norm = true;
  nn::Activation activation = nn::Activation::relu;
  nn::Init init = nn::Init::he;

  // Required by NetworkKind.
  static constexpr const char* kKind = "mlp";
  static constexpr auto kFields = [](auto& field, auto& options) { field("hidden", options.hidden); };
  void validate() const;
  std::int64_t parameter_count() const;
  std::shared_ptr<ImageModel> make() const;
};

}  // namespace fathom::models
