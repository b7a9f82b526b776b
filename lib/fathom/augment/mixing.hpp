/// Label mixing: pictures made of two, with targets to match.
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
  double alpha = 1;  ///< of Beta(alpha, alpha), from which the first picture's share is drawn
  double probability = 1;
  bool operator==(const Mixing&) const = default;
};
std::string to_string(Mixing::Kind kind);
Mixing::Kind mixing_kind(const std::string& name);  ///< throws InvalidArgument
const std::vector<std::string>& mixing_names();
bool is_mixing(const std::string& name);
/// alpha as its paper has it for CIFAR-10: 1 for both.
Mixing usual(Mixing::Kind kind);
/// Throws InvalidArgument naming what is out of range.
void validate(const Mixing& mixing);

/// What was drawn for one picture.
struct MixDraw {
  bool applied = false;
  Mixing::Kind kind = Mixing::Kind::mixup;
  double share = 1;  ///< of the first picture in the target
  Patch pasted;      ///< of its partner, for cutmix; cut off at the border, and the share is what is left
};
/// Of several mixings the first that its probability does not pass by, so that they can stand as
/// alternatives: cutmix(p=0.5) | mixup. `stream` seeds all.
MixDraw draw_mixing(const std::vector<Mixing>& mixings, std::uint64_t stream, Extent size);

struct Mixed {
  torch::Tensor images;   ///< float [N, C, H, W]
  torch::Tensor targets;  ///< float [N, classes], each row sums to 1
};
/// Picture i with partner i by draw i. images, partners: float [N, C, H, W]; labels: int64 [N] in [0,
/// classes). Throws InvalidArgument where shapes do not match, and for other labels.
Mixed mix(const std::vector<MixDraw>& draws, const torch::Tensor& images, const torch::Tensor& labels,
          const torch::Tensor& partners, const torch::Tensor& partner_labels, std::int64_t classes);

}  // namespace fathom::augment
