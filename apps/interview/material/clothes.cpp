#include "interview/material/clothes.hpp"

namespace fathom::interview {

Examples clothes(const experiment::Setting& setting, data::Split split, std::int64_t count,
                 std::uint64_t purpose) {
  return drawn_examples(setting.data("fashion-mnist", split), count, setting.random(purpose));
}

Examples halved(const Examples& examples) { return {torch::avg_pool2d(examples.inputs, 2), examples.labels}; }

Examples small_clothes(const experiment::Setting& setting, data::Split split, std::int64_t count,
                       std::uint64_t purpose) {
  return halved(clothes(setting, split, count, purpose));
}

Examples moved(const Examples& examples, std::int64_t farthest, torch::Generator random) {
  const torch::Tensor wide =
      torch::constant_pad_nd(examples.inputs, {farthest, farthest, farthest, farthest});
  const torch::Tensor corners =
      torch::randint(2 * farthest + 1, {examples.size(), 2}, std::move(random), torch::kLong);
  torch::Tensor result = torch::empty_like(examples.inputs);
  for (std::int64_t i = 0; i < examples.size(); ++i)
    result[i].copy_(wide[i]
                        .narrow(1, corners[i][0].item<std::int64_t>(), result.size(2))
                        .narrow(2, corners[i][1].item<std::int64_t>(), result.size(3)));
  return {result, examples.labels};
}

Examples shuffled_pixels(const Examples& examples, torch::Generator random) {
  const torch::Tensor pixels = examples.inputs.flatten(1);
  const torch::Tensor places = torch::randperm(pixels.size(1), std::move(random), torch::kLong);
  return {pixels.index_select(1, places).view(examples.inputs.sizes()), examples.labels};
}

torch::Tensor places_among(std::span<const std::int64_t> kinds, const torch::Tensor& labels) {
  torch::Tensor places = torch::full_like(labels, -1);
  for (std::size_t i = 0; i < kinds.size(); ++i)
    places.masked_fill_(labels == kinds[i], static_cast<std::int64_t>(i));
  return places;
}

}  // namespace fathom::interview
