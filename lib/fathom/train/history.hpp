/// The record of one training epoch.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fathom::train {

struct EpochRecord {
  std::int64_t epoch = 0;    ///< 1 is the first
  double learning_rate = 0;  ///< at the end of the epoch
  double training_loss = 0,
         training_accuracy = 0;  ///< over the augmented batches of the epoch, during training
  std::optional<double> validation_loss, validation_accuracy;
  double seconds = 0;            ///< including validation
  double images_per_second = 0;  ///< training only
};

/// "epoch,learning_rate,training_loss,..." and a line per epoch; values that were not measured are empty.
std::string history_csv(const std::vector<EpochRecord>& history);
/// Reads what history_csv writes. Throws FormatError, which names the line.
std::vector<EpochRecord> history_from_csv(const std::string& csv);

nlohmann::json to_json(const EpochRecord& record);
EpochRecord epoch_record_from_json(const nlohmann::json& json);  ///< throws FormatError

}  // namespace fathom::train
