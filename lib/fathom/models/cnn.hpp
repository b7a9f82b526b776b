/// The convolutional network.
///
///   const auto net = build(CnnOptions{.input = {3, 32, 32}, .blocks = {64, 128, 160}}, generator);
///   torch::Tensor features = net->forward_to(images, "conv4");
#pragma once

#include <string>
#include <vector>

#include "fathom/models/kind.hpp"

namespace fathom::models {

/// How the last feature maps are reduced before the logits: the maximum or mean of each channel, which
/// discards positions, or all values with their positions.
enum class Head { max_pool, mean_pool, flatten };
std::string to_string(Head head);         ///< "max-pool", "mean-pool", "flatten"
Head head_from(const std::string& name);  ///< throws InvalidArgument

/// A stem of `stem` 3x3 filters, then per block two 3x3 convolutions, the first of which halves the picture
/// by max pooling; then the head, dropout and the logits. Stages: "conv1" (the stem), "conv2" ... "convN"
/// (after batch norm and activation), "logits". When a convolution is followed by pooling, pooling comes
/// before batch norm: a quarter of the memory traffic for the same features.
struct CnnOptions {
  InputShape input;
  std::int64_t classes = 10;
  std::int64_t stem = 16;
  std::vector<std::int64_t> blocks = {32, 64};  ///< widths; the picture is halved once per block
  Head head = Head::max_pool;
  double dropout = 0.0;  ///< in [0, 1), before the logits
  bool batch_norm = true;
  nn::Activation activation = nn::Activation::relu;
  nn::Init init = nn::Init::he;

  // Required by NetworkKind.
  static constexpr const char* kKind = "cnn";
  static constexpr auto kFields = [](auto& field, auto& options) {
    field("stem", options.stem);
    field("blocks", options.blocks);
    field.later("head", options.head, head_from);  // there was one head once
  };
  void validate() const;
  std::int64_t parameter_count() const;
  std::shared_ptr<ImageModel> make() const;
};

/// How many numbers the logits are computed from.
std::int64_t head_features(const CnnOptions& options);

}  // namespace fathom::models
