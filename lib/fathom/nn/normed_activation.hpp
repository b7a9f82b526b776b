/// Batch norm with the activation behind it. In training on a CPU it is two passes over memory each way, else
/// (other devices, evaluation, gradients of gradients) LibTorch's own operations.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/types.h>
#include <cstdint>

namespace fathom::nn {

/// Throws InvalidArgument where the samples cannot be parted into `groups` batches of one size.
void require_groups(const torch::Tensor& samples, std::int64_t groups);

/// What scales and shifts the normalised maps instead of the norm's own weight and bias: float [N, C] each,
/// or [1, C] for all samples. Undefined: its own.
struct SampleAffine {
  torch::Tensor scale, shift;
};

/// Batch norm (Ioffe & Szegedy 2015) and leaky ReLU (Maas et al. 2013) of maps x float [N, C, h, w]; a
/// `slope` in [0, 1), where 0 makes it a ReLU. In training mode the samples are `groups` batches of one size,
/// one after the other, each with statistics of its own: values, gradients and running statistics are those
/// of a pass per batch, in that order. Gradients of gradients exist. Throws InvalidArgument where x is not of
/// the norm's channels, where the samples cannot be parted so, where scale or shift has another shape, in
/// training mode where a batch has a single value per channel, and for a norm without running statistics or
/// without momentum.
torch::Tensor normed_activation(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x, double slope,
                                std::int64_t groups = 1, const SampleAffine& affine = {});

}  // namespace fathom::nn
