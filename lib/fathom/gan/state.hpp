/// Serialisation of an adversarial training run (train/run_state.hpp).
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/gan/architecture.hpp"
#include "fathom/gan/options.hpp"
#include "fathom/gan/record.hpp"
#include "fathom/optim/weights.hpp"
#include "fathom/train/run_state.hpp"

namespace fathom::gan {

/// Sums over the steps since the last record.
struct GanSums {
  std::int64_t steps = 0;
  double discriminator_loss = 0, generator_loss = 0, on_real = 0, on_generated = 0;
  double seconds = 0;
};

/// Detects when the generator no longer learns. Follows the discriminator's loss (cross entropy or hinge; the
/// Wasserstein loss has no meaningful scale).
struct Stalemate {
  double running_loss = 1;      ///< an exponential mean over about 100 steps
  std::int64_t steps_sure = 0;  ///< consecutive steps with a loss close to 0
  std::int64_t steps_lost = 0;  ///< consecutive steps with a loss far above that of guessing

  /// Adds the loss of the next step. Throws DivergedError that names `step` if, for 1,000 steps, the
  /// discriminator has been certain about every sample (D(x) = 1, D(G(z)) = 0) or has classified all
  /// generated samples as real.
  void observe(double loss, std::int64_t step);
};

/// The options and the progress of a run.
struct GanProgress {
  train::RunHeader header;
  GanOptions options;
  GanArchitecture architecture;
  std::vector<GanRecord> history;
  torch::Tensor snapshots;  ///< one for each record; undefined before the first
  GanSums sums;
  Stalemate stalemate;
  std::int64_t steps = 0, best_step = 0;  ///< best_step 0: none is scored yet
  double seconds = 0;
  optim::Weights best;
};

/// What a record after the last step would say, with means over the steps since the last record.
GanRecord record_so_far(const GanProgress& run);

struct GanState : GanProgress {
  optim::Weights generator, discriminator, average;
  std::vector<torch::Tensor> generator_moments, discriminator_moments;
};

/// The same state gives the same bytes.
std::string to_bytes(const GanState& state);
/// Throws FormatError: damaged, not a GAN state, of another version, or describing networks larger than the
/// file.
GanState gan_state_from_bytes(const std::string& bytes);

}  // namespace fathom::gan
