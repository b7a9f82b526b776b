#include "fathom/explain/faithfulness/deletion_insertion.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/explain/attribution/attribution.hpp"

namespace fathom::explain {
namespace {

/// When each pixel's turn is: int64 [H, W], 0 for the highest value of the map.
torch::Tensor turns(const torch::Tensor& map, torch::Generator generator) {
  const torch::Tensor values = map.detach().to(torch::kCPU).flatten();
  const std::int64_t pixels = values.size(0);
  // A stable sort of shuffled pixels leaves equal ones shuffled.
  const torch::Tensor shuffled = torch::randperm(pixels, std::move(generator), torch::kInt64);
  const torch::Tensor sorted = std::get<1>(values.index_select(0, shuffled).sort(/*stable=*/true, 0, true));
  const torch::Tensor order = shuffled.index_select(0, sorted);
  return torch::empty_like(order).scatter_(0, order, torch::arange(pixels)).view_as(map);
}

/// How many pixels have been moved at each point of the curves: int64 [points], from 0 to all.
torch::Tensor moved_pixels(std::int64_t pixels, std::int64_t steps) {
  const std::int64_t used = std::min(steps, pixels);
  std::vector<std::int64_t> counts;
  for (std::int64_t k = 0; k <= used; ++k) counts.push_back((2 * k * pixels + used) / (2 * used));  // rounded
  return torch::tensor(counts);
}

std::vector<double> numbers(const torch::Tensor& values) {
  const torch::Tensor flat = values.to(torch::kFloat64).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

/// The scores while pixels of `to` replace those of `from`, in their turns.
ScoreCurve replacement_curve(const ScoreFunction& score, const torch::Tensor& from, const torch::Tensor& to,
                             const torch::Tensor& turn, const torch::Tensor& counts, std::int64_t batch) {
  const auto images = [&](std::int64_t begin, std::int64_t count) {
    const torch::Tensor moved =
        turn.unsqueeze(0) < counts.narrow(0, begin, count).view({-1, 1, 1});  // [count, H, W]
    return torch::where(moved.unsqueeze(1), to, from);
  };
  const torch::Tensor scores = scores_of_series(score, images, counts.size(0), batch);
  const torch::Tensor fractions = counts.to(torch::kFloat64) / turn.numel();
  return {numbers(scores), torch::trapezoid(scores, fractions).item<double>()};
}

}  // namespace

DeletionInsertion deletion_insertion(const ScoreFunction& probability, const torch::Tensor& image,
                                     const torch::Tensor& map, const DeletionInsertionOptions& options,
                                     torch::Generator generator) {
  require_one_image(image, "deletion");
  require_map_of(map, image, "deletion");
  if (options.steps < 1)
    throw InvalidArgument(fmt::format("the steps of deletion must be at least 1, not {}", options.steps));
  const torch::Tensor picture = image.detach().cpu();
  const torch::Tensor turn = turns(options.by_magnitude ? map.abs() : map, std::move(generator));
  const torch::Tensor counts = moved_pixels(turn.numel(), options.steps);
  const std::int64_t batch = batch_of(image, options.batch, 128);
  const auto curve = [&](const torch::Tensor& from, const torch::Tensor& to) {
    return replacement_curve(probability, from, to, turn, counts, batch);
  };
  return {.fractions = numbers(counts.to(torch::kFloat64) / turn.numel()),
          .deletion = curve(picture, substrate_picture(options.deletion, picture)),
          .insertion = curve(substrate_picture(options.insertion, picture), picture)};
}

}  // namespace fathom::explain
