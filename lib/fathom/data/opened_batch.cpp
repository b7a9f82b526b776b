#include "fathom/data/opened_batch.hpp"

#include <algorithm>
#include <atomic>

#include "fathom/core/error.hpp"
#include "fathom/core/parallel.hpp"

namespace fathom::data {
namespace {

/// The next picture goes to the thread that is free; pictures differ much in their cost.
void on_all_threads(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  std::atomic<std::int64_t> next = 0;
  const std::int64_t workers = std::min<std::int64_t>(count, at::get_num_threads());
  at::parallel_for(0, workers, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t worker = begin; worker < end; ++worker)
      for (std::int64_t i = next++; i < count; i = next++) task(i);
  });
}

}  // namespace

OpenedBatch opened_batch(std::int64_t count, const std::vector<std::int64_t>& shape,
                         const std::function<torch::Tensor(std::int64_t)>& open) {
  std::vector<std::int64_t> sizes = shape;
  sizes.insert(sizes.begin(), count);
  OpenedBatch batch{torch::zeros(sizes), std::vector<std::string>(static_cast<std::size_t>(count))};
  on_all_threads(count, [&](std::int64_t i) {
    std::string& failure = batch.failures[static_cast<std::size_t>(i)];
    try {
      batch.inputs[i].copy_(open(i)[0]);
    } catch (const FileError& e) {
      failure = e.what();
    } catch (const FormatError& e) {
      failure = e.what();
    }
  });
  return batch;
}

}  // namespace fathom::data
