/// Batch norm followed by the activation. In training on a CPU, it takes two passes over memory forward and
/// two backward; otherwise (other devices, evaluation, second-order gradients) it uses LibTorch's operations.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/types.h>
#include <cstdint>

namespace fathom::nn {

/// Throws InvalidArgument if the samples cannot be split into `groups` batches of equal size.
void require_groups(const torch::Tensor& samples, std::int64_t groups);

/// Scale and shift that replace the norm's weight and bias: float [N, C] each, or [1, C] for all samples.
/// Undefined: the norm's own.
struct SampleAffine {
  torch::Tensor scale, shift;
};

/// Batch norm (Ioffe & Szegedy 2015) and leaky ReLU (Maas et al. 2013) of maps x float [N, C, h, w]; a
/// `slope` in [0, 1), where 0 makes it a ReLU. In training mode, the samples are `groups` consecutive batches
/// of equal size with separate statistics. Values, gradients and running statistics equal those of one pass
/// per batch, in that order. Second-order gradients are supported. Throws InvalidArgument if the number of
/// channels does not match, the samples cannot be split, scale or shift has a wrong shape, a training batch
/// has only one value per channel, or the norm has no running statistics or no momentum.
torch::Tensor normed_activation(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x, double slope,
                                std::int64_t groups = 1, const SampleAffine& affine = {});

}  // namespace fathom::nn
