#include "fathom/explain/attribution/baseline.hpp"

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::explain {

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

}  // namespace fathom::explain
