#include "interview/material/covered_parts.hpp"

#include <optional>

#include "fathom/explain/attribution/occlusion.hpp"

namespace fathom::interview {

using models::LogitsFunction;

torch::Tensor cover() { return torch::zeros({1}); }

double probability(const LogitsFunction& logits, const torch::Tensor& image, std::int64_t label) {
  return torch::softmax(logits(image), 1)[0][label].item<double>();
}

namespace {

/// The windows that lie on the garment, not beside it.
std::vector<Patch> windows_on(const torch::Tensor& image, std::int64_t stride) {
  std::vector<Patch> windows =
      explain::occlusion_patches({image.size(2), image.size(3)}, kWindow, {stride, stride});
  std::erase_if(windows, [&](const Patch& p) {
    if (p.height < kWindow.height || p.width < kWindow.width) return true;  // cropped at the edge
    const torch::Tensor part = image[0][0].narrow(0, p.y, p.height).narrow(1, p.x, p.width);
    return (part > 0.1).to(torch::kFloat).mean().item<float>() < 0.7F;
  });
  return windows;
}

/// Nothing where the garment is too small for a window.
std::optional<Covered> parts_of(const LogitsFunction& logits, const torch::Tensor& image, std::int64_t label,
                                std::int64_t stride) {
  const std::vector<Patch> windows = windows_on(image, stride);
  if (windows.empty()) return std::nullopt;
  std::vector<torch::Tensor> pictures;
  for (const Patch& p : windows) pictures.push_back(explain::covered(image, p, cover()));
  const torch::Tensor left = torch::log_softmax(logits(torch::cat(pictures)), 1).select(1, label);
  const auto part = [&](const torch::Tensor& at) {
    const std::int64_t i = at.item<std::int64_t>();
    return Part{windows[static_cast<std::size_t>(i)], std::exp(left[i].item<double>())};
  };
  return Covered{image, label, probability(logits, image, label), part(left.argmin()), part(left.argmax())};
}

/// The probability of the picture's own class with the part covered.
double without(const Part& part, const LogitsFunction& logits, const Covered& of) {
  return probability(logits, explain::covered(of.image, part.patch, cover()), of.label);
}

}  // namespace

std::vector<Covered> covered_parts(const std::function<LogitsFunction()>& network_for,
                                   const Examples& examples, std::int64_t stride) {
  std::vector<Covered> all;
  for (std::int64_t i = 0; i < examples.size(); ++i)
    if (const auto found = parts_of(network_for(), examples.inputs.narrow(0, i, 1),
                                    examples.labels[i].item<std::int64_t>(), stride))
      all.push_back(*found);
  return all;
}

double agreed(const std::vector<Covered>& all, const LogitsFunction& other) {
  double sum = 0;
  for (const Covered& of : all) sum += without(of.harmless, other, of) - without(of.important, other, of);
  return sum / static_cast<double>(all.size());
}

}  // namespace fathom::interview
