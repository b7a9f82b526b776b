#include "activation_max/activation_targets.hpp"

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "fathom/core/text.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::cli {
namespace {

constexpr std::int64_t kMostPictures = 4096;

std::vector<std::int64_t> every(std::int64_t count) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(i);
  return all;
}

std::vector<std::int64_t> asked_channels(const Arguments& arguments, const std::string& stage,
                                         std::int64_t count) {
  if (arguments.on("all-channels")) return every(count);
  std::vector<std::int64_t> channels;
  for (const float number : arguments.numbers("channel")) {
    if (!(number >= 0 && number < static_cast<float>(count)) || number != std::floor(number))
      throw UsageError(fmt::format("--channel must be from 0 to {} at stage {}, not '{}'", count - 1, stage,
                                   arguments.text("channel")));
    channels.push_back(static_cast<std::int64_t>(number));
  }
  if (channels.empty()) throw UsageError("--stage needs --channel N or --all-channels");
  return channels;
}

std::vector<std::int64_t> asked_classes(const Arguments& arguments, const checkpoint::Classifier& model) {
  if (!arguments.has("class")) return every(std::ssize(model.classes()));
  std::vector<std::int64_t> classes;
  for (const std::string& name : names_in("class", arguments.text("class")))
    classes.push_back(model.class_index(name));
  return classes;
}

explain::Objective class_objective(const std::string& name, const Targets& targets) {
  if (name == "logit") return explain::class_logit(targets.indices);
  return name == "margin" ? explain::class_margin(targets.indices)
                          : explain::class_log_probability(targets.indices);
}

/// Whether a channel of the stage has a value for every place or step, not a single one.
bool has_places(const checkpoint::Classifier& model, const std::string& stage) {
  const torch::NoGradGuard no_grad;
  const models::InputShape& in = model.input();
  const explain::Responses responses = explain::responses_of(model, {stage});
  return responses(torch::zeros({1, in.channels, in.height, in.width})).at(stage).dim() > 2;
}

/// The stage by which variants are told apart: the target's own, of classes the one before the logits, which
/// a foreign program does not show.
std::optional<std::string> stage_of_style(const checkpoint::Classifier& model, const Targets& targets) {
  if (!targets.are_classes()) return targets.stage;
  if (!model.network()) return {};
  const std::vector<std::string> stages = model.network()->stages();
  return stages[stages.size() < 2 ? 0 : stages.size() - 2];
}

}  // namespace

void add_target_flags(Parser& parser) {
  const char* what = "What to maximise";
  parser.value(what, "class", "classes, by name or index, separated by commas", "CLASS")
      .toggle(what, "all-classes", "all classes (default)")
      .value(what, "objective", "what to maximise for a class: margin|logit|log-probability", "NAME",
             "margin")
      .value(what, "stage", "a stage, with --channel or --all-channels", "STAGE")
      .value(what, "channel", "channels or units of the stage, by number, separated by commas", "N")
      .toggle(what, "all-channels", "every channel of the stage")
      .value(what, "unit", "unit of a channel to maximise: mean|centre", "WHICH", "mean")
      .value(what, "variants", "pictures per target", "N", "1")
      .value(what, "diversity", "diversity weight for variants", "W", "5")
      .toggle(what, "list-stages", "print the names and shapes of the stages and exit");
}

void require_consistent_targets(const Arguments& arguments) {
  const bool of_stage = arguments.has("stage"), one = arguments.has("class"),
             all = arguments.on("all-classes");
  if (of_stage + one + all > 1) throw UsageError("give only one of --class, --all-classes and --stage");
  if (arguments.has("channel") && arguments.on("all-channels"))
    throw UsageError("give only one of --channel and --all-channels");
  for (const char* flag : {"channel", "all-channels", "unit"})
    if (arguments.has(flag) && !of_stage) throw UsageError(fmt::format("--{} needs --stage", flag));
  if (of_stage && arguments.has("objective")) throw UsageError("--objective is for classes, not for --stage");
  if (arguments.has("diversity") && arguments.integer("variants", 1, kMostPictures) == 1)
    throw UsageError("--diversity needs --variants of at least 2");
}

Targets read_targets(const Arguments& arguments, const checkpoint::Classifier& model) {
  Targets targets;
  targets.variants = arguments.integer("variants", 1, kMostPictures);
  std::vector<std::int64_t> chosen;
  if (const auto stage = arguments.optional("stage")) {
    targets.stage = *stage;
    chosen = asked_channels(arguments, *stage, explain::channels_of(model, *stage));
    if (arguments.has("unit") && !has_places(model, *stage))
      throw UsageError(
          fmt::format("--unit has no effect at stage {}, whose channels are a unit each", *stage));
  } else {
    chosen = asked_classes(arguments, model);
  }
  if (std::ssize(chosen) * targets.variants > kMostPictures)
    throw UsageError(fmt::format("{} {} with {} {} are more than {} pictures", chosen.size(),
                                 plural(std::ssize(chosen), "target"), targets.variants,
                                 plural(targets.variants, "variant"), kMostPictures));
  for (const std::int64_t index : chosen)
    for (std::int64_t variant = 0; variant < targets.variants; ++variant) {
      targets.indices.push_back(index);
      targets.names.push_back(targets.are_classes() ? model.classes()[static_cast<std::size_t>(index)]
                                                    : fmt::format("{} {}", targets.stage, index));
    }
  return targets;
}

explain::Objective activation_of(const Arguments& arguments, const Targets& targets) {
  if (targets.are_classes()) return explain::class_logit(targets.indices);
  return arguments.choice("unit", {"mean", "centre"}) == "mean"
             ? explain::channel_mean(targets.stage, targets.indices)
             : explain::centre_unit(targets.stage, targets.indices);
}

explain::Objective read_objective(const Arguments& arguments, const Common& common,
                                  const checkpoint::Classifier& model, const Targets& targets) {
  const std::string name = arguments.choice("objective", {"margin", "logit", "log-probability"});
  explain::Objective objective = targets.are_classes() && !arguments.has("stage")
                                     ? class_objective(name, targets)
                                     : activation_of(arguments, targets);
  const double weight = arguments.number("diversity", 0, 1e6);
  if (targets.variants == 1 || weight == 0) return objective;
  const auto style = stage_of_style(model, targets);
  if (style) return objective + weight * explain::diversity(*style, targets.variants);
  say(common,
      "variants differ only by their start noise: the model has no accessible stages to compare styles");
  return objective;
}

}  // namespace fathom::cli
