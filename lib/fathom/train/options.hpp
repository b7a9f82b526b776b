/// The options of a training run.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "fathom/augment/pipeline.hpp"
#include "fathom/optim/optimizer.hpp"
#include "fathom/train/schedule.hpp"

namespace fathom::train {

enum class Precision { fp32, bf16 };
std::string to_string(Precision precision);
Precision precision_from(const std::string& name);  ///< throws InvalidArgument

struct TrainOptions {
  std::int64_t epochs = 5;
  std::int64_t batch_size = 128;
  optim::OptimizerOptions optimizer;  ///< its learning rate is the schedule's peak
  Schedule schedule = Schedule::one_cycle;
  double label_smoothing = 0;  ///< in [0, 1) (Szegedy 2016)
  std::optional<double> clip_norm, clip_value;
  augment::Pipeline
      augmentation;  ///< applied to every training image, with new draws in each epoch; empty: none
  Precision precision = Precision::fp32;
  double validation = 0;       ///< share of the training images held out; 0: none
  std::int64_t patience = 0;   ///< stop after this many epochs without a better validation accuracy; 0: never
  double target_accuracy = 0;  ///< stop when the validation accuracy reaches it; 0: never
  std::uint64_t seed = 0;
};

/// Throws InvalidArgument naming the option and its range.
void validate(const TrainOptions& options);

nlohmann::json to_json(const TrainOptions& options);
TrainOptions train_options_from_json(const nlohmann::json& json);  ///< throws FormatError

}  // namespace fathom::train
