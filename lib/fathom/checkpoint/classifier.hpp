/// The classifier that every program loads: a network with its card, or any TorchScript classifier with a
/// description of its input.
///
///   const Classifier model = load_classifier("cnn.pt", torch::kCPU);
///   const torch::Tensor logits = model.logits(images);   // float [N, C, H, W] in [0, 1] -> [N, classes]
#pragma once

#include <torch/types.h>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fathom/checkpoint/card.hpp"
#include "fathom/checkpoint/foreign/output_scale.hpp"
#include "fathom/core/geometry.hpp"
#include "fathom/models/logits_function.hpp"

namespace fathom::models {
class ImageModel;
}

namespace fathom::checkpoint {

enum class ChannelOrder { rgb, bgr, grey };

/// The input format of a `.pt` without a card.
struct FeedOptions {
  /// Per channel, in the order of `channels`; empty: 0 and 1. Both on the scale 0 to 1, or both on the scale
  /// 0 to 255 (all above 1), which is divided by 255 with a note; anything else is refused.
  std::vector<float> mean, std;
  Extent input_size;  ///< of the input in pixels; {}: unspecified
  ChannelOrder channels = ChannelOrder::rgb;
  std::int64_t bands =
      0;  ///< of an input with another number of channels than 1 and 3; 0: as `channels` says
  std::vector<std::string> labels;  ///< empty: "class 0", "class 1", ...; two if the model has one output
  std::optional<OutputScale> output_scale;  ///< of the output; empty: found by running the program
  std::string output;  ///< of several tensors, the one used (foreign_program.hpp); empty: found
};

class Classifier {
 public:
  /// Class names that several classes share are a note.
  Classifier(std::shared_ptr<models::ImageModel> network, ModelCard card, torch::Device device);
  /// Wraps any function from normalised images to logits on that device; it must be differentiable with
  /// respect to the images. `feed` describes how pixels become its input. `fast` is a faster version without
  /// gradients; if empty, `program` is used for both. The function is run on a few images first
  /// (program_probe.hpp): probabilities become logits, one output two classes, with notes. `ending` is what
  /// is known about its last operation. Class names that several classes share are a note.
  Classifier(models::LogitsFunction program, const FeedOptions& feed, torch::Device device,
             models::LogitsFunction fast = {}, OutputEnding ending = OutputEnding::other);

  /// float [N, C, H, W] in [0, 1] (RGB or grey, on any device) -> logits [N, classes] on the CPU, float (or
  /// double, if the program computes in double), without gradients, by the fastest available path. Throws
  /// InvalidArgument if the shape does not match the input; FormatError if the program fails on these images,
  /// or its output is not of that shape, not of real numbers, or contains NaN or +infinity (-infinity is a
  /// class that is ruled out).
  torch::Tensor logits(const torch::Tensor& images) const;

  /// The same logits as a differentiable function of the images, for explanation methods that need gradients.
  /// The weights receive no gradients. Throws as logits() does.
  torch::Tensor differentiable_logits(const torch::Tensor& images) const;

  const models::InputShape& input() const { return input_; }
  const std::vector<std::string>& classes() const { return classes_; }
  /// Per channel in RGB order, in [0, 1]: the data set's mean pixel, from the card or from FeedOptions.
  const std::vector<float>& mean() const { return mean_; }

  /// Why a map of the class's logit (double or float [classes], from logits()) may be zero or flat, in a
  /// sentence; empty if nothing is known. The probability of a program that ends in softmax or sigmoid may
  /// have been rounded to 0 or 1; and of two classes of one output, the logit of the first is always 0.
  std::string why_flat(const torch::Tensor& logits, std::int64_t target) const;

  /// By name or index, as class_index() of class_names.hpp.
  std::int64_t class_index(const std::string& name_or_index) const;

  /// The card, if the model has one.
  const std::optional<ModelCard>& card() const { return card_; }
  /// The native network, for stages and gradients; null for a TorchScript file without a card.
  const std::shared_ptr<models::ImageModel>& network() const { return network_; }
  torch::Device device() const { return device_; }

 private:
  void require_input(const torch::Tensor& images) const;
  torch::Tensor answer(const models::LogitsFunction& function, const torch::Tensor& images) const;
  torch::Tensor checked(torch::Tensor logits, std::int64_t images) const;

  std::shared_ptr<models::ImageModel> network_;
  std::optional<ModelCard> card_;
  models::LogitsFunction differentiable_;
  models::LogitsFunction inference_;
  models::InputShape input_;
  std::vector<std::string> classes_;
  std::vector<float> mean_;
  OutputScale scale_ = OutputScale::logits;  // of a program without a card
  bool one_output_ = false;
  torch::Device device_;
};

/// Opens `path`: a file with a card as a native network, a file without one as a black box with the input
/// format `feed`. Throws as load_checkpoint does, and InvalidArgument if a file without a card comes without
/// `feed.input_size` or if the program does not map [1, C, H, W] to [1, classes], [1] or a container of such
/// tensors (foreign_program.hpp).
Classifier load_classifier(const std::filesystem::path& path, torch::Device device,
                           const FeedOptions& feed = {});

/// The same. `feed` is called only for a file without a card; its exceptions are passed on.
Classifier load_classifier(const std::filesystem::path& path, torch::Device device,
                           const std::function<FeedOptions()>& feed);

}  // namespace fathom::checkpoint
