/// The record of one training epoch.
#pragma once

#include <cstdint>
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

/// For core/fields.hpp.
constexpr auto kEpochFields = [](auto& field, auto& record) {
  field("epoch", record.epoch);
  field("learning_rate", record.learning_rate);
  field("training_loss", record.training_loss);
  field("training_accuracy", record.training_accuracy);
  field("validation_loss", record.validation_loss);
  field("validation_accuracy", record.validation_accuracy);
  field("seconds", record.seconds);
  field("images_per_second", record.images_per_second);
};

/// "epoch,learning_rate,training_loss,..." and a line per epoch; values that were not measured are empty.
std::string history_csv(const std::vector<EpochRecord>& history);
/// Reads what history_csv writes. Throws FormatError, which names the line.
std::vector<EpochRecord> history_from_csv(const std::string& csv);

}  // namespace fathom::train
