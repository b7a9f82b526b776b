/// Sampling from a generator.
///
///   const Samples samples = draw_samples(*gan.generator, 64, make_generator(0));
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <optional>

#include "fathom/core/progress.hpp"

namespace fathom::gan {

class Generator;

struct Samples {
  torch::Tensor values;  ///< pictures uint8 [N, C, H, W], or points float [N, 2]; on the CPU
  torch::Tensor labels;  ///< int64 [N]: the requested classes; undefined if the GAN is unconditional
};

/// `count` samples of latent values drawn from `random`. A conditional GAN draws `label`, or cycles through
/// all classes without it. The latent values depend only on `random` and the number of samples. Throws
/// InvalidArgument for a class of an unconditional GAN or a class that does not exist.
Samples draw_samples(Generator& generator, std::int64_t count, torch::Generator random,
                     std::optional<std::int64_t> label = {}, ProgressCallback progress = {});

/// The same, but a conditional GAN draws the classes in the proportions of `labels`, int64 [M] (within one
/// sample), for comparison with labelled pictures. Throws InvalidArgument if a label is not a class of the
/// GAN or if there are no labels.
Samples draw_samples_like(Generator& generator, const torch::Tensor& labels, std::int64_t count,
                          torch::Generator random, ProgressCallback progress = {});

/// The samples for given latent values float [N, latent] (and labels, if conditional), in batches, without
/// gradients; format as in Samples::values.
torch::Tensor samples_of(Generator& generator, const torch::Tensor& latent, const torch::Tensor& labels = {},
                         ProgressCallback progress = {});

/// Spherical interpolation (Shoemake 1985; for latent spaces White 2016): `steps` vectors from `a` to `b`
/// (float [latent] each, ends included) along the arc between them; the length changes linearly. Result:
/// float [steps, latent]. Throws InvalidArgument for fewer than two steps.
torch::Tensor slerp(const torch::Tensor& a, const torch::Tensor& b, std::int64_t steps);

/// Rows of `steps` samples, each row along the arc from one latent vector drawn from `seed` to another: as
/// Samples::values, [rows * steps, ...]. With a conditional generator, each row has one class: `label`, or
/// the next class per row. Throws InvalidArgument as draw_samples and slerp.
torch::Tensor interpolation(Generator& generator, std::int64_t rows, std::int64_t steps,
                            std::optional<std::int64_t> label, std::uint64_t seed);

/// For each picture, the nearest of the others by the root mean squared pixel difference, uint8 [N, C, H, W]
/// and [M, C, H, W], N and M at least 1. A copy has the distance 0. Throws InvalidArgument for other types.
struct Nearest {
  torch::Tensor index;     ///< int64 [N]
  torch::Tensor distance;  ///< float [N], in units of pixels in [0, 1]
};
Nearest nearest_pictures(const torch::Tensor& pictures, const torch::Tensor& others);

}  // namespace fathom::gan
