#include "fathom/train/options.hpp"

#include <cmath>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"
#include "fathom/core/names.hpp"
#include "fathom/data/public_sets.hpp"

namespace fathom::train {
namespace {

using nlohmann::json;

void require_at_least(const char* option, std::int64_t value, std::int64_t low) {
  if (value < low) throw InvalidArgument(fmt::format("{} must be at least {}, not {}", option, low, value));
}

void require_limit(const char* option, const std::optional<double>& value) {
  if (value && !(*value > 0 && std::isfinite(*value)))
    throw InvalidArgument(fmt::format("{} must be a number above 0, not {}", option, *value));
}

constexpr Names<Precision, 2> kPrecisions = {{{Precision::fp32, "fp32"}, {Precision::bf16, "bf16"}}};

optim::OptimizerOptions optimizer_options_from(const json& j) {
  optim::OptimizerOptions o;
  o.kind = optim::optimizer_from(text_field(j, "kind"));
  o.learning_rate = number_field(j, "learning_rate");
  o.momentum = number_field(j, "momentum");
  o.beta1 = number_field(j, "beta1");
  o.beta2 = number_field(j, "beta2");
  o.epsilon = number_field(j, "epsilon");
  o.weight_decay = number_field(j, "weight_decay");
  return o;
}

/// The name of a pipeline is that of a file, and need not be UTF-8.
json augmentation_json(const augment::Pipeline& pipeline) {
  return json::parse(augment::to_json(pipeline).dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

std::string to_string(Precision precision) { return name_of(kPrecisions, precision); }
Precision precision_from(const std::string& name) { return value_of(kPrecisions, "precision", name); }

void validate(const TrainOptions& o) {
  require_at_least("the number of epochs", o.epochs, 1);
  require_at_least("the batch size", o.batch_size, 1);
  validate(o.optimizer);
  require_share("label smoothing", o.label_smoothing);
  require_limit("the gradient's largest norm", o.clip_norm);
  require_limit("the gradient's largest value", o.clip_value);
  require_share("the validation part", o.validation);
  require_at_least("patience", o.patience, 0);
  if (!(o.target_accuracy >= 0 && o.target_accuracy <= 1))
    throw InvalidArgument(fmt::format("the target accuracy must be in [0, 1], not {}", o.target_accuracy));
  if (o.validation == 0 && (o.patience > 0 || o.target_accuracy > 0))
    throw InvalidArgument(
        "patience and a target accuracy need a validation part above 0, on which the accuracy is measured");
}

json to_json(const TrainOptions& o) {
  return {{"epochs", o.epochs},
          {"batch_size", o.batch_size},
          {"optimizer",
           {{"kind", to_string(o.optimizer.kind)},
            {"learning_rate", o.optimizer.learning_rate},
            {"momentum", o.optimizer.momentum},
            {"beta1", o.optimizer.beta1},
            {"beta2", o.optimizer.beta2},
            {"epsilon", o.optimizer.epsilon},
            {"weight_decay", o.optimizer.weight_decay}}},
          {"schedule", to_string(o.schedule)},
          {"label_smoothing", o.label_smoothing},
          {"clip_norm", number_or_null(o.clip_norm)},
          {"clip_value", number_or_null(o.clip_value)},
          {"augmentation", augmentation_json(o.augmentation)},
          {"precision", to_string(o.precision)},
          {"validation", o.validation},
          {"patience", o.patience},
          {"target_accuracy", o.target_accuracy},
          {"seed", o.seed}};
}

TrainOptions train_options_from_json(const json& j) try {
  TrainOptions o;
  o.epochs = integer_field(j, "epochs");
  o.batch_size = integer_field(j, "batch_size");
  o.optimizer = optimizer_options_from(field(j, "optimizer"));
  o.schedule = schedule_from(text_field(j, "schedule"));
  o.label_smoothing = number_field(j, "label_smoothing");
  o.clip_norm = optional_number_field(j, "clip_norm");
  o.clip_value = optional_number_field(j, "clip_value");
  o.augmentation = augment::pipeline_from_json(field(j, "augmentation").dump(), "of the run");
  o.precision = precision_from(text_field(j, "precision"));
  o.validation = number_field(j, "validation");
  o.patience = integer_field(j, "patience");
  o.target_accuracy = number_field(j, "target_accuracy");
  o.seed = seed_field(j);
  validate(o);
  return o;
} catch (const InvalidArgument& e) {
  throw FormatError(fmt::format("the training options are not ones that can be run: {}", e.what()));
}

}  // namespace fathom::train
