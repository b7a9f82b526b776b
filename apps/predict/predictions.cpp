#include "predict/predictions.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/side_by_side.hpp"

namespace fathom::cli {
namespace {

/// The pictures of a batch as the model's input, and why others could not be read ("" for those that could).
struct OpenedBatch {
  torch::Tensor inputs;  // float [N, C, H, W]
  std::vector<std::string> failures;
};

OpenedBatch open_batch(const PictureTask* tasks, std::int64_t count, const image::FitOptions& fit) {
  OpenedBatch batch{torch::zeros({count, fit.channels, fit.size.height, fit.size.width}),
                    std::vector<std::string>(static_cast<std::size_t>(count))};
  side_by_side(count, [&](std::int64_t i) {
    try {
      batch.inputs[i].copy_(image::fit(tasks[i].open(), fit)[0]);
    } catch (const FileError& e) {
      batch.failures[static_cast<std::size_t>(i)] = e.what();
    } catch (const FormatError& e) {
      batch.failures[static_cast<std::size_t>(i)] = e.what();
    }
  });
  return batch;
}

}  // namespace

std::int64_t predict(const checkpoint::Classifier& model, const std::vector<PictureTask>& pictures,
                     const PredictOptions& options, const std::function<void(const Prediction&)>& take,
                     const ProgressCallback& progress) {
  const std::int64_t total = std::ssize(pictures),
                     top = std::min<std::int64_t>(options.top, std::ssize(model.classes()));
  std::int64_t damaged = 0;
  for (std::int64_t first = 0; first < total; first += options.batch) {
    const std::int64_t count = std::min(options.batch, total - first);
    const OpenedBatch batch = open_batch(pictures.data() + first, count, options.fit);
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
