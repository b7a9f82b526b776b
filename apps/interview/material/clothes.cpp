#include "interview/material/clothes.hpp"

namespace fathom::interview {

Samples clothes(const experiment::Setting& setting, data::Split split, std::int64_t count,
                std::uint64_t purpose) {
  return drawn_samples(setting.data("fashion-mnist", split), count, setting.random(purpose));
}

Samples halved(const Samples& samples) { return {torch::avg_pool2d(samples.inputs, 2), samples.labels}; }

Samples small_clothes(const experiment::Setting& setting, data::Split split, std::int64_t count,
                      std::uint64_t purpose) {
  return halved(clothes(setting, split, count, purpose));
}

Samples moved(const Samples& samples, std::int64_t farthest, torch::Generator random) {
  const torch::Tensor wide = torch::constant_pad_nd(samples.inputs, {farthest, farthest, farthest, farthest});
  const torch::Tensor corners =
      torch::randint(2 * farthest + 1, {samples.size(), 2}, std::move(random), torch::kLong);
  torch::Tensor result = torch::empty_like(samples.inputs);
  for (std::int64_t i = 0; i < samples.size(); ++i)
    result[i].copy_(wide[i]
                        .narrow(1, corners[i][0].item<std::int64_t>(), result.size(2))
                        .narrow(2, corners[i][1].item<std::int64_t>(), result.size(3)));
  return {result, samples.labels};
}

torch::Tensor places_among(std::span<const std::int64_t> kinds, const torch::Tensor& labels) {
  torch::Tensor places = torch::full_like(labels, -1);
  for (std::size_t i = 0; i < kinds.size(); ++i)
    places.masked_fill_(labels == kinds[i], static_cast<std::int64_t>(i));
  return places;
}

}  // namespace fathom::interview
