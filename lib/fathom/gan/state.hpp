/// The text that an adversarial run is put down in and taken up from. Internal to GanTrainer.
///
/// It is a io/bundle.hpp. Random-number states are not in it, since every update draws from a stream of its
/// own that the seed and its number determine.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/gan/architecture.hpp"
#include "fathom/gan/options.hpp"
#include "fathom/gan/record.hpp"
#include "fathom/gan/stalemate.hpp"
#include "fathom/optim/weights.hpp"

namespace fathom::gan {

/// Sums over the steps since the last record.
struct GanSums {
  std::int64_t steps = 0;
  double discriminator_loss = 0, generator_loss = 0, on_real = 0, on_generated = 0;
  double seconds = 0;
};

struct GanState {
  GanOptions options;
  GanArchitecture architecture;
  std::string data_name, data_checksum, note;
  std::vector<GanRecord> history;
  torch::Tensor snapshots;  // one for each record; undefined before the first
  GanSums sums;
  Stalemate stalemate;
  std::int64_t steps = 0, best_step = 0;  // best_step 0: none is scored yet
  double seconds = 0;
  optim::Weights generator, discriminator, average, best;
  std::vector<torch::Tensor> generator_moments, discriminator_moments;
};

/// The same state gives the same bytes.
std::string to_bytes(const GanState& state);
/// Throws FormatError: damaged, no state of a GAN, of another version, or describing networks that are larger
/// than the text can hold.
GanState gan_state_from_bytes(const std::string& bytes);

}  // namespace fathom::gan
