#include "fathom/explain/scoring.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::explain {

void require_map_of(const torch::Tensor& map, const torch::Tensor& image, const std::string& what) {
  if (map.dim() != 2 || map.size(0) != image.size(2) || map.size(1) != image.size(3))
    throw InvalidArgument(fmt::format("{} takes a map of the image's size, [{}, {}], not [{}]", what,
                                      image.size(2), image.size(3), fmt::join(map.sizes(), ", ")));
  if (!map.isfinite().all().item<bool>())
    throw InvalidArgument(what + " takes a map of finite numbers; this one has an infinity or a NaN");
}

std::int64_t batch_of(const torch::Tensor& image, const std::optional<std::int64_t>& asked,
                      std::int64_t most) {
  if (asked && *asked < 1) throw InvalidArgument(fmt::format("the batch must be at least 1, not {}", *asked));
  constexpr std::int64_t numbers = 2'400'000;
  return asked.value_or(std::clamp<std::int64_t>(numbers / image.numel(), 1, most));
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
