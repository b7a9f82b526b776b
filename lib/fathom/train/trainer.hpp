/// The training loop, with a state that can be saved and resumed.
///
///   network->set_normalisation(mean, std);     // the trainer does not change it
///   Trainer trainer(network, set, options);
///   while (!trainer.finished()) {
///     const EpochRecord record = *trainer.run_epoch();
///     write_file("cnn.train", trainer.state());
///   }
///
/// A run that is stopped after any step and resumed gives bit for bit the same weights as an uninterrupted
/// run, on the same machine with the same number of threads. Everything random (the split, the order of the
/// images, augmentation, dropout) follows from options.seed.
///
/// An epoch has N / batch_size steps over N training images in a new random order. Images that do not fill
/// the last batch are skipped in this epoch, because batch norm would compute statistics over too few images.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fathom/data/image_set.hpp"
#include "fathom/train/history.hpp"
#include "fathom/train/options.hpp"

namespace fathom::models {
class ImageModel;
}

namespace fathom::train {

class Trainer {
 public:
  /// `network` is trained in place, on its device; `set` is the whole training set, on the CPU; the share
  /// options.validation of it is held out. Throws InvalidArgument (options out of range, shapes or classes
  /// that do not fit, a batch size above the number of images, or with batch norm a batch size or a number of
  /// images of 1), DeviceError (bf16 on a CPU without it) and MemoryError (a step needs more memory than
  /// there is).
  Trainer(std::shared_ptr<models::ImageModel> network, data::ImageSet set, TrainOptions options);
  ~Trainer();
  Trainer(Trainer&&) noexcept;

  /// Resumes from `state` (the result of state()) with the same set. Throws FormatError (damaged, or of
  /// another network or data set). `epochs` lengthens the run (the schedule is stretched to it);
  /// InvalidArgument if more than that many epochs have already started or finished. A run that has stopped
  /// early continues to this number of epochs and does not stop early again: see continued_despite().
  static Trainer resume(const std::string& state, data::ImageSet set, std::optional<std::int64_t> epochs = {},
                        torch::Device device = torch::kCPU);

  /// Called after every step: steps done in this epoch, steps in an epoch, mean loss of the epoch so far.
  /// Return false to stop there; run_epoch then returns nothing, and state() holds the unfinished epoch.
  using StepCallback = std::function<bool(std::int64_t step, std::int64_t steps, double loss)>;

  /// Trains to the end of the current epoch and evaluates on the validation split, if any. Throws
  /// DivergedError, with the step and suggestions, if the loss is not finite; the trainer is then reset to
  /// the last good state (the start of the epoch, or the resumed state). Throws InvalidArgument if all epochs
  /// are done.
  std::optional<EpochRecord> run_epoch(const StepCallback& step = {});

  /// Whether all epochs are done or the run stopped early (patience or target accuracy).
  bool finished() const;
  /// The reason for early stopping, as text; empty if the run did not stop early.
  std::string stopped_because() const;

  /// After resume() with `epochs`: why the run had stopped early, as text; empty if it had not.
  const std::string& continued_despite() const;

  /// A copy of the network with the weights to keep: those with the best validation accuracy (the first in
  /// case of ties) if there is a validation split, otherwise the last. On the CPU, in evaluation mode.
  std::shared_ptr<models::ImageModel> best() const;
  /// The epoch of these weights; 0 if no epoch is done.
  std::int64_t best_epoch() const;

  const std::shared_ptr<models::ImageModel>& network() const;
  const TrainOptions& options() const;
  const std::vector<EpochRecord>& history() const;
  std::int64_t epochs_done() const;
  /// Steps done in the epoch behind these, and steps in an epoch.
  std::int64_t steps_in_epoch() const;
  std::int64_t steps_per_epoch() const;
  /// Seconds spent in run_epoch, over all sessions.
  double seconds() const;
  std::int64_t images_seen() const;
  /// data::checksum of the set.
  const std::string& data_checksum() const;

  /// Everything needed to resume the run: options, architecture, weights, optimizer moments, best weights,
  /// batch norm statistics, position in the epoch, history; and `note`, for the caller's own use.
  std::string state() const;
  void set_note(std::string note);
  const std::string& note() const;
  /// The note in `state`; readable before the set for resume() is loaded. Throws FormatError.
  static std::string note_of(const std::string& state);

 private:
  struct Run;
  explicit Trainer(std::unique_ptr<Run> run);
  std::unique_ptr<Run> run_;
};

}  // namespace fathom::train
