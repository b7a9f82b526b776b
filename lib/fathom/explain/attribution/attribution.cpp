#include "fathom/explain/attribution/attribution.hpp"

#include <cmath>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::explain {

double Completeness::gap() const { return std::abs(sum - score_difference); }

double Completeness::relative_gap() const { return gap() == 0 ? 0 : gap() / std::abs(score_difference); }

void require_one_image(const torch::Tensor& image, const char* method) {
  if (!image.defined()) throw InvalidArgument(fmt::format("{} takes one image, not none", method));
  if (image.dim() != 4 || image.size(0) != 1 || image.scalar_type() != torch::kFloat || image.numel() == 0)
    throw InvalidArgument(fmt::format("{} takes one image, float [1, C, H, W], not {} [{}]", method,
                                      c10::toString(image.scalar_type()), fmt::join(image.sizes(), ", ")));
}

void require_map_of(const torch::Tensor& map, const torch::Tensor& image, const std::string& what) {
  if (map.dim() != 2 || map.size(0) != image.size(2) || map.size(1) != image.size(3))
    throw InvalidArgument(fmt::format("{} takes a map of the image's size, [{}, {}], not [{}]", what,
                                      image.size(2), image.size(3), fmt::join(map.sizes(), ", ")));
  if (!map.isfinite().all().item<bool>())
    throw InvalidArgument(what + " takes a map of finite numbers; this one has an infinity or a NaN");
}

torch::Tensor baseline_picture(const torch::Tensor& baseline, const torch::Tensor& image) {
  const torch::Tensor picture = image[0].cpu();
  if (!baseline.defined()) return torch::zeros_like(picture).contiguous();
  const torch::Tensor values = baseline.to(torch::kCPU, torch::kFloat);
  if (values.dim() == 1 && values.size(0) == picture.size(0))
    return values.view({-1, 1, 1}).expand_as(picture).contiguous();
  if (values.sizes() == picture.sizes()) return values.contiguous();
  throw InvalidArgument(fmt::format("the baseline is [{}]; it must be [{}] or [{}]",
                                    fmt::join(values.sizes(), ", "), picture.size(0),
                                    fmt::join(picture.sizes(), ", ")));
}

Attribution attribution_of_map(const torch::Tensor& map, std::int64_t channels, float score, bool is_signed) {
  const torch::Tensor share = map / static_cast<double>(channels);
  return {.values = share.unsqueeze(0).repeat({channels, 1, 1}),
          .map = map,
          .score = score,
          .is_signed = is_signed};
}

}  // namespace fathom::explain
