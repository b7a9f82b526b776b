/// What every program loads: a network with its card, or a TorchScript classifier of any origin with a
/// description of how to feed it.
///
///   const Classifier model = load_classifier("cnn.pt", torch::kCPU);
///   const torch::Tensor logits = model.logits(images);   // float [N, C, H, W] in [0, 1] -> [N, classes]
#pragma once

#include <torch/types.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fathom/checkpoint/card.hpp"
#include "fathom/models/logits_function.hpp"

namespace fathom::models {
class ImageModel;
}

namespace fathom::checkpoint {

enum class ChannelOrder { rgb, bgr, grey };

/// How to feed a `.pt` that carries no card.
struct FeedOptions {
  std::vector<float> mean, std;  ///< per channel; empty: 0 and 1
  std::int64_t input_size = 0;   ///< side of the square input in pixels; 0: not said
  ChannelOrder channels = ChannelOrder::rgb;
  std::vector<std::string> labels;  ///< empty: "class 0", "class 1", ...
};

class Classifier {
 public:
  Classifier(std::shared_ptr<models::ImageModel> network, ModelCard card, torch::Device device);
  /// Any function from normalised images to logits, on that device, that can be differentiated with respect
  /// to them; `feed` says how its input is made from pixels. `fast` is the same without gradients, where
  /// there is a faster way; empty: `program` serves for both.
  Classifier(models::LogitsFunction program, const FeedOptions& feed, torch::Device device,
             models::LogitsFunction fast = {});

  /// float [N, C, H, W] in [0, 1] (RGB or grey, on any device) -> logits float [N, classes] on the CPU,
  /// without gradients and by the fastest path there is. Throws InvalidArgument where the shape is not the
  /// input's.
  torch::Tensor logits(const torch::Tensor& images) const;

  /// The same logits as a differentiable function of the images: what explanation methods that need gradients
  /// are given. The weights get none.
  torch::Tensor differentiable_logits(const torch::Tensor& images) const;

  const models::InputShape& input() const { return input_; }
  const std::vector<std::string>& classes() const { return classes_; }
  /// Per channel in RGB order, in [0, 1]: the data set's mean pixel, from the card or from FeedOptions.
  const std::vector<float>& mean() const { return mean_; }

  /// By name (case ignored) or index. Throws InvalidArgument, suggesting the closest name.
  std::int64_t class_index(const std::string& name_or_index) const;

  /// The card, where the model has one.
  const std::optional<ModelCard>& card() const { return card_; }
  /// The native network behind it, for stages and gradients; null for a program of other origin.
  const std::shared_ptr<models::ImageModel>& network() const { return network_; }
  torch::Device device() const { return device_; }

 private:
  void require_input(const torch::Tensor& images) const;

  std::shared_ptr<models::ImageModel> network_;
  std::optional<ModelCard> card_;
  models::LogitsFunction differentiable_;
  models::LogitsFunction inference_;
  models::InputShape input_;
  std::vector<std::string> classes_;
  std::vector<float> mean_;
  torch::Device device_;
};

/// Opens `path` either way: with a card as a native network; without one as a black box fed as `feed` says.
/// Throws what load_checkpoint throws, and InvalidArgument where a file without a card comes without
/// `feed.input_size`, or the program does not map [1, C, size, size] to [1, classes].
Classifier load_classifier(const std::filesystem::path& path, torch::Device device,
                           const FeedOptions& feed = {});

}  // namespace fathom::checkpoint
