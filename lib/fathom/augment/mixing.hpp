/// Label mixing: combines two pictures and their labels.
///
///   draws.push_back(draw_mixing({usual(Mixing::Kind::cutmix)}, stream, {28, 28}));   // for every picture
///   const Mixed mixed = mix(draws, pictures, labels, partners, partner_labels, classes);
///   loss = cross_entropy(logits, mixed.targets);
///
/// MixUp: Zhang et al. 2018. CutMix: Yun et al. 2019.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/core/geometry.hpp"

namespace fathom::augment {

constexpr double kLeastAlpha = 0.001, kMostAlpha = 1000;

struct Mixing {
  enum class Kind { mixup, cutmix } kind = Kind::mixup;
  double alpha = 1;  ///< parameter of Beta(alpha, alpha), the distribution of the first picture's share
  double probability = 1;
  bool operator==(const Mixing&) const = default;
};
std::string to_string(Mixing::Kind kind);
Mixing::Kind mixing_kind(const std::string& name);  ///< throws InvalidArgument
const std::vector<std::string>& mixing_names();
bool is_mixing(const std::string& name);
/// With the alpha of its paper for CIFAR-10: 1 for both.
Mixing usual(Mixing::Kind kind);
/// Throws InvalidArgument, naming the value out of range.
void validate(const Mixing& mixing);

/// The random draws for one picture.
struct MixDraw {
  bool applied = false;
  Mixing::Kind kind = Mixing::Kind::mixup;
  double share = 1;  ///< share of the first picture in the target
  Patch pasted;      ///< the partner's box, for cutmix; cropped at the border, which also sets the share
};
/// If several mixings are given, the first whose probability fires is used, so they can be alternatives:
/// cutmix(p=0.5) | mixup. `stream` seeds all draws.
MixDraw draw_mixing(const std::vector<Mixing>& mixings, std::uint64_t stream, Extent size);

struct Mixed {
  torch::Tensor images;   ///< float [N, C, H, W]
  torch::Tensor targets;  ///< float [N, classes], each row sums to 1
};
/// Mixes picture i with partner i according to draw i. images, partners: float [N, C, H, W]; labels: int64
/// [N] in [0, classes). Throws InvalidArgument if shapes do not match or a label is out of range.
Mixed mix(const std::vector<MixDraw>& draws, const torch::Tensor& images, const torch::Tensor& labels,
          const torch::Tensor& partners, const torch::Tensor& partner_labels, std::int64_t classes);

}  // namespace fathom::augment
