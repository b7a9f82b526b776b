/// Pictures from files as batches, opened on all threads.
///
///   OpenedBatches batches(pictures, 64, {3, 32, 32}, open);
///   while (batches.has_more()) {
///     const OpenedBatch batch = batches.next();
///     batches.open_ahead();
///     const torch::Tensor logits = model.logits(batch.inputs);
///     batches.wait();
///     print(batch, logits);
///   }
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fathom::data {

/// Calls `task` with 0 to count - 1, on the threads of core/runtime.hpp and in no particular order. Tensor
/// operations in `task` run on one thread. Notes (core/notes.hpp) are passed on at the end, in the order of
/// the numbers. FileError and FormatError become the texts that are returned, "" for a task without an error;
/// other exceptions are passed on.
std::vector<std::string> failures_on_all_threads(std::int64_t count,
                                                 const std::function<void(std::int64_t)>& task);

struct OpenedBatch {
  torch::Tensor inputs;               ///< float [N, C, H, W]; zeros for a picture that could not be opened
  std::vector<std::string> failures;  ///< one per picture: the error's text, or "" for one that was opened
};

/// Calls `open` as failures_on_all_threads calls a task, and puts the pictures (float [1, C, H, W] of the
/// given shape {C, H, W}) into one batch.
OpenedBatch opened_batch(std::int64_t count, const std::vector<std::int64_t>& shape,
                         const std::function<torch::Tensor(std::int64_t)>& open);

/// Pictures in batches, in their order. At most one batch is opened ahead, so memory does not grow with their
/// number.
class OpenedBatches {
 public:
  /// `open` is called with 0 to total - 1, as by opened_batch.
  OpenedBatches(std::int64_t total, std::int64_t batch, std::vector<std::int64_t> shape,
                std::function<torch::Tensor(std::int64_t)> open);
  OpenedBatches(const OpenedBatches&) = delete;
  OpenedBatches& operator=(const OpenedBatches&) = delete;
  ~OpenedBatches();  ///< waits

  /// Whether `next` has another batch.
  bool has_more() const { return next_ < total_; }
  /// The next batch; opened now unless open_ahead has done it. Throws as opened_batch.
  OpenedBatch next();
  /// Begins to open the next batch, if there is one, while the caller goes on. Until `wait`, the caller must
  /// not write to stderr: a codec's words may be caught there.
  void open_ahead();
  /// Waits until the batch ahead is opened; its exceptions come from `next`.
  void wait();

 private:
  class SideThread;

  OpenedBatch opened_at(std::int64_t first) const;

  std::int64_t total_, batch_, next_ = 0;
  std::vector<std::int64_t> shape_;
  std::function<torch::Tensor(std::int64_t)> open_;
  std::unique_ptr<SideThread> side_;  // begins with the first open_ahead
};

}  // namespace fathom::data
