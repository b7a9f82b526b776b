#include "predict/predictions.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fathom/core/notes.hpp"
#include "fathom/data/opened_batch.hpp"

namespace fathom::cli {
std::int64_t predict(const checkpoint::Classifier& model, const std::vector<PictureTask>& pictures,
                     const PredictOptions& options, const std::function<void(const Prediction&)>& take,
                     const ProgressCallback& progress) {
  const std::int64_t total = std::ssize(pictures),
                     top = std::min<std::int64_t>(options.top, std::ssize(model.classes()));
  std::int64_t damaged = 0;
  for (std::int64_t first = 0; first < total; first += options.batch) {
    const std::int64_t count = std::min(options.batch, total - first);
    const image::FitOptions& fit = options.fit;
    const data::OpenedBatch batch =
        data::opened_batch(count, {fit.channels, fit.size.height, fit.size.width}, [&](std::int64_t i) {
          return image::fit(pictures[static_cast<std::size_t>(first + i)].open(), fit);
        });
    std::vector<std::int64_t> read;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string& failure = batch.failures[static_cast<std::size_t>(i)];
      if (failure.empty()) {
        read.push_back(i);
        continue;
      }
      note(failure + "; it is left out");
      ++damaged;
    }
    if (!read.empty()) {
      const torch::Tensor inputs = std::ssize(read) == count
                                       ? batch.inputs
                                       : batch.inputs.index_select(0, torch::tensor(read, torch::kLong));
      const torch::Tensor p = torch::softmax(model.logits(inputs).to(torch::kDouble), 1);
      const auto [values, classes] = p.sort(/*stable=*/true, /*dim=*/1, /*descending=*/true);
      for (std::int64_t row = 0; row < std::ssize(read); ++row) {
        Prediction prediction{
            &pictures[static_cast<std::size_t>(first + read[row])], {}, inputs.narrow(0, row, 1)};
        for (std::int64_t k = 0; k < top; ++k)
          prediction.top.push_back(
              {model.classes()[classes[row][k].item<std::int64_t>()], values[row][k].item<double>()});
        take(prediction);
      }
    }
    if (progress) progress(first + count, total);
  }
  return damaged;
}

}  // namespace fathom::cli
