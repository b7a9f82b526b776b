/// The adversarial training loop, and its state that can be put down and taken up again.
///
///   GanTrainer trainer(DcganOptions{}, {set.images, set.labels, set.name, data::checksum(set)}, options);
///   while (!trainer.finished()) {
///     trainer.run();                                                    // to the next record
///     trainer.set_score(real.distance(features(*trainer.average())));   // a KernelReference: keeps the best
///     write_file("gan.train", trainer.state());
///   }
///   save_generator("gan.pt", *trainer.best(), card);
///
/// A run that is stopped after any step and resumed from its state ends in bit for bit the weights of a run
/// that was not, on the same machine with the same number of threads. Everything random (first weights, order
/// of the samples, latent values) follows from options.seed.
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
  /// Throws InvalidArgument where options are out of range, shapes or classes do not fit, or there are fewer
  /// samples than a batch has.
  GanTrainer(const GanArchitecture& architecture, RealSamples real, const GanOptions& options,
             torch::Device device = torch::kCPU);
  ~GanTrainer();
  GanTrainer(GanTrainer&&) noexcept;

  /// A trainer that goes on from `state` (the text that state() gave), with the same samples. Throws
  /// FormatError (damaged, or of another data set). `steps` lengthens the run; InvalidArgument where more are
  /// done.
  static GanTrainer resume(const std::string& state, RealSamples real, std::optional<std::int64_t> steps = {},
                           torch::Device device = torch::kCPU);

  /// Called after every step with what a record would say now. Return false to stop there; run() then returns
  /// nothing, and state() holds what has been done.
  using StepCallback = std::function<bool(const GanRecord& so_far)>;

  /// Trains to the next record (every options.record_every steps, and at the end). Throws DivergedError where
  /// a loss is not finite, or the discriminator has been sure of everything, or of nothing, for 1,000 steps:
  /// which step and what to try; the trainer is then back at the last record. Throws InvalidArgument where
  /// all steps are done.
  std::optional<GanRecord> run(const StepCallback& step = {});

  bool finished() const;

  /// A copy of the generator with the moving average of its weights (the last ones where options.ema is 0),
  /// on the CPU, in evaluation mode.
  std::shared_ptr<Generator> average() const;

  /// Scores the averaged generator as of the last record; the lowest (the first of equals) is kept. NaN is
  /// never the lowest.
  void set_score(double score);

  /// The one with the lowest score where there is any, else average(); and the step that it is from.
  std::shared_ptr<Generator> best() const;
  std::int64_t best_step() const;

  /// What the averaged generator made of the same 64 latent values (in a conditional GAN, of all classes in
  /// turn) at every record: pictures uint8 [records, 64, C, H, W], or points float [records, 1000, 2].
  /// Undefined before the first.
  torch::Tensor snapshots() const;

  const GanArchitecture& architecture() const;
  const GanOptions& options() const;
  const std::vector<GanRecord>& history() const;
  std::int64_t steps_done() const;
  double seconds() const;            ///< of training, over all sessions
  std::int64_t images_seen() const;  ///< real ones, each as often as it was seen

  /// Everything that the rest of the run depends on: options, architecture, weights and optimizer moments of
  /// both networks, averages, best weights, history; and `note`, for the caller's own use.
  std::string state() const;
  void set_note(std::string note);
  const std::string& note() const;
  /// The note in `state`, before the samples that resume() asks for are at hand. Throws FormatError.
  static std::string note_of(const std::string& state);

 private:
  struct Run;
  explicit GanTrainer(std::unique_ptr<Run> run);
  std::unique_ptr<Run> run_;
};

}  // namespace fathom::gan
