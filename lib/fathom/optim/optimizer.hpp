/// Optimizers over one flat vector: all parameters of a network are contiguous in memory, so that a step
/// takes one or a few passes over vectors, independently of the number of layers.
///
///   FlatParameters flat(*net);
///   Optimizer optimizer(flat, {.kind = OptimizerKind::adamw, .learning_rate = 1e-3});
///   flat.zero_grad(); loss.backward(); optimizer.step();
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

namespace torch::nn {
class Module;
}

namespace fathom::optim {

/// Moves a module's parameters and gradients into two flat buffers; the parameters become views of them.
/// Parameters that do not require a gradient are not moved. Filters are stored in channels-last order, which
/// convolutions prefer. The module must outlive this object and must not be moved to another device. Clear
/// its gradients only with this object's `zero_grad`, because the module's own may replace them. Throws
/// InvalidArgument if there is nothing to train, or the parameters differ in type or device.
class FlatParameters {
 public:
  explicit FlatParameters(torch::nn::Module& module);

  torch::Tensor values() const { return values_; }        ///< float [P]
  torch::Tensor gradients() const { return gradients_; }  ///< float [P]
  /// The length of the part with weight decay: weights with two or more dimensions; biases and batch norm
  /// follow.
  std::int64_t decayed() const { return decayed_; }
  void zero_grad() { gradients_.zero_(); }

 private:
  torch::Tensor values_, gradients_;
  std::int64_t decayed_ = 0;
};

enum class OptimizerKind { sgd, adam, adamw };
std::string to_string(OptimizerKind kind);
OptimizerKind optimizer_from(const std::string& name);  ///< throws InvalidArgument

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::sgd;
  double learning_rate = 0.1;
  double momentum = 0.9;  ///< SGD: Nesterov momentum (Sutskever 2013), 0 for none; unused by Adam
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< Adam (Kingma & Ba 2015)
  double weight_decay =
      0;  ///< SGD, Adam: L2 term in the gradient; AdamW: decoupled (Loshchilov & Hutter 2019)
};

/// Throws InvalidArgument naming the option and its range.
void validate(const OptimizerOptions& options);

/// The usual learning rate and weight decay of a kind: SGD 0.1 and 5e-4, Adam 2e-3 and 0, AdamW 2e-3 and
/// 1e-2.
OptimizerOptions usual(OptimizerKind kind);

class Optimizer {
 public:
  /// `parameters` must outlive it. Throws InvalidArgument as `validate`.
  Optimizer(FlatParameters& parameters, OptimizerOptions options);

  /// One update with the current gradients; they are not changed.
  void step();
  void set_learning_rate(double rate) { options_.learning_rate = rate; }
  const OptimizerOptions& options() const { return options_; }

  /// Copies of the moments, and the step count, for the training state. SGD has one moment if momentum is
  /// used, Adam has two.
  std::vector<torch::Tensor> moments() const;
  std::int64_t steps() const { return steps_; }
  /// Restores the results of `moments` and `steps`. Throws FormatError if shapes differ.
  void restore(const std::vector<torch::Tensor>& moments, std::int64_t steps);

 private:
  void update_sgd(std::int64_t begin, std::int64_t end, double decay);
  void update_adam(std::int64_t begin, std::int64_t end, double decay);

  FlatParameters& parameters_;
  OptimizerOptions options_;
  std::vector<torch::Tensor> moments_;
  std::int64_t steps_ = 0;
};

/// Scales the gradients so that their Euclidean norm is at most `limit` (Pascanu 2013); returns the norm
/// before. Gradients that are not finite are left unchanged.
double clip_norm(FlatParameters& parameters, double limit);
/// Clamps every gradient to [-limit, limit].
void clip_value(FlatParameters& parameters, double limit);

}  // namespace fathom::optim
