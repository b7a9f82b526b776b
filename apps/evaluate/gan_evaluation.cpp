#include "evaluate/gan_evaluation.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/gan_judge.hpp"
#include "cli/model_files.hpp"
#include "cli/run_record.hpp"
#include "cli/sets.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/gan/checkpoint.hpp"
#include "fathom/gan/sampling.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/train/metrics.hpp"
#include "fathom/train/recipe.hpp"
#include "fathom/train/trainer.hpp"

namespace fathom::cli {
namespace {

/// For the data set's usual CNN, trained on `set` alone, with the same number of steps for any size.
train::Trainer trainer_on(const data::ImageSet& set, const data::ImageSet& full, const Common& common) {
  train::Recipe recipe = train::recipe("cnn", full);
  train::fit_batch_size(recipe.options, set.size());
  recipe.options.epochs *= std::max<std::int64_t>(1, full.size() / set.size());
  recipe.options.seed = common.seed;
  const auto network = models::build(recipe.architecture, make_generator(derive_seed(common.seed, 0x1417)));
  const data::PixelStatistics pixels = data::pixel_statistics(set);
  network->set_normalisation(pixels.mean, pixels.std);
  network->to(common.device);
  return train::Trainer(network, set, recipe.options);
}

train::Evaluation accuracy_after(train::Trainer& trainer, const data::ImageSet& test, const Common& common,
                                 const std::string& label) {
  ProgressBar bar(label, "epochs", common.quiet);
  while (!trainer.finished()) {
    trainer.run_epoch();
    bar.update(trainer.epochs_done(), trainer.options().epochs);
  }
  return train::evaluate(trainer.best()->inference(), test);
}

/// Classification accuracy score (Ravuri & Vinyals 2019): train on samples, test on real pictures. For
/// comparison, the same with `on_real`, which is trained on the same number of real training pictures.
Json classification_accuracy(const gan::Samples& samples, const data::ImageSet& training,
                             const data::ImageSet& test, train::Trainer& on_real, const Common& common) {
  const data::ImageSet generated{samples.values, samples.labels, training.classes, training.name};
  train::Trainer on_samples = trainer_on(generated, training, common);
  const train::Evaluation ours = accuracy_after(on_samples, test, common, "train on samples");
  const train::Evaluation floor = accuracy_after(on_real, test, common, "train on real pictures");
  const std::string which = generated.size() > training.size()
                                ? fmt::format("all {} real pictures", training.size())
                                : "the same number of real pictures";
  say(common, fmt::format("  classification accuracy score {}; trained on {} {}",
                          percent_text(ours.accuracy, ours.accuracy_ci95), which,
                          percent_text(floor.accuracy, floor.accuracy_ci95)));
  return {{"classification_accuracy_score", ours.accuracy},
          {"classification_accuracy_score_ci95", {ours.accuracy_ci95.low, ours.accuracy_ci95.high}},
          {"classification_accuracy_score_real", floor.accuracy}};
}

}  // namespace

void evaluate_gan(const Arguments& arguments, const Common& common) {
  for (const char* flag :
       {"model", "mean", "std", "input-size", "channels", "labels", "output", "output-scale", "out",
        "reliability", "mistakes", "split", "batch-size", "limit", "fit", "resize", "crop", "invert"})
    if (arguments.has(flag)) throw UsageError(fmt::format("--{} is for classifiers, not for --gan", flag));
  const std::int64_t count = arguments.integer("samples", 100, 1'000'000);
  const gan::GanCheckpoint gan = gan::load_generator(model_input(arguments, "gan"));
  const auto* const networks = std::get_if<gan::DcganOptions>(&gan.card.architecture);
  if (!networks) throw InvalidArgument("the generator makes points, not pictures; train_gan scores them");
  const bool trains = arguments.on("train-on-samples");
  if (trains && networks->classes == 0) throw UsageError("--train-on-samples needs a conditional generator");
  const std::string name = arguments.optional("data").value_or(gan.card.data_set);
  reads_set(arguments, "data", name, common);
  const auto classifier = optional_model_input(arguments, "classifier");
  data::Catalog catalog = cli::catalog(common, {networks->image.height, networks->image.width});
  catalog.skip_damaged = skips_damaged(arguments, name);
  arguments.refuse_unread();
  const data::ImageSet training = data::load(name, data::Split::train, catalog);
  const data::ImageSet test = data::load(name, data::Split::test, catalog);
  const auto judge =
      read_judge(classifier ? std::optional(classifier->string()) : std::nullopt, common, name);
  if (!judge)
    throw UsageError(
        fmt::format("no classifier ships for '{}'; give one trained on it with --classifier", name));

  require_judge(*judge, training, test);
  say_if_more(count, training);
  std::optional<train::Trainer> on_real;  // made before the samples, because it checks what does not fit
  if (trains) on_real.emplace(trainer_on(limited_set(training, count, common.seed), training, common));

  gan.generator->to(common.device);
  ProgressBar bar("evaluate", "samples", common.quiet);
  const gan::Samples samples = samples_to_score(*gan.generator, training, count, common.seed, bar.callback());
  bar.finish();
  const gan::GanScores scores = score_samples(*judge, samples, training, test, common.seed);
  for (const std::string& line : scores_lines(scores, training.classes)) say(common, line);
  Json json = scores_json(scores, training.classes);
  if (on_real) json.update(classification_accuracy(samples, training, test, *on_real, common));
  report(common, json);
}

}  // namespace fathom::cli
