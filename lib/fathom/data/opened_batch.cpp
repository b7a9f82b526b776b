#include "fathom/data/opened_batch.hpp"

#include <algorithm>
#include <atomic>
#include <map>
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
  ~HeldNotes() { set_note_handler(std::move(before_)); }

  /// The one that this thread opens.
  static thread_local std::int64_t picture;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
  std::map<std::int64_t, std::vector<std::string>> taken() { return std::exchange(held_, {}); }

 private:
  std::map<std::int64_t, std::vector<std::string>> held_;
  NoteHandler before_;
};

thread_local std::int64_t HeldNotes::picture =
    0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

}  // namespace

OpenedBatch opened_batch(std::int64_t count, const std::vector<std::int64_t>& shape,
                         const std::function<torch::Tensor(std::int64_t)>& open) {
  std::vector<std::int64_t> sizes = shape;
  sizes.insert(sizes.begin(), count);
  OpenedBatch batch{torch::zeros(sizes), std::vector<std::string>(static_cast<std::size_t>(count))};
  std::map<std::int64_t, std::vector<std::string>> notes;
  {
    HeldNotes held;
    on_all_threads(count, [&](std::int64_t i) {
      HeldNotes::picture = i;
      std::string& failure = batch.failures[static_cast<std::size_t>(i)];
      try {
        batch.inputs[i].copy_(open(i)[0]);
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
  return batch;
}

}  // namespace fathom::data
