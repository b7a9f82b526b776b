/// The adversarial training loop, with a state that can be saved and resumed.
///
///   GanTrainer trainer(DcganOptions{}, {set.images, set.labels, set.name, data::checksum(set)}, options);
///   while (!trainer.finished()) {
///     trainer.run();                                                    // to the next record
///     trainer.set_score(real.distance(features(*trainer.average())));   // a KernelReference: keeps the best
///     write_file("gan.train", trainer.state());
///   }
///   save_generator("gan.pt", *trainer.best(), card);
///
/// A run that is stopped after any step and resumed gives bit for bit the same weights as an uninterrupted
/// run, on the same machine with the same number of threads. Everything random (first weights, order of the
/// samples, latent values) follows from options.seed.
#pragma once

#include <torch/types.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fathom/gan/architecture.hpp"
#include "fathom/gan/options.hpp"
#include "fathom/gan/real_samples.hpp"
#include "fathom/gan/record.hpp"

namespace fathom::gan {

class Generator;

class GanTrainer {
 public:
  /// Throws InvalidArgument (options out of range, samples or classes that do not fit, fewer samples than the
  /// batch size, a gradient penalty with batch norm in the discriminator) and MemoryError (a step needs more
  /// memory than there is).
  GanTrainer(const GanArchitecture& architecture, RealSamples real, const GanOptions& options,
             torch::Device device = torch::kCPU);
  ~GanTrainer();
  GanTrainer(GanTrainer&&) noexcept;

  /// Resumes from `state` (the result of state()) with the same samples. Throws FormatError if it is damaged
  /// or from another data set. `steps` changes the length of the run; InvalidArgument if more steps are
  /// already done.
  static GanTrainer resume(const std::string& state, RealSamples real, std::optional<std::int64_t> steps = {},
                           torch::Device device = torch::kCPU);

  /// Called after every step with the record so far. Return false to stop there; run() then returns nothing,
  /// and state() holds the steps done.
  using StepCallback = std::function<bool(const GanRecord& so_far)>;

  /// Trains to the next record (every options.record_every steps, and at the end). Throws DivergedError, with
  /// the step and suggestions, if a loss or a weight is not finite or if for 1,000 steps the discriminator
  /// has been certain about every sample or has classified generated samples as real; the trainer is then
  /// reset to the last record. Throws InvalidArgument if all steps are done.
  std::optional<GanRecord> run(const StepCallback& step = {});

  bool finished() const;

  /// A copy of the generator with the moving average of its weights (the current weights if options.ema is
  /// 0), on the CPU, in evaluation mode.
  std::shared_ptr<Generator> average() const;

  /// Sets the score of the averaged generator at the last record. The generator with the lowest score (the
  /// first in case of ties) is kept. A score that is not finite is ignored. Throws InvalidArgument if
  /// there is no record at this step, or it already has a score.
  void set_score(double score);

  /// The generator with the lowest score, or average() if there is no score; and its step.
  std::shared_ptr<Generator> best() const;
  std::int64_t best_step() const;

  /// The averaged generator's samples of the same 64 latent vectors (cycling through all classes if
  /// conditional) at every record: pictures uint8 [records, 64, C, H, W], or points float [records, 1000, 2].
  /// Undefined before the first.
  torch::Tensor snapshots() const;

  const GanArchitecture& architecture() const;
  const GanOptions& options() const;
  const std::vector<GanRecord>& history() const;
  std::int64_t steps_done() const;
  double seconds() const;            ///< of training, over all sessions
  std::int64_t images_seen() const;  ///< real images, counted every time they are used

  /// Everything needed to resume the run: options, architecture, weights and optimizer moments of both
  /// networks, averages, best weights, history; and `note`, for the caller's own use.
  std::string state() const;
  void set_note(std::string note);
  const std::string& note() const;
  /// The note in `state`; readable before the samples for resume() are loaded. Throws FormatError.
  static std::string note_of(const std::string& state);

 private:
  struct Run;
  explicit GanTrainer(std::unique_ptr<Run> run);
  std::unique_ptr<Run> run_;
};

}  // namespace fathom::gan
