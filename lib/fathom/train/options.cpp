#include "fathom/train/options.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "fathom/augment/standard.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"
#include "fathom/core/names.hpp"

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

/// Wide enough for the last blocks to see whole objects: halved until its shorter side is at most 8 pixels,
/// but never to nothing.
std::vector<std::int64_t> fitted(std::vector<std::int64_t> blocks, const models::InputShape& input) {
  const std::int64_t side = std::min(input.height, input.width);
  while (!blocks.empty() && side >> blocks.size() == 0) blocks.pop_back();
  while (!blocks.empty() && side >> blocks.size() > 8) blocks.push_back(blocks.back());
  return blocks;
}

optim::OptimizerOptions with_rate(optim::OptimizerOptions options, double rate) {
  options.learning_rate = rate;
  return options;
}

Recipe cnn_recipe(const models::InputShape& input, std::int64_t classes, const std::string& data_set) {
  const bool colour = input.channels == 3;
  models::CnnOptions net{.input = input, .classes = classes, .stem = 16};
  net.blocks =
      fitted(colour ? std::vector<std::int64_t>{48, 96, 160} : std::vector<std::int64_t>{32, 64}, input);
  // In small grey sets the thing is centred: where a part lies tells as much as what it is. Dropout keeps the
  // head from hanging on a few places.
  if (!colour) net.head = models::Head::flatten, net.dropout = 0.5;
  return {.architecture = net,
          .options = {.epochs = colour ? 13 : 6,
                      .optimizer = with_rate(usual(optim::OptimizerKind::sgd), colour ? 0.15 : 0.1),
                      .label_smoothing = colour ? 0.1 : 0.0,
                      .augmentation = augment::standard_pipeline(data_set, {input.height, input.width})}};
}

Recipe mlp_recipe(const models::InputShape& input, std::int64_t classes) {
  return {.architecture =
              models::MlpOptions{.input = input, .classes = classes, .hidden = {512, 256}, .dropout = 0.2},
          .options = {.epochs = 10, .optimizer = usual(optim::OptimizerKind::adamw)}};
}

Recipe bilstm_recipe(const models::InputShape& input, std::int64_t classes) {
  return {
      .architecture = models::BiLstmOptions{.input = input, .classes = classes, .hidden = 128},
      .options = {
          .epochs = 6, .optimizer = with_rate(usual(optim::OptimizerKind::adamw), 4e-3), .clip_norm = 1.0}};
}

/// 128, or less for small sets, so that an epoch has some 20 steps; batch norm wants 8 and more.
std::int64_t fitted_batch(std::int64_t images) {
  return std::min(images, std::clamp<std::int64_t>(images / 20, 8, 128));
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
  throw FormatError(fmt::format("the training options are not ones that can be run: {}", e.what()));
}

Recipe recipe(const std::string& kind, const data::ImageSet& set) {
  const models::InputShape input{set.images.size(1), set.images.size(2), set.images.size(3)};
  const std::int64_t classes = std::ssize(set.classes);
  const models::Architecture architecture = models::default_architecture(kind);  // refuses other kinds
  Recipe recipe = std::holds_alternative<models::CnnOptions>(architecture)
                      ? cnn_recipe(input, classes, set.name)
                  : std::holds_alternative<models::MlpOptions>(architecture) ? mlp_recipe(input, classes)
                                                                             : bilstm_recipe(input, classes);
  recipe.options.batch_size = fitted_batch(set.size());
  return recipe;
}

}  // namespace fathom::train
