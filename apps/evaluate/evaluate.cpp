/// evaluate: how good is a classifier, class by class?
///
///   evaluate --model cnn.pt --data fashion-mnist -o confusion.png
///
/// Runs a model over a split of a data set and prints its accuracy with a 95 % interval, its loss, its
/// calibration, and the confusion matrix as a picture. With --gan a generator is scored instead, by a
/// classifier's features.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/gan_judge.hpp"
#include "cli/model_flags.hpp"
#include "cli/run_record.hpp"
#include "cli/sets.hpp"
#include "evaluate/gan_evaluation.hpp"
#include "evaluate/mistakes.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/statistics.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/draw/confusion.hpp"
#include "fathom/draw/reliability.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/train/metrics.hpp"

namespace {

using namespace fathom;

cli::Parser parser() {
  cli::Parser parser("evaluate",
                     "Measures a classifier on a data set: accuracy with its interval, loss, calibration.",
                     {"evaluate --model fashion-cnn --data fashion-mnist --mistakes mistakes.png",
                      "evaluate --gan fashion-gan --samples 2000"});
  cli::add_common_flags(parser);
  cli::add_model_flags(parser);
  parser.value(cli::kData, "data", data::set_choices() + " (default: the set in the model's card)", "SET")
      .value(cli::kData, "split", "test|train", "SPLIT", "test")
      .value(cli::kData, "limit", "use only N images, drawn with the shares of the classes", "N")
      .value("Evaluation", "batch-size", "images per batch; affects the speed, not the results", "N", "250")
      .value("Evaluation", "o,out", "picture of the confusion matrix", "FILE")
      .value("Evaluation", "reliability", "reliability diagram: the accuracy at each confidence, in 15 bins",
             "FILE")
      .value("Evaluation", "mistakes", "sheet of the most confident mistakes and the most confused classes",
             "FILE")
      .value("Scores", "gan",
             "score a generator written by train_gan, a file or the name of a shipped one, instead of a "
             "classifier",
             "NAME")
      .toggle("Scores", "train-on-samples",
              "also train a classifier only on samples of a conditional generator and report its accuracy");
  cli::add_judge_flags(parser);
  return parser;
}

/// The last flags that are read.
data::ImageSet read_set(const cli::Arguments& arguments, const cli::Common& common,
                        const checkpoint::Classifier& model) {
  const auto named = arguments.optional("data");
  if (!named && !model.card())
    throw cli::UsageError("--data is missing, and the model has no card with a data set");
  const data::Split split =
      arguments.choice("split", {"test", "train"}) == "test" ? data::Split::test : data::Split::train;
  const auto limit = arguments.optional_integer("limit", 1, INT64_MAX);
  const std::string name = named ? *named : model.card()->data_set;
  cli::reads_set(arguments, "data", name, common);
  arguments.refuse_unread();
  const data::Catalog catalog = cli::catalog(common, {model.input().height, model.input().width});
  data::ImageSet set = data::load(name, split, catalog);
  if (set.classes.size() != model.classes().size())
    throw InvalidArgument(fmt::format("the model has {} classes, but {} has {}", model.classes().size(),
                                      set.name, set.classes.size()));
  return limit ? cli::limited_set(set, *limit, common.seed) : set;
}

void print_classes(const cli::Common& common, const std::vector<std::string>& classes,
                   const train::Evaluation& result) {
  std::size_t longest = 0;
  for (const std::string& name : classes) longest = std::max(longest, name.size());
  for (std::size_t k = 0; k < classes.size(); ++k)
    cli::say(common, fmt::format("  {:<{}}  {:6.2f} %", classes[k], longest, 100 * result.per_class[k]));
}

/// The value of a flag that names a picture to write.
std::optional<std::string> picture_file(const cli::Arguments& arguments, const std::string& flag) {
  const auto file = arguments.optional(flag);
  if (!file) return {};
  image::require_writable_picture(*file);
  return arguments.output(flag).string();
}

/// Draws the mistakes and adds them to the report; false if there are none to draw.
bool write_mistakes(const std::string& file, const data::ImageSet& set, const train::Evaluation& result,
                    cli::Json& report) {
  const std::vector<cli::Mistake> wrong = cli::mistakes(set, result);
  const std::vector<cli::ConfusedPair> pairs = cli::confused_pairs(wrong);
  report.update(cli::mistakes_json(set, wrong, pairs));
  if (wrong.empty()) {
    note(fmt::format("there are no mistakes, so '{}' is not written", file));
    return false;
  }
  image::write_picture(file, cli::mistakes_sheet(set, wrong, pairs));
  return true;
}

void evaluate(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments);
  if (arguments.has("gan")) {
    cli::evaluate_gan(arguments, common);
    return;
  }
  arguments.unused({"classifier", "samples", "train-on-samples"}, "without --gan");
  const auto out = arguments.has("out") ? std::optional(cli::picture_output(arguments)) : std::nullopt;
  const auto reliability = picture_file(arguments, "reliability"),
             mistakes_file = picture_file(arguments, "mistakes");
  const std::int64_t batch = arguments.integer("batch-size", 1, 1 << 20);
  const checkpoint::Classifier model = cli::read_model(arguments, common);
  const data::ImageSet set = read_set(arguments, common, model);

  ProgressBar bar("evaluate", "images", common.quiet);
  const train::Evaluation result =
      train::evaluate([&](const torch::Tensor& x) { return model.logits(x); }, set, batch, bar.callback());
  bar.finish();

  const std::string title = fmt::format("{} {}: {}", set.name, arguments.text("split"),
                                        percent_text(result.accuracy, result.accuracy_ci95));
  if (out) image::write_picture(*out, draw::confusion_picture(result.confusion, set.classes, title));
  if (reliability)
    image::write_picture(*reliability,
                         draw::reliability_picture(result.reliability,
                                                   fmt::format("{} {}: calibration error {:.2f} %", set.name,
                                                               arguments.text("split"), 100 * result.ece)));
  cli::Json about_mistakes = cli::Json::object();
  const bool has_sheet = mistakes_file && write_mistakes(*mistakes_file, set, result, about_mistakes);
  cli::say(common,
           fmt::format("accuracy {} on {} images, loss {:.4f}, calibration error {:.2f} %",
                       percent_text(result.accuracy, result.accuracy_ci95),
                       grouped(static_cast<std::uint64_t>(result.images)), result.loss, 100 * result.ece));
  print_classes(common, set.classes, result);
  for (const auto& file : {out, reliability, has_sheet ? mistakes_file : std::nullopt})
    if (file) cli::say(common, "wrote " + *file);

  cli::Json per_class;
  for (std::size_t k = 0; k < set.classes.size(); ++k) per_class[set.classes[k]] = result.per_class[k];
  cli::Json report = {{"accuracy", result.accuracy},
                      {"accuracy_ci95", {result.accuracy_ci95.low, result.accuracy_ci95.high}},
                      {"loss", result.loss},
                      {"per_class", per_class},
                      {"ece", result.ece},
                      {"images_per_second", static_cast<double>(result.images) / result.seconds}};
  report.update(about_mistakes);
  cli::report(common, report);
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, evaluate); }
