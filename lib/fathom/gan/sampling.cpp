#include "fathom/gan/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/gan/generator.hpp"

namespace fathom::gan {
namespace {

constexpr std::int64_t kBatch = 250;
/// Pictures compared at once, with the same number of others.
constexpr std::int64_t kCompared = 1000;

torch::Tensor asked_classes(std::int64_t classes, std::int64_t count, std::optional<std::int64_t> label) {
  if (label && classes == 0) throw InvalidArgument("the GAN is unconditional and cannot draw a given class");
  if (label && (*label < 0 || *label >= classes))
    throw InvalidArgument(fmt::format("the GAN has the classes 0 to {}, not {}", classes - 1, *label));
  if (classes == 0) return {};
  return label ? torch::full({count}, *label, torch::kLong) : torch::arange(count, torch::kLong) % classes;
}

/// int64 [count]: at every place the class that is furthest behind its share of the labels, so that classes
/// of one size come in turn.
torch::Tensor classes_as_in(const torch::Tensor& labels, std::int64_t classes, std::int64_t count) {
  if (!labels.defined() || labels.numel() == 0 || labels.min().item<std::int64_t>() < 0 ||
      labels.max().item<std::int64_t>() >= classes)
    throw InvalidArgument(fmt::format("the labels are not those of the GAN's {} classes", classes));
  const torch::Tensor counts = torch::bincount(labels, {}, classes);
  const std::vector<std::int64_t> share(counts.data_ptr<std::int64_t>(),
                                        counts.data_ptr<std::int64_t>() + classes);
  std::vector<std::int64_t> behind(share.size(), 0), asked;
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < share.size(); ++k) behind[k] += share[k];
    const auto next = std::max_element(behind.begin(), behind.end());
    *next -= labels.numel();
    asked.push_back(next - behind.begin());
  }
  return torch::tensor(asked, torch::kLong);
}

Samples drawn(Generator& generator, std::int64_t count, const torch::Tensor& labels, torch::Generator random,
              ProgressCallback progress) {
  require_at_least("the number of samples", count, 1);
  const torch::Tensor latent = torch::randn({count, latent_of(generator.architecture())}, std::move(random));
  return {samples_of(generator, latent, labels, std::move(progress)), labels};
}

/// Squared distances of whole numbers are exact in float64, so a copy has the distance 0.
Nearest nearest_of_some(const torch::Tensor& pictures, const torch::Tensor& others) {
  const torch::Tensor x = pictures.flatten(1).to(torch::kDouble);
  const torch::Tensor lengths = x.square().sum(1, /*keepdim=*/true);
  torch::Tensor nearest = torch::full({x.size(0)}, HUGE_VAL, torch::kDouble),
                indices = torch::zeros({x.size(0)}, torch::kLong);
  for (std::int64_t first = 0; first < others.size(0); first += kCompared) {
    const torch::Tensor y = others.slice(0, first, first + kCompared).flatten(1).to(torch::kDouble);
    const torch::Tensor squared = lengths + y.square().sum(1) - 2 * x.mm(y.t());
    const auto [distance, index] = squared.min(1);
    indices = torch::where(distance < nearest, index + first, indices);
    nearest = torch::minimum(nearest, distance);
  }
  const auto pixels = static_cast<double>(x.size(1));
  return {indices, (nearest.sqrt() / (255 * std::sqrt(pixels))).to(torch::kFloat)};
}

}  // namespace

torch::Tensor samples_of(Generator& generator, const torch::Tensor& latent, const torch::Tensor& labels,
                         ProgressCallback progress) {
  const torch::NoGradGuard no_grad;
  const torch::Device device = generator.parameters().front().device();
  const bool pictures = std::holds_alternative<DcganOptions>(generator.architecture());
  std::vector<torch::Tensor> parts;
  for (std::int64_t first = 0; first < latent.size(0); first += kBatch) {
    const auto part = [&](const torch::Tensor& whole) {
      return whole.defined() ? whole.slice(0, first, first + kBatch).to(device) : whole;
    };
    const torch::Tensor made = generator.forward(part(latent), part(labels)).cpu();
    parts.push_back(pictures ? (made * 255).round().clamp(0, 255).to(torch::kByte).contiguous() : made);
    if (progress) progress(std::min(first + kBatch, latent.size(0)), latent.size(0));
  }
  return torch::cat(parts);
}

Samples draw_samples(Generator& generator, std::int64_t count, torch::Generator random,
                     std::optional<std::int64_t> label, ProgressCallback progress) {
  return drawn(generator, count, asked_classes(classes_of(generator.architecture()), count, label),
               std::move(random), std::move(progress));
}

Samples draw_samples_like(Generator& generator, const torch::Tensor& labels, std::int64_t count,
                          torch::Generator random, ProgressCallback progress) {
  const std::int64_t classes = classes_of(generator.architecture());
  return drawn(generator, count, classes > 0 ? classes_as_in(labels, classes, count) : torch::Tensor(),
               std::move(random), std::move(progress));
}

torch::Tensor slerp(const torch::Tensor& a, const torch::Tensor& b, std::int64_t steps) {
  if (steps < 2) throw InvalidArgument(fmt::format("an interpolation needs at least 2 steps, not {}", steps));
  const torch::Tensor length_a = a.norm().clamp_min(1e-12), length_b = b.norm().clamp_min(1e-12);
  const torch::Tensor unit_a = a / length_a, unit_b = b / length_b;
  const double angle = std::acos(std::clamp(torch::dot(unit_a, unit_b).item<double>(), -1.0, 1.0));
  const torch::Tensor t = torch::linspace(0, 1, steps).unsqueeze(1);  // [steps, 1]
  // Along one line, where there is no arc, straight on.
  const torch::Tensor direction =
      std::sin(angle) < 1e-4
          ? unit_a * (1 - t) + unit_b * t
          : (unit_a * torch::sin((1 - t) * angle) + unit_b * torch::sin(t * angle)) / std::sin(angle);
  return direction * (length_a * (1 - t) + length_b * t);
}

torch::Tensor interpolation(Generator& generator, std::int64_t rows, std::int64_t steps,
                            std::optional<std::int64_t> label, std::uint64_t seed) {
  require_at_least("the number of rows", rows, 1);
  const torch::Tensor ends =
      torch::randn({rows, 2, latent_of(generator.architecture())}, make_generator(seed));
  std::vector<torch::Tensor> latent;
  for (std::int64_t i = 0; i < rows; ++i) latent.push_back(slerp(ends[i][0], ends[i][1], steps));
  const torch::Tensor labels = asked_classes(classes_of(generator.architecture()), rows, label);
  return samples_of(generator, torch::cat(latent),
                    labels.defined() ? labels.repeat_interleave(steps) : labels);
}

Nearest nearest_pictures(const torch::Tensor& pictures, const torch::Tensor& others) {
  if (pictures.scalar_type() != torch::kByte || others.scalar_type() != torch::kByte)
    throw InvalidArgument("pictures to be compared must be uint8");
  std::vector<torch::Tensor> indices, distances;
  for (const torch::Tensor& some : pictures.split(kCompared)) {
    const Nearest found = nearest_of_some(some, others);
    indices.push_back(found.index);
    distances.push_back(found.distance);
  }
  return {torch::cat(indices), torch::cat(distances)};
}

}  // namespace fathom::gan
