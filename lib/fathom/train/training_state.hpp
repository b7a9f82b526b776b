/// Serialisation of a training run (train/run_state.hpp).
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/models/architecture.hpp"
#include "fathom/optim/weights.hpp"
#include "fathom/train/history.hpp"
#include "fathom/train/options.hpp"
#include "fathom/train/run_state.hpp"

namespace fathom::train {

/// The current epoch.
struct EpochProgress {
  std::int64_t step = 0;  ///< steps done in it
  double loss_sum = 0;    ///< over those steps
  std::int64_t correct = 0;
  double seconds = 0;
};

/// The options and the progress of a run.
struct TrainingProgress {
  RunHeader header;
  TrainOptions options;
  models::Architecture architecture;
  std::vector<EpochRecord> history;  ///< one for each epoch done
  EpochProgress epoch;
  std::int64_t best_epoch = 0;  ///< 0: none yet
  double seconds = 0;
  optim::Weights best;  ///< only with a validation split
};

struct TrainingState : TrainingProgress {
  optim::Weights weights;
  std::vector<torch::Tensor> moments;
};

/// The same state gives the same bytes.
std::string to_bytes(const TrainingState& state);
/// Throws FormatError: damaged (all checksums are verified), not a training state, of another version, or
/// describing a network larger than the file.
TrainingState training_state_from_bytes(const std::string& bytes);

}  // namespace fathom::train
