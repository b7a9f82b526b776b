#include "fathom/train/options.hpp"

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"
#include "fathom/core/names.hpp"

namespace fathom::train {
namespace {

using nlohmann::json;

constexpr Names<Precision, 2> kPrecisions = {{{Precision::fp32, "fp32"}, {Precision::bf16, "bf16"}}};

constexpr auto kOptimizerFields = [](auto& field, auto& o) {
  field("kind", o.kind, optim::optimizer_from);
  field("learning_rate", o.learning_rate);
  field("momentum", o.momentum);
  field("beta1", o.beta1);
  field("beta2", o.beta2);
  field("epsilon", o.epsilon);
  field("weight_decay", o.weight_decay);
};

/// All but the augmentation, which has a text form of its own.
constexpr auto kTrainFields = [](auto& field, auto& o) {
  field("epochs", o.epochs);
  field("batch_size", o.batch_size);
  field.part("optimizer", o.optimizer, kOptimizerFields);
  field("schedule", o.schedule, schedule_from);
  field("label_smoothing", o.label_smoothing);
  field("clip_norm", o.clip_norm);
  field("clip_value", o.clip_value);
  field("precision", o.precision, precision_from);
  field("validation", o.validation);
  field("patience", o.patience);
  field("target_accuracy", o.target_accuracy);
  field("seed", o.seed);
};

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
  if (o.clip_norm) require_positive("the gradient's largest norm", *o.clip_norm);
  if (o.clip_value) require_positive("the gradient's largest value", *o.clip_value);
  require_share("the validation split", o.validation);
  require_at_least("patience", o.patience, 0);
  require_fraction("the target accuracy", o.target_accuracy);
  if (o.validation == 0 && (o.patience > 0 || o.target_accuracy > 0))
    throw InvalidArgument("patience and a target accuracy need a validation split above 0");
}

json to_json(const TrainOptions& options) {
  json j = written_fields(options, kTrainFields);
  j["augmentation"] = augmentation_json(options.augmentation);
  return j;
}

TrainOptions train_options_from_json(const json& j) try {
  TrainOptions o;
  read_fields(j, o, kTrainFields);
  o.augmentation = augment::pipeline_from_json(field(j, "augmentation").dump(), "of the run");
  validate(o);
  return o;
} catch (const InvalidArgument& e) {
  throw FormatError(fmt::format("the training options are invalid: {}", e.what()));
}

}  // namespace fathom::train
