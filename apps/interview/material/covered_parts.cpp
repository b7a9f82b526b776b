#include "interview/material/covered_parts.hpp"

#include <vector>

#include "fathom/explain/attribution/occlusion.hpp"

namespace fathom::interview {

using models::LogitsFunction;

torch::Tensor cover() { return torch::zeros({1}); }

double probability(const LogitsFunction& logits, const torch::Tensor& image, std::int64_t label) {
  return torch::softmax(logits(image), 1)[0][label].item<double>();
}

double without(const Part& part, const LogitsFunction& logits, const Covered& of) {
  return probability(logits, explain::covered(of.image, part.patch, cover()), of.label);
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

}  // namespace

std::optional<Covered> covered_parts(const LogitsFunction& logits, const torch::Tensor& image,
                                     std::int64_t label, std::int64_t stride) {
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

}  // namespace fathom::interview
