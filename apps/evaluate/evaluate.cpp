/// evaluate: how good is a classifier, class by class?
///
///   evaluate --model cnn.pt --data fashion-mnist -o confusion.png
///
/// Runs a model over a split of a data set and prints its accuracy with a 95 % interval, its loss, its
/// calibration, and the confusion matrix as a picture. With --gan a generator is scored instead, by a
/// classifier's features.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/gan_judge.hpp"
#include "cli/model_flags.hpp"
#include "cli/run_record.hpp"
#include "cli/scene.hpp"
#include "cli/sets.hpp"
#include "evaluate/gan_evaluation.hpp"
#include "evaluate/mistakes.hpp"
#include "evaluate/picture_names.hpp"
#include "evaluate/training_pictures.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/statistics.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/class_match.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/draw/confusion.hpp"
#include "fathom/draw/reliability.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/train/metrics.hpp"

namespace {

using namespace fathom;

/// Of a folder, to tell whether its pictures are mostly bright.
constexpr std::int64_t kJudgedPictures = 100;

cli::Parser parser() {
  cli::Parser parser("evaluate",
                     "Measures a classifier on a data set: accuracy with its interval, loss, calibration.",
                     {"evaluate --model fashion-cnn --data fashion-mnist --mistakes mistakes.png",
                      "evaluate --gan fashion-gan --samples 2000"});
  cli::add_common_flags(parser);
  cli::add_model_flags(parser);
  parser.value(cli::kData, "data", data::set_choices() + " (default: the set in the model's card)", "SET")
      .value(cli::kData, "split", "test|train|all", "SPLIT", "test")
      .sets("all of them", "all")
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
  cli::add_set_flags(parser);
  cli::add_fit_flags(parser);
  cli::add_judge_flags(parser);
  return parser;
}

/// Pictures of another shape than the model's input are fitted to it.
void say_if_fitted(const data::ImageSet& set, const image::FitOptions& fit) {
  const auto shape = [](std::int64_t channels, std::int64_t height, std::int64_t width) {
    return fmt::format("{}x{} {}", height, width, channels == 1 ? "grey" : "RGB");
  };
  const std::string from = shape(set.images.size(1), set.images.size(2), set.images.size(3));
  const std::string to = shape(fit.channels, fit.size.height, fit.size.width);
  if (from != to)
    note(fmt::format("the pictures of {} are {}: they are fitted to the model's {}", set.name, from, to));
}

struct FittedSet {
  data::ImageSet set;
  image::FitOptions fit;    ///< how the set's pictures become the model's input
  cli::PictureNamer names;  ///< of its pictures; empty if nobody asks
};

/// The images of `set` that --limit draws: int64 indices.
torch::Tensor drawn_indices(const data::ImageSet& set, std::int64_t limit, std::uint64_t seed) {
  const data::ImageSet numbers = {torch::arange(set.size()), set.labels, set.classes, set.name};
  return cli::limited_set(numbers, limit, seed).images;
}

/// A folder's name in a card is relative to where the model was trained.
void require_set_of_card(const std::string& name, bool is_given) {
  if (is_given || !cli::is_folder_set(name)) return;
  std::error_code ignored;
  if (!std::filesystem::exists(name.substr(name.find(':') + 1), ignored))
    throw FileError(fmt::format(
        "the model's card names the data set '{}', which is not there (its path starts where the model was "
        "trained); give one with --data",
        name));
}

/// The last flags that are read.
FittedSet read_set(const cli::Arguments& arguments, const cli::Common& common,
                   const checkpoint::Classifier& model, bool with_names) {
  const auto named = arguments.optional("data");
  if (!named && !model.card())
    throw cli::UsageError("--data is missing, and the model has no card with a data set");
  const std::string split = arguments.choice("split", {"test", "train", "all"});
  const auto limit = arguments.optional_integer("limit", 1, INT64_MAX);
  const std::string name = named ? *named : model.card()->data_set;
  require_set_of_card(name, named.has_value());
  cli::reads_set(arguments, "data", name, common);
  image::FitOptions fit = cli::read_fit(arguments, model.input());
  data::Catalog catalog = cli::catalog(common, fit.size);
  catalog.skip_damaged = cli::skips_damaged(arguments, name);
  arguments.refuse_unread();
  cli::ReadFiles files;  // their pictures are fitted as they are read
  catalog.read_picture = files.recorded(cli::fitting_reader(fit));
  const data::ImageSet read =
      split == "all" ? data::load_all(name, catalog)
                     : data::load(name, split == "test" ? data::Split::test : data::Split::train, catalog);
  if (model.card()) cli::note_training_pictures(*model.card(), read, name, split, catalog);
  data::ImageSet set = data::with_classes_of(read, model.classes());
  if (!files.empty()) {
    cli::hint_at_inversion(data::to_unit_range(set.first(kJudgedPictures).images), model.mean(), fit);
    fit = {.channels = fit.channels, .size = fit.size};  // as they were read; the channels may differ
  }
  say_if_fitted(set, fit);
  cli::EvaluatedPictures pictures{name, split, {}};
  if (limit) {
    pictures.drawn = drawn_indices(set, *limit, common.seed);
    set = set.subset(pictures.drawn);
  }
  return {std::move(set), fit,
          with_names ? cli::picture_namer(pictures, files, catalog) : cli::PictureNamer()};
}

constexpr std::size_t kMostWithoutPicture = 20;  // classes that are listed
constexpr std::size_t kManyClasses = 100;        // for a matrix

void print_classes(const cli::Common& common, const std::vector<std::string>& classes,
                   const train::Evaluation& result) {
  std::size_t longest = 0;
  for (const std::string& name : classes) longest = std::max(longest, name.size());
  const auto empty = static_cast<std::size_t>(std::count_if(result.per_class.begin(), result.per_class.end(),
                                                            [](double a) { return std::isnan(a); }));
  for (std::size_t k = 0; k < classes.size(); ++k)
    if (empty <= kMostWithoutPicture || !std::isnan(result.per_class[k]))
      cli::say(common, fmt::format("  {:<{}}  {}", classes[k], longest,
                                   std::isnan(result.per_class[k])
                                       ? "no picture"
                                       : fmt::format("{:6.2f} %", 100 * result.per_class[k])));
  if (empty > kMostWithoutPicture) cli::say(common, fmt::format("  {} classes have no picture", empty));
}

/// The confusion matrix; of many classes, some without a picture, only those that occur or are predicted.
torch::Tensor matrix_picture(const train::Evaluation& result, const data::ImageSet& set,
                             const std::string& title) {
  if (set.classes.size() <= kManyClasses || data::missing_classes(set).empty())
    return draw::confusion_picture(result.confusion, set.classes, title);
  const torch::Tensor occurring = (result.confusion.sum(0) + result.confusion.sum(1)).nonzero().flatten();
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < occurring.size(0); ++i)
    names.push_back(set.classes[static_cast<std::size_t>(occurring[i].item<std::int64_t>())]);
  return draw::confusion_picture(
      result.confusion.index_select(0, occurring).index_select(1, occurring).contiguous(), names, title);
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
                    const cli::PictureNamer& names, const std::string& title, cli::Json& report) {
  const std::vector<cli::Mistake> wrong = cli::mistakes(set, result);
  const std::vector<cli::ConfusedPair> pairs = cli::confused_pairs(wrong);
  report.update(cli::mistakes_json(set, wrong, pairs, names));
  if (wrong.empty()) {
    note(fmt::format("there are no mistakes, so '{}' is not written", file));
    return false;
  }
  image::write_picture(
      file, cli::mistakes_sheet(set, wrong, pairs, names, title + ", " + counted(wrong.size(), "mistake")));
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
  const FittedSet read = read_set(arguments, common, model, mistakes_file.has_value());
  const data::ImageSet& set = read.set;

  ProgressBar bar("evaluate", "images", common.quiet);
  const train::Evaluation result =
      train::evaluate([&](const torch::Tensor& x) { return model.logits(cli::fit_batch(x, read.fit)); }, set,
                      batch, bar.callback());
  bar.finish();

  const std::string images = fmt::format("{} {}", grouped(static_cast<std::uint64_t>(result.images)),
                                         plural(result.images, "image"));
  const std::string title = fmt::format("{} {}: accuracy {} on {}", set.name, arguments.text("split"),
                                        percent_text(result.accuracy, result.accuracy_ci95), images);
  if (out) image::write_picture(*out, matrix_picture(result, set, title));
  if (reliability)
    image::write_picture(
        *reliability,
        draw::reliability_picture(result.reliability, fmt::format("{} {}: accuracy at each confidence",
                                                                  set.name, arguments.text("split"))));
  cli::Json about_mistakes = cli::Json::object();
  const std::string model_name = printable(std::filesystem::path(arguments.text("model")).stem().string());
  const bool has_sheet = mistakes_file && write_mistakes(*mistakes_file, set, result, read.names,
                                                         model_name + " on " + title, about_mistakes);
  cli::say(common, fmt::format("accuracy {} on {}, loss {:.4f}, calibration error {:.2f} %",
                               percent_text(result.accuracy, result.accuracy_ci95), images, result.loss,
                               100 * result.ece));
  print_classes(common, set.classes, result);
  for (const auto& file : {out, reliability, has_sheet ? mistakes_file : std::nullopt})
    if (file) cli::say(common, "wrote " + *file);

  cli::Json per_class;  // null for a class without pictures
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
