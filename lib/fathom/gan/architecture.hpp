/// The architecture of a generative adversarial network (Goodfellow et al. 2014) as plain values: enough to
/// build generator and discriminator, and to write both to a card and read them back.
///
///   const GanArchitecture a = DcganOptions{.image = {3, 32, 32}, .classes = 10};
///   std::shared_ptr<Generator> generator = build_generator(a, random);
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <variant>
#include <vector>

#include "fathom/models/architecture.hpp"

namespace fathom::gan {

/// Pictures: the DCGAN of Radford et al. 2016. The discriminator halves the picture once per width by 4x4
/// filters; the generator doubles it the same number of times, in the opposite order.
struct DcganOptions {
  models::InputShape image;                      ///< the sides must be divisible by 2^(number of widths)
  std::int64_t latent = 64;                      ///< dimension of the latent vector, N(0, 1) per entry
  std::int64_t classes = 0;                      ///< 0: unconditional
  std::vector<std::int64_t> widths = {64, 128};  ///< channels, from the picture inwards
  /// Units of a dense layer between the discriminator's last feature maps and its logit, so that it can
  /// relate distant parts (as in InfoGAN, Chen et al. 2016); 0: none, as in the paper.
  std::int64_t hidden = 256;
  bool batch_norm = true;      ///< in the discriminator; the generator always has it
  bool spectral_norm = false;  ///< of the discriminator's weights (Miyato et al. 2018)
};

/// Points in the plane, for toy problems that can be plotted: two multilayer perceptrons with ReLUs.
struct PointGanOptions {
  std::int64_t latent = 2;
  std::int64_t hidden = 128;  ///< units in each of two hidden layers
  bool spectral_norm = false;
};

using GanArchitecture = std::variant<DcganOptions, PointGanOptions>;

std::int64_t latent_of(const GanArchitecture& architecture);
/// 0: unconditional, as points always are.
std::int64_t classes_of(const GanArchitecture& architecture);

/// Trainable parameters, without building the network.
std::int64_t generator_parameters(const GanArchitecture& architecture);

/// Multiplications and additions (counted as two) of one sample's forward pass in convolutions and matrix
/// products.
struct GanFlops {
  std::int64_t generator = 0, discriminator = 0;
  std::int64_t first = 0;  ///< the discriminator's first layer; it needs no gradient for real pictures
};
GanFlops gan_flops(const GanArchitecture& architecture);

/// Throws InvalidArgument naming the first option that is out of range.
void validate(const GanArchitecture& architecture);

/// {"kind": "dcgan", "image": [1, 28, 28], ...}; from_json throws FormatError if a key is missing or has
/// another type, or a value is out of range.
nlohmann::json to_json(const GanArchitecture& architecture);
GanArchitecture gan_architecture_from_json(const nlohmann::json& json);

}  // namespace fathom::gan
