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

Attribution attribution_of_map(const torch::Tensor& map, std::int64_t channels, float score, bool is_signed) {
  const torch::Tensor share = map / static_cast<double>(channels);
  return {.values = share.unsqueeze(0).repeat({channels, 1, 1}),
          .map = map,
          .score = score,
          .is_signed = is_signed};
}

}  // namespace fathom::explain
