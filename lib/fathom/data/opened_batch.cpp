#include "fathom/data/opened_batch.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
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

/// Keeps the notes of a batch until it is opened, and then passes them on in the order of the pictures. A
/// codec's stderr may be caught at any time by another thread, and what is written meanwhile would be taken
/// for the codec's words.
class HeldNotes {
 public:
  HeldNotes()
      : before_(set_note_handler([this](const std::string& text) { held_[picture].push_back(text); })) {}
  HeldNotes(const HeldNotes&) = delete;
  HeldNotes& operator=(const HeldNotes&) = delete;
  ~HeldNotes() { taken(); }

  /// The one that this thread opens.
  static thread_local std::int64_t picture;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
  /// Gives the notes to whoever had them before; none are held after that.
  std::map<std::int64_t, std::vector<std::string>> taken() {
    if (!is_done_) set_note_handler(std::move(before_));
    is_done_ = true;
    return std::exchange(held_, {});
  }

 private:
  std::map<std::int64_t, std::vector<std::string>> held_;
  NoteHandler before_;
  bool is_done_ = false;
};

thread_local std::int64_t HeldNotes::picture =
    0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

}  // namespace

std::vector<std::string> failures_on_all_threads(std::int64_t count,
                                                 const std::function<void(std::int64_t)>& task) {
  std::vector<std::string> failures(static_cast<std::size_t>(count));
  std::map<std::int64_t, std::vector<std::string>> notes;
  {
    HeldNotes held;
    on_all_threads(count, [&](std::int64_t i) {
      HeldNotes::picture = i;
      std::string& failure = failures[static_cast<std::size_t>(i)];
      try {
        task(i);
      } catch (const FileError& e) {
        failure = e.what();
      } catch (const FormatError& e) {
        failure = e.what();
      }
    });
    notes = held.taken();
  }
  for (const auto& [picture, texts] : notes)
    for (const std::string& text : texts) note(text);
  return failures;
}

OpenedBatch opened_batch(std::int64_t count, const std::vector<std::int64_t>& shape,
                         const std::function<torch::Tensor(std::int64_t)>& open) {
  std::vector<std::int64_t> sizes = shape;
  sizes.insert(sizes.begin(), count);
  OpenedBatch batch{torch::zeros(sizes), {}};
  batch.failures = failures_on_all_threads(count, [&](std::int64_t i) { batch.inputs[i].copy_(open(i)[0]); });
  return batch;
}

/// One thread for all batches: the threads that OpenMP gives it stay, too.
class OpenedBatches::SideThread {
 public:
  SideThread() : thread_([this] { work(); }) {}
  SideThread(const SideThread&) = delete;
  SideThread& operator=(const SideThread&) = delete;
  ~SideThread() {
    give({});
    thread_.join();
  }

  void begin(std::function<OpenedBatch()> task) {
    std::packaged_task<OpenedBatch()> packaged(std::move(task));
    result_ = packaged.get_future();
    give(std::move(packaged));
  }
  bool has_begun() const { return result_.valid(); }
  void wait() const { result_.wait(); }
  OpenedBatch result() { return result_.get(); }

 private:
  /// An empty task ends the thread.
  void give(std::packaged_task<OpenedBatch()> task) {
    {
      const std::scoped_lock lock(mutex_);
      task_ = std::move(task);
    }
    given_.notify_one();
  }
  void work() {
    for (;;) {
      std::packaged_task<OpenedBatch()> task;
      {
        std::unique_lock lock(mutex_);
        given_.wait(lock, [this] { return task_.has_value(); });
        task = std::move(*task_);
        task_.reset();
      }
      if (!task.valid()) return;
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<std::packaged_task<OpenedBatch()>> task_;
  std::future<OpenedBatch> result_;
  std::thread thread_;  // last: it uses the others
};

OpenedBatches::OpenedBatches(std::int64_t total, std::int64_t batch, std::vector<std::int64_t> shape,
                             std::function<torch::Tensor(std::int64_t)> open)
    : total_(total), batch_(batch), shape_(std::move(shape)), open_(std::move(open)) {
  require_at_least("the number of pictures in a batch", batch, 1);
}

OpenedBatches::~OpenedBatches() { wait(); }

OpenedBatch OpenedBatches::opened_at(std::int64_t first) const {
  return opened_batch(std::min(batch_, total_ - first), shape_,
                      [this, first](std::int64_t i) { return open_(first + i); });
}

OpenedBatch OpenedBatches::next() {
  OpenedBatch batch = side_ && side_->has_begun() ? side_->result() : opened_at(next_);
  next_ = std::min(next_ + batch_, total_);
  return batch;
}

void OpenedBatches::open_ahead() {
  if (!has_more() || (side_ && side_->has_begun())) return;
  if (!side_) side_ = std::make_unique<SideThread>();
  side_->begin([this, first = next_] { return opened_at(first); });
}

void OpenedBatches::wait() {
  if (side_ && side_->has_begun()) side_->wait();
}

}  // namespace fathom::data
