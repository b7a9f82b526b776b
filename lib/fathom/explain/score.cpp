#include "fathom/explain/score.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::explain {

std::int64_t batch_of(const torch::Tensor& image, const std::optional<std::int64_t>& asked,
                      std::int64_t most) {
  if (asked && *asked < 1) throw InvalidArgument(fmt::format("the batch must be at least 1, not {}", *asked));
  constexpr std::int64_t kNumbers = 2'400'000;
  return asked.value_or(std::clamp<std::int64_t>(kNumbers / image.numel(), 1, most));
}

torch::Tensor scores_of_series(const ScoreFunction& score, const ImageSeries& images, std::int64_t total,
                               std::int64_t batch) {
  if (batch < 1) throw InvalidArgument(fmt::format("the batch must be at least 1, not {}", batch));
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> parts;
  for (std::int64_t begin = 0; begin < total; begin += batch) {
    const std::int64_t count = std::min(batch, total - begin);
    parts.push_back(score(images(begin, count)).to(torch::kCPU, torch::kFloat64));
    if (parts.back().dim() != 1 || parts.back().size(0) != count)
      throw InvalidArgument(fmt::format("the score of {} images must be [{}], not [{}]", count, count,
                                        fmt::join(parts.back().sizes(), ", ")));
  }
  return torch::cat(parts);
}

}  // namespace fathom::explain
