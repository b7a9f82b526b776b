/// The judging half of a GAN.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <memory>

#include "fathom/gan/architecture.hpp"

namespace fathom::gan {

class Discriminator : public torch::nn::Module {
 public:
  /// Samples as the generator gives them, and where the GAN is conditional their classes, int64 [N] -> logits
  /// float [N]: positive for what it takes as real. A conditional one adds the inner product of its features
  /// with a vector per class (Miyato & Koyama 2018). The samples are `groups` batches of one size, one after
  /// the other, each with batch statistics of its own: logits, gradients and running statistics are those of
  /// a pass per batch, in that order, but convolutions and dense layers run once (and the power iteration of
  /// spectral norm is made once). Throws InvalidArgument
  /// where the samples cannot be parted so.
  virtual torch::Tensor forward(const torch::Tensor& samples, const torch::Tensor& labels = {},
                                std::int64_t groups = 1) = 0;
};

/// Initialised as build_generator does it. In training mode. Throws as `validate`.
std::shared_ptr<Discriminator> build_discriminator(const GanArchitecture& architecture,
                                                   torch::Generator random);

}  // namespace fathom::gan
