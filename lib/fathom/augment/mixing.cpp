#include "fathom/augment/mixing.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <fmt/format.h>

#include "fathom/augment/random.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/names.hpp"

namespace fathom::augment {
namespace {

constexpr Names<Mixing::Kind, 2> kKinds = {
    {{Mixing::Kind::mixup, "mixup"}, {Mixing::Kind::cutmix, "cutmix"}}};

/// Beta(alpha, alpha) as a share of two gamma variates.
double share_drawn(double alpha, Random& random) {
  std::gamma_distribution<double> gamma(alpha, 1);
  const double one = gamma(random), other = gamma(random);
  if (one + other > 0) return one / (one + other);
  // Small alphas: both are too small for a double, and the share is 0 or 1.
  return random.uniform() < 0.5 ? 0 : 1;
}

/// A box of sqrt(1 - share) of each side around a centre anywhere, cut off at the border.
Patch box_drawn(double share, Extent size, Random& random) {
  const double part = std::sqrt(1 - share);
  const auto span = [&](std::int64_t side) {
    const auto length = static_cast<std::int64_t>(std::floor(part * static_cast<double>(side)));
    const std::int64_t centre = random.whole(0, side - 1);
    const std::int64_t first = std::max<std::int64_t>(0, centre - length / 2);
    return std::pair{first, std::min(side, centre - length / 2 + length) - first};
  };
  const auto [y, height] = span(size.height);
  const auto [x, width] = span(size.width);
  return {y, x, std::max<std::int64_t>(0, height), std::max<std::int64_t>(0, width)};
}

bool are_labels(const torch::Tensor& labels, std::int64_t count, std::int64_t classes) {
  return labels.scalar_type() == torch::kLong && labels.dim() == 1 && labels.size(0) == count &&
         (count == 0 ||
          (labels.min().item<std::int64_t>() >= 0 && labels.max().item<std::int64_t>() < classes));
}

}  // namespace

std::string to_string(Mixing::Kind kind) { return name_of(kKinds, kind); }
Mixing::Kind mixing_kind(const std::string& name) { return value_of(kKinds, "mixing", name); }

const std::vector<std::string>& mixing_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [kind, name] : kKinds) all.emplace_back(name);
    return all;
  }();
  return names;
}

bool is_mixing(const std::string& name) {
  return std::find(mixing_names().begin(), mixing_names().end(), name) != mixing_names().end();
}

Mixing usual(Mixing::Kind kind) { return {.kind = kind, .alpha = 1}; }

void validate(const Mixing& mixing) {
  const std::string name = to_string(mixing.kind);
  if (!(mixing.alpha >= kLeastAlpha && mixing.alpha <= kMostAlpha))
    throw InvalidArgument(
        fmt::format("{}'s alpha must be in [{}, {}], not {}", name, kLeastAlpha, kMostAlpha, mixing.alpha));
  if (!(mixing.probability >= 0 && mixing.probability <= 1))
    throw InvalidArgument(fmt::format("{}'s p must be in [0, 1], not {}", name, mixing.probability));
}

MixDraw draw_mixing(const std::vector<Mixing>& mixings, std::uint64_t stream, Extent size) {
  Random random(stream);
  for (const Mixing& mixing : mixings) {
    if (random.uniform() >= mixing.probability) continue;
    MixDraw drawn{.applied = true, .kind = mixing.kind, .share = share_drawn(mixing.alpha, random)};
    if (mixing.kind == Mixing::Kind::cutmix) {
      drawn.pasted = box_drawn(drawn.share, size, random);
      drawn.share = 1 - static_cast<double>(drawn.pasted.height * drawn.pasted.width) /
                            static_cast<double>(size.height * size.width);
    }
    return drawn;
  }
  return {};
}

Mixed mix(const std::vector<MixDraw>& draws, const torch::Tensor& images, const torch::Tensor& labels,
          const torch::Tensor& partners, const torch::Tensor& partner_labels, std::int64_t classes) {
  const std::int64_t count = std::ssize(draws);
  if (images.dim() != 4 || images.scalar_type() != torch::kFloat || images.size(0) != count ||
      partners.sizes() != images.sizes() || partners.scalar_type() != torch::kFloat ||
      !are_labels(labels, count, classes) || !are_labels(partner_labels, count, classes))
    throw InvalidArgument(
        "pictures to be mixed and their partners must be float [N, C, H, W] with N labels each, int64 and "
        "below the number of classes");
  // Shares of the targets, and of the pixels where whole pictures are mixed.
  const torch::Tensor shares = torch::ones({count, 1}, torch::kFloat);
  const torch::Tensor pixel_shares = torch::ones({count, 1, 1, 1}, torch::kFloat);
  for (std::int64_t i = 0; i < count; ++i) {
    const MixDraw& drawn = draws[static_cast<std::size_t>(i)];
    if (!drawn.applied) continue;
    shares.data_ptr<float>()[i] = static_cast<float>(drawn.share);
    if (drawn.kind == Mixing::Kind::mixup)
      pixel_shares.data_ptr<float>()[i] = static_cast<float>(drawn.share);
  }
  Mixed mixed{torch::lerp(partners, images, pixel_shares), {}};  // a share of 1 gives the picture exactly
  for (std::int64_t i = 0; i < count; ++i) {
    const MixDraw& drawn = draws[static_cast<std::size_t>(i)];
    const Patch& p = drawn.pasted;
    if (!drawn.applied || drawn.kind != Mixing::Kind::cutmix || p.height == 0 || p.width == 0) continue;
    const auto part = [&](const torch::Tensor& all) {
      return all[i].narrow(1, p.y, p.height).narrow(2, p.x, p.width);
    };
    part(mixed.images).copy_(part(partners));
  }
  mixed.targets = torch::zeros({count, classes}, torch::kFloat);
  mixed.targets.scatter_add_(1, labels.view({-1, 1}), shares);
  mixed.targets.scatter_add_(1, partner_labels.view({-1, 1}), 1 - shares);
  return mixed;
}

}  // namespace fathom::augment
