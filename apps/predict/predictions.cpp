#include "predict/predictions.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/scene.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/data/opened_batch.hpp"

namespace fathom::cli {
namespace {

/// The rows of the pictures that could be opened; a note for each of the others.
std::vector<std::int64_t> opened_rows(const data::OpenedBatch& batch) {
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < std::ssize(batch.failures); ++i)
    if (const std::string& failure = batch.failures[static_cast<std::size_t>(i)]; failure.empty())
      rows.push_back(i);
    else
      note(failure + "; it is left out");
  return rows;
}

/// For every row of logits the `top` most probable classes, falling.
std::vector<std::vector<RankedClass>> ranked(const torch::Tensor& logits,
                                             const std::vector<std::string>& names, std::int64_t top) {
  const torch::Tensor p = torch::softmax(logits.to(torch::kDouble), 1);
  const auto [values, classes] = p.sort(/*stable=*/true, /*dim=*/1, /*descending=*/true);
  const auto probability = values.accessor<double, 2>();
  const auto index = classes.accessor<std::int64_t, 2>();
  std::vector<std::vector<RankedClass>> rows(static_cast<std::size_t>(p.size(0)));
  for (std::int64_t row = 0; row < p.size(0); ++row)
    for (std::int64_t k = 0; k < top; ++k)
      rows[static_cast<std::size_t>(row)].push_back(
          {index[row][k], names[static_cast<std::size_t>(index[row][k])], probability[row][k]});
  return rows;
}

}  // namespace

std::int64_t predict(const checkpoint::Classifier& model, const std::vector<PictureTask>& pictures,
                     const PredictOptions& options, const std::function<void(const Prediction&)>& take,
                     const ProgressCallback& progress) {
  const std::int64_t total = std::ssize(pictures),
                     top = std::min<std::int64_t>(options.top, std::ssize(model.classes()));
  const image::FitOptions& fit = options.fit;
  const auto task = [&](std::int64_t i) -> const PictureTask& {
    return pictures[static_cast<std::size_t>(i)];
  };
  data::OpenedBatches batches(total, options.batch, {fit.channels, fit.size.height, fit.size.width},
                              [&](std::int64_t i) { return image::fit(task(i).open(), fit); });
  std::int64_t damaged = 0;
  for (std::int64_t first = 0; batches.has_more(); first += options.batch) {
    const std::int64_t count = std::min(options.batch, total - first);
    const data::OpenedBatch batch = batches.next();
    const std::vector<std::int64_t> rows = opened_rows(batch);
    damaged += count - std::ssize(rows);
    if (!rows.empty()) {
      const torch::Tensor inputs = std::ssize(rows) == count
                                       ? batch.inputs
                                       : batch.inputs.index_select(0, torch::tensor(rows, torch::kLong));
      if (first == 0) hint_at_inversion(inputs, model.mean(), fit);
      // In its first pass LibTorch may warn on stderr, where a codec's words would be caught.
      if (options.ahead && first > 0) batches.open_ahead();
      const auto tops = ranked(model.logits(inputs), model.classes(), top);
      batches.wait();
      for (std::int64_t row = 0; row < std::ssize(rows); ++row)
        take({&task(first + rows[static_cast<std::size_t>(row)]), tops[static_cast<std::size_t>(row)],
              inputs.narrow(0, row, 1)});
    }
    if (progress) progress(first + count, total);
  }
  return damaged;
}

}  // namespace fathom::cli
