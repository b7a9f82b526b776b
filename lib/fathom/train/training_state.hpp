/// The text that a training run is put down in and taken up from. Internal to Trainer.
///
/// It is a io/bundle.hpp: a JSON text with the figures, and tensors. Random-number states are not among
/// them, since every epoch and every step draws from a stream of its own that the seed and its number
/// determine.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/models/architecture.hpp"
#include "fathom/optim/weights.hpp"
#include "fathom/train/history.hpp"
#include "fathom/train/options.hpp"

namespace fathom::train {

/// The epoch that is under way.
struct EpochProgress {
  std::int64_t step = 0;  // steps done in it
  double loss_sum = 0;    // over those steps
  std::int64_t correct = 0;
  double seconds = 0;
};

struct TrainingState {
  TrainOptions options;
  models::Architecture architecture;
  std::string data_name, data_checksum, note;
  std::vector<EpochRecord> history;  // one for each epoch done
  EpochProgress epoch;
  std::int64_t best_epoch = 0;  // 0: none yet
  double seconds = 0;
  optim::Weights weights, best;  // `best` where images are held out
  std::vector<torch::Tensor> moments;
};

/// The same state gives the same bytes.
std::string to_bytes(const TrainingState& state);
/// Throws FormatError: damaged (every member's checksum is compared), no training state, of another version,
/// or describing a network that is larger than the text can hold.
TrainingState training_state_from_bytes(const std::string& bytes);

}  // namespace fathom::train
