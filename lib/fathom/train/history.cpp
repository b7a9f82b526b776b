#include "fathom/train/history.hpp"

#include <iterator>

#include <fmt/format.h>

#include "fathom/train/fields.hpp"

namespace fathom::train {
namespace {

std::string text(const std::optional<double>& value) { return value ? fmt::format("{:.6g}", *value) : ""; }

nlohmann::json number_or_null(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace

std::string history_csv(const std::vector<EpochRecord>& history) {
  std::string csv =
      "epoch,learning_rate,training_loss,training_accuracy,validation_loss,validation_accuracy,seconds,"
      "images_per_second\n";
  for (const EpochRecord& r : history)
    fmt::format_to(std::back_inserter(csv), "{},{:.6g},{:.6g},{:.6g},{},{},{:.3f},{:.1f}\n", r.epoch,
                   r.learning_rate, r.training_loss, r.training_accuracy, text(r.validation_loss),
                   text(r.validation_accuracy), r.seconds, r.images_per_second);
  return csv;
}

nlohmann::json to_json(const EpochRecord& r) {
  return {{"epoch", r.epoch},
          {"learning_rate", r.learning_rate},
          {"training_loss", r.training_loss},
          {"training_accuracy", r.training_accuracy},
          {"validation_loss", number_or_null(r.validation_loss)},
          {"validation_accuracy", number_or_null(r.validation_accuracy)},
          {"seconds", r.seconds},
          {"images_per_second", r.images_per_second}};
}

EpochRecord epoch_record_from_json(const nlohmann::json& json) {
  EpochRecord r;
  r.epoch = integer_field(json, "epoch");
  r.learning_rate = number_field(json, "learning_rate");
  r.training_loss = number_field(json, "training_loss");
  r.training_accuracy = number_field(json, "training_accuracy");
  r.validation_loss = optional_number_field(json, "validation_loss");
  r.validation_accuracy = optional_number_field(json, "validation_accuracy");
  r.seconds = number_field(json, "seconds");
  r.images_per_second = number_field(json, "images_per_second");
  return r;
}

}  // namespace fathom::train
