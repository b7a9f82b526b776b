/// The interface of all image networks.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fathom/models/architecture.hpp"
#include "fathom/models/logits_function.hpp"

namespace fathom::models {

/// How a ReLU passes gradients backwards; the forward pass is the same.
enum class ReluGradient {
  plain,   ///< where its input was positive
  guided,  ///< and only positive ones: guided backpropagation (Springenberg et al. 2015)
};

/// Pixels in [0, 1] go in, logits come out; the normalisation is a pair of buffers ("mean", "std") inside the
/// network, so that no caller can get it wrong.
class ImageModel : public torch::nn::Module {
 public:
  /// float [N, C, H, W] in [0, 1] -> logits float [N, classes].
  torch::Tensor forward(const torch::Tensor& images);

  /// The activations after a stage: convolutional [N, width, h, w], dense [N, width], recurrent [N, steps,
  /// width]. Throws InvalidArgument for an unknown stage (the closest is suggested).
  torch::Tensor forward_to(const torch::Tensor& images, const std::string& stage);

  /// The activations after each of the first `count` stages, at least 1, from one forward pass, so that a
  /// later stage can be differentiated with respect to an earlier one.
  std::vector<torch::Tensor> activations(const torch::Tensor& images, std::size_t count);

  /// float [N, F]: the penultimate features, of which the logits are an affine function (in evaluation mode).
  virtual torch::Tensor features(const torch::Tensor& images) = 0;

  /// The position of `stage` among `stages()`. Throws InvalidArgument (the closest is suggested).
  std::size_t stage_index(const std::string& stage) const;

  /// Names of the stages from input to output; the last is "logits".
  virtual std::vector<std::string> stages() const = 0;

  virtual Architecture architecture() const = 0;

  /// Whether every activation is a ReLU; guided backpropagation is defined only for such networks.
  virtual bool is_built_of_relus() const = 0;

  /// A faster forward pass of the current network in evaluation mode, with batch norm folded into the
  /// weights. Equal to `forward` up to rounding. It copies the weights, so later training does not affect it.
  /// Its result can be differentiated with respect to the images, not the weights.
  virtual LogitsFunction folded() = 0;

  /// `folded` without gradients, which is faster still.
  LogitsFunction inference();

  /// How gradients pass the ReLUs of `forward`, `forward_to` and `activations`; `folded` is always plain.
  void set_relu_gradient(ReluGradient gradient) { relu_gradient_ = gradient; }

  /// Multiplications and additions (counted as two) of one image's forward pass in convolutions and matrix
  /// products.
  virtual std::int64_t flops() const = 0;

  /// Per channel, in units of pixels in [0, 1]. Throws InvalidArgument if the count is not the number of
  /// channels.
  void set_normalisation(const std::vector<float>& mean, const std::vector<float>& std);

  /// float [C, 1, 1] each: the values set by set_normalisation.
  const torch::Tensor& mean() const { return mean_; }
  const torch::Tensor& deviation() const { return std_; }

  /// A CPU generator that dropout draws from; without one, LibTorch's default generator.
  void set_dropout_generator(torch::Generator generator) { dropout_generator_ = std::move(generator); }

 protected:
  explicit ImageModel(const InputShape& input);

  /// Called with the activations after each stage except the last; returns whether the pass ends there.
  using StageEnd = std::function<bool(const torch::Tensor& activations)>;

  /// A forward pass. Returns the activations for which `ends` returned true, otherwise the logits.
  virtual torch::Tensor pass(const torch::Tensor& images, const StageEnd& ends) = 0;

  /// {"conv1", "conv2", "logits"} of "conv" and 2.
  static std::vector<std::string> numbered_stages(const std::string& name, std::size_t count);

  /// The activations after the first `count` stages, at least 1.
  torch::Tensor after(const torch::Tensor& images, std::size_t count);

  /// (images - mean) / std, in the given memory order.
  torch::Tensor normalised(const torch::Tensor& images,
                           at::MemoryFormat order = at::MemoryFormat::Contiguous) const;
  /// Inverted dropout (Srivastava 2014): in training, zero with probability p and scale the rest by 1 / (1 -
  /// p).
  torch::Tensor drop(const torch::Tensor& x, double p);
  /// The activation, with the gradient selected by set_relu_gradient.
  torch::Tensor activated(const torch::Tensor& x, nn::Activation activation) const;

 private:
  torch::Tensor dropout_mask(const torch::Tensor& x, double p);

  torch::Tensor mean_, std_;            // [C, 1, 1]
  torch::Generator dropout_generator_;  // undefined: LibTorch's default
  ReluGradient relu_gradient_ = ReluGradient::plain;
};

/// A network of that architecture, initialised from `generator` by its `init` option, in training mode.
std::shared_ptr<ImageModel> build(const Architecture& architecture, torch::Generator generator);

/// A copy of the network with parameters and buffers of its own, contiguous, on the CPU, in evaluation mode.
std::shared_ptr<ImageModel> copy_of(const ImageModel& model);

}  // namespace fathom::models
