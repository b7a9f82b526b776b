/// Pictures out of a generator.
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
  torch::Tensor labels;  ///< int64 [N]: the classes asked for; undefined where the GAN is unconditional
};

/// `count` samples of latent values drawn from `random`. A conditional GAN is asked for `label`, or without
/// one for all classes in turn. The number of samples decides their latent values, nothing else does. Throws
/// InvalidArgument for a class of an unconditional GAN or one that there is not.
Samples draw_samples(Generator& generator, std::int64_t count, torch::Generator random,
                     std::optional<std::int64_t> label = {}, ProgressCallback progress = {});

/// The same, but a conditional GAN is asked for every class as often, to one sample, as it stands among
/// `labels`, int64 [M]: so as to be compared with pictures that have them. Throws InvalidArgument where one
/// is no class of the GAN, or there is none.
Samples draw_samples_like(Generator& generator, const torch::Tensor& labels, std::int64_t count,
                          torch::Generator random, ProgressCallback progress = {});

/// What the generator makes of latent values float [N, latent] (with labels, where it is conditional), in
/// batches, without gradients: as Samples::values.
torch::Tensor samples_of(Generator& generator, const torch::Tensor& latent, const torch::Tensor& labels = {},
                         ProgressCallback progress = {});

/// Pictures float [...] in [0, 1] as bytes, rounded.
torch::Tensor to_bytes_image(const torch::Tensor& unit_range);

/// Spherical interpolation (Shoemake 1985; for latent spaces White 2016): `steps` vectors from `a` to `b`,
/// float [latent] each, both ends among them, along the arc between them, on which their lengths change
/// evenly: float [steps, latent]. Throws InvalidArgument for fewer than two steps.
torch::Tensor slerp(const torch::Tensor& a, const torch::Tensor& b, std::int64_t steps);

/// Rows of `steps` samples, each row along the arc from one latent vector drawn from `seed` to another: as
/// Samples::values, [rows * steps, ...]. A row of a conditional generator keeps to one class: `label`, or all
/// in turn. Throws InvalidArgument as draw_samples and slerp.
torch::Tensor interpolation(Generator& generator, std::int64_t rows, std::int64_t steps,
                            std::optional<std::int64_t> label, std::uint64_t seed);

/// For each picture the nearest of others by the root mean squared difference of their pixels, uint8 [N, C,
/// H, W] and [M, C, H, W].
struct Nearest {
  torch::Tensor index;     ///< int64 [N]
  torch::Tensor distance;  ///< float [N], in units of pixels in [0, 1]
};
Nearest nearest_pictures(const torch::Tensor& pictures, const torch::Tensor& others);

}  // namespace fathom::gan
