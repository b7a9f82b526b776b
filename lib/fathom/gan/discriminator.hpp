/// The discriminator of a GAN.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <memory>

#include "fathom/gan/architecture.hpp"

namespace fathom::gan {

class Discriminator : public torch::nn::Module {
 public:
  /// Samples in the generator's format and, for a conditional GAN, their classes int64 [N] -> logits float
  /// [N]; positive means real. A conditional one adds the inner product of its features with a vector per
  /// class (Miyato & Koyama 2018). The samples are `groups` consecutive batches of equal size with separate
  /// batch statistics. Logits, gradients and running statistics equal those of one pass per batch, in that
  /// order, but convolutions, dense layers and the power iteration of spectral norm run only once. Throws
  /// InvalidArgument if the samples cannot be split into equal batches.
  virtual torch::Tensor forward(const torch::Tensor& samples, const torch::Tensor& labels = {},
                                std::int64_t groups = 1) = 0;
};

/// Initialised like build_generator. In training mode. Throws as `validate`.
std::shared_ptr<Discriminator> build_discriminator(const GanArchitecture& architecture,
                                                   torch::Generator random);

}  // namespace fathom::gan
