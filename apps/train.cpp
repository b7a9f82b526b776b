/// train: trains a classifier, with good defaults.
///
///   train --model cnn --data fashion-mnist --epochs 5 -o cnn.pt
///
/// Writes the checkpoint (a TorchScript program with its card) and beside it, in cnn.train, everything that
/// `train --resume cnn.pt` needs to continue as if the run had not been interrupted. The loop itself is
/// lib/fathom/train/trainer.hpp.
#include <cmath>

#include <fmt/format.h>
#include <torch/version.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/run_record.hpp"
#include "fathom/augment/standard.hpp"
#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/io/file.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/optim/optimizer.hpp"
#include "fathom/train/doubts.hpp"
#include "fathom/train/metrics.hpp"
#include "fathom/train/recipe.hpp"
#include "fathom/train/trainer.hpp"

namespace {

using namespace fathom;

/// " (cnn, mlp)": the kinds of network that have an option; empty if all have it.
template <typename Option>
std::string only_for(Option models::SharedOptions::*option) {
  std::vector<std::string> having;
  for (const std::string& kind : models::kinds()) {
    models::Architecture network = models::default_architecture(kind);
    if (models::shared_options(network).*option != nullptr) having.push_back(kind);
  }
  if (having.size() == models::kinds().size()) return {};
  return fmt::format(" ({})", fmt::join(having, ", "));
}

cli::Parser parser() {
  cli::Parser parser("train",
                     "Trains a network on images and writes a checkpoint that C++ and Python can run.",
                     {"train --model cnn --data fashion-mnist -o cnn.pt",
                      "train --model mlp --data fashion-mnist --epochs 1 --limit 5000 -o mlp.pt"});
  cli::add_common_flags(parser);
  const char *network = cli::kModel, *run = "Training", *output = "Output";
  parser.fixed_value(network, "model", fmt::format("{}", fmt::join(models::kinds(), "|")), "KIND", "cnn")
      .fixed_value(network, "dropout",
                   "share of units dropped, in [0, 1)" + only_for(&models::SharedOptions::dropout), "P")
      .fixed_value(network, "batch-norm", "on|off" + only_for(&models::SharedOptions::batch_norm), "on|off")
      .fixed_value(network, "activation",
                   "relu|tanh|sigmoid|gelu|identity" + only_for(&models::SharedOptions::activation), "NAME")
      .fixed_value(network, "init", "he|xavier|lecun|constant", "NAME")
      .fixed_value(cli::kData, "data", data::set_choices(), "SET", "fashion-mnist");
  cli::add_run_flags(parser);
  parser
      .fixed_value(
          cli::kData, "augment",
          "none|standard (flips and shifts that suit the set), a preset (fashion, digits, cifar, ...), a "
          "file, or operations: \"crop(2) | hflip(p=0.5) | mixup(0.2)\"",
          "WHAT")
      .fixed_value(cli::kData, "validation", "share of the training images held out, in [0, 1)", "SHARE")
      .value(run, "epochs", "passes over the training images", "N")
      .fixed_value(run, "batch-size", "images per step", "N")
      .fixed_value(run, "optimizer", "sgd|adam|adamw", "NAME")
      .fixed_value(run, "lr", "peak learning rate", "RATE")
      .sets("learning rate")
      .fixed_value(run, "schedule", "constant|step|cosine|one-cycle", "NAME")
      .fixed_value(run, "weight-decay", "weight decay (not applied to biases and batch norm)", "W")
      .fixed_value(run, "momentum", "momentum of sgd, in [0, 1)", "M")
      .fixed_value(run, "label-smoothing", "label smoothing, in [0, 1)", "S")
      .fixed_value(run, "clip-norm", "clip the norm of the gradient to N", "N")
      .sets("gradient's norm")
      .fixed_value(run, "clip-value", "clip every entry of the gradient to [-V, V]", "V")
      .fixed_value(run, "precision", "fp32|bf16 (bf16 needs a CPU with AVX512-BF16)", "P")
      .sets("the precision")
      .fixed_value(run, "patience", "stop after N epochs without a better validation accuracy", "N")
      .fixed_value(run, "target-accuracy", "stop when the validation accuracy reaches A, in (0, 1]", "A")
      .value(run, "resume", "resume this checkpoint's training (needs its .train file beside it)", "FILE.pt")
      .value(output, "history", "write losses and accuracies per epoch", "FILE.csv")
      .value(output, "o,out", "the checkpoint (default: MODEL.pt)", "FILE.pt");
  return parser;
}

augment::Pipeline read_augmentation(const cli::Arguments& a, const data::ImageSet& set) {
  const std::string text = a.text("augment");
  if (text == "none") return {};
  if (text == "standard")
    return augment::standard_pipeline(data::usual_augmentation(set.name),
                                      {set.images.size(2), set.images.size(3)});
  return augment::read_pipeline(text, data::search_directories(a.optional("data-dir")), {"none", "standard"});
}

/// Flags for options that the kind of network does not have are refused.
void read_network(const cli::Arguments& a, models::Architecture& architecture) {
  const models::SharedOptions shared = models::shared_options(architecture);
  const auto given = [&](const char* flag, const void* option) {
    if (a.has(flag) && option == nullptr)
      throw cli::UsageError(
          fmt::format("--{} does not apply to --model {}", flag, models::kind(architecture)));
    return a.has(flag);
  };
  if (given("dropout", shared.dropout)) *shared.dropout = a.number("dropout", 0, 0.999);
  if (given("batch-norm", shared.batch_norm)) *shared.batch_norm = a.on_off("batch-norm");
  if (given("activation", shared.activation)) *shared.activation = nn::activation_from(a.text("activation"));
  if (a.has("init"))
    std::visit([&](auto& network) { network.init = nn::init_from(a.text("init")); }, architecture);
}

/// Everything that decides the weights; what is not given comes from the recipe for that network and data
/// set.
train::Recipe read_recipe(const cli::Arguments& a, const data::ImageSet& set) {
  train::Recipe recipe = train::recipe(a.choice("model", models::kinds()), set);
  train::TrainOptions& o = recipe.options;
  constexpr double any = HUGE_VAL;
  o.epochs = a.optional_integer("epochs", 1, 100000).value_or(o.epochs);
  o.batch_size = a.optional_integer("batch-size", 1, 1 << 20).value_or(o.batch_size);
  if (a.has("optimizer")) {
    const optim::OptimizerKind kind = optim::optimizer_from(a.text("optimizer"));
    // The recipe's rate and decay are for its own optimizer.
    if (kind != o.optimizer.kind) o.optimizer = optim::usual(kind);
  }
  o.optimizer.learning_rate = a.optional_number("lr", 1e-12, 1e6).value_or(o.optimizer.learning_rate);
  if (a.has("schedule")) o.schedule = train::schedule_from(a.text("schedule"));
  o.optimizer.weight_decay = a.optional_number("weight-decay", 0, any).value_or(o.optimizer.weight_decay);
  if (o.optimizer.kind == optim::OptimizerKind::sgd) {
    o.optimizer.momentum = a.optional_number("momentum", 0, 0.9999).value_or(o.optimizer.momentum);
  } else {
    a.unused({"momentum"}, fmt::format("with the optimizer {}", to_string(o.optimizer.kind)));
  }
  o.label_smoothing = a.optional_number("label-smoothing", 0, 0.999).value_or(o.label_smoothing);
  if (a.has("clip-norm")) o.clip_norm = a.number("clip-norm", 1e-12, any);
  if (a.has("clip-value")) o.clip_value = a.number("clip-value", 1e-12, any);
  if (a.has("augment")) o.augmentation = read_augmentation(a, set);
  if (a.has("precision")) o.precision = train::precision_from(a.text("precision"));
  o.validation = a.optional_number("validation", 0, 0.99).value_or(o.validation);
  o.patience = a.optional_integer("patience", 1, 100000).value_or(o.patience);
  o.target_accuracy = a.optional_number("target-accuracy", 1e-6, 1).value_or(o.target_accuracy);
  // Both need images to judge by.
  if ((o.patience > 0 || o.target_accuracy > 0) && !a.has("validation")) o.validation = 0.1;
  if (!a.has("batch-size")) train::fit_batch_size(o, set.size());
  o.seed = static_cast<std::uint64_t>(a.integer("seed", 0, INT64_MAX));

  read_network(a, recipe.architecture);
  return recipe;
}

/// The trainer with what it trains on; for a resumed run as it stood, else fresh.
struct Run {
  cli::RunNote note;
  data::ImageSet set;
  std::unique_ptr<train::Trainer> trainer;
};

Run start(const cli::Arguments& a, const cli::Common& common, const cli::RunStart& from) {
  Run run;
  run.note = from.note;
  run.set = cli::read_set(run.note, data::Split::train, common);
  const train::Recipe recipe = read_recipe(a, run.set);
  torch::Generator generator = make_generator(derive_seed(common.seed, 0x1417));
  std::shared_ptr<models::ImageModel> network = models::build(recipe.architecture, generator);
  const data::PixelStatistics pixels = data::pixel_statistics(run.set);
  network->set_normalisation(pixels.mean, pixels.std);
  network->to(common.device);
  run.trainer = std::make_unique<train::Trainer>(network, run.set, recipe.options);
  run.trainer->set_note(run.note.text());
  return run;
}

Run resume(const cli::Arguments& a, const cli::Common& common, const cli::RunStart& from) {
  Run run;
  run.note = from.note;
  run.set = cli::read_resumed_set(run.note, data::Split::train, common);
  const auto epochs = a.optional_integer("epochs", 1, 100000);
  run.trainer = cli::from_state(cli::resumed_state(from.files), [&] {
    return std::make_unique<train::Trainer>(
        train::Trainer::resume(from.state, run.set, epochs, common.device));
  });
  if (from.other_kernels) run.trainer->set_note(run.note.text());
  if (const std::string& why = run.trainer->continued_despite(); !why.empty())
    cli::say(common,
             fmt::format("the run had stopped early, because {}; it goes on without early stopping", why));
  return run;
}

std::vector<float> per_channel(const torch::Tensor& values) {
  const torch::Tensor flat = values.to(torch::kCPU).flatten();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

checkpoint::ModelCard card_of(const Run& run) {
  const train::Trainer& trainer = *run.trainer;
  checkpoint::ModelCard card;
  card.architecture = trainer.network()->architecture();
  card.classes = run.set.classes;
  card.mean = per_channel(trainer.network()->mean());
  card.std = per_channel(trainer.network()->deviation());
  card.data_set = run.set.name;
  card.data_checksum = trainer.data_checksum();
  card.data_note = run.note.data_note;
  card.seed = trainer.options().seed;
  card.epochs = trainer.best_epoch();
  card.fathom_version = fathom_version();
  card.torch_version = TORCH_VERSION;
  card.kernels = run.note.kernels;
  card.command_line = run.note.command_line;
  return card;
}

std::string epoch_text(const train::EpochRecord& r, std::int64_t epochs) {
  std::string line = fmt::format("epoch {:>2}/{}  loss {:.4f}  accuracy {:.2f} %", r.epoch, epochs,
                                 r.training_loss, 100 * r.training_accuracy);
  if (r.validation_accuracy) line += fmt::format("  validation {:.2f} %", 100 * *r.validation_accuracy);
  return line + fmt::format("  {}  {:.0f} images/s", duration_text(r.seconds), r.images_per_second);
}

std::string finished_text(const train::Trainer& trainer) {
  return fmt::format("the run is finished after {}; --epochs with a higher number continues it",
                     counted(static_cast<std::uint64_t>(trainer.epochs_done()), "epoch"));
}

std::string place_text(const train::Trainer& trainer) {
  return fmt::format("in epoch {} of {}, after step {} of {}", trainer.epochs_done() + 1,
                     trainer.options().epochs, trainer.steps_in_epoch(), trainer.steps_per_epoch());
}

/// Trains to the end or to Ctrl-C.
void train_on(Run& run, checkpoint::ModelCard& card, const cli::RunFiles& files, const cli::Common& common) {
  train::Trainer& trainer = *run.trainer;
  const auto next_epoch = [&](ProgressBar& bar, const cli::Interrupt& interrupt) {
    bar.restart(fmt::format("epoch {}/{}", trainer.epochs_done() + 1, trainer.options().epochs));
    const auto step = [&](std::int64_t done, std::int64_t steps, double loss) {
      bar.note(fmt::format("loss {:.4f}", loss));
      bar.update(done, steps);
      return !interrupt.requested();
    };
    return trainer.run_epoch(step).has_value();
  };
  const auto keep = [&] {
    card.epochs = trainer.best_epoch();
    checkpoint::save_checkpoint(files.checkpoint, *trainer.best(), card);
  };
  const cli::RunParts parts{
      .program = "train",
      .bar = "",
      .next = next_epoch,
      .keep = keep,
      .catch_up = {},
      .record = [&] { return epoch_text(trainer.history().back(), trainer.options().epochs); },
      .diverged = [&] { return fmt::format("'{}' holds the last good state", files.state().string()); },
      .place = [&] { return place_text(trainer); },
      .finished = [&] { return finished_text(trainer); }};
  cli::train_to_end(trainer, files, parts, common);
}

/// What speaks against the trained network, and what to try.
void note_doubts(const train::Doubts& doubts, optim::OptimizerKind optimizer) {
  for (const std::string& text : doubts.texts) note(text);
  if (doubts.is_failure)
    note(fmt::format("to train better, try {}a smaller --lr, more --epochs or a smaller --batch-size",
                     optimizer == optim::OptimizerKind::adamw ? "" : "--optimizer adamw, "));
}

void train_program(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments);
  const cli::RunStart from = cli::read_run(arguments, common,
                                           {.fresh = arguments.text("model") + ".pt",
                                            .changeable = "epochs",
                                            .note_of = train::Trainer::note_of,
                                            .has_pictures = {},
                                            .judge = {}});
  const cli::RunFiles& files = from.files;
  Run run = files.resumed ? resume(arguments, common, from) : start(arguments, common, from);
  arguments.refuse_unread();
  const train::Trainer& trainer = *run.trainer;
  const std::int64_t parameters = models::parameter_count(trainer.network()->architecture());
  const train::TrainOptions& options = trainer.options();
  cli::say(common,
           fmt::format("{} on {}: {}, {}, {}, batch size {}, {} with learning rate {:.4g}",
                       models::kind(trainer.network()->architecture()), run.set.name,
                       counted(static_cast<std::uint64_t>(run.set.size()), "image"),
                       counted(static_cast<std::uint64_t>(parameters), "parameter"),
                       counted(static_cast<std::uint64_t>(options.epochs), "epoch"), options.batch_size,
                       to_string(options.optimizer.kind), options.optimizer.learning_rate));
  checkpoint::ModelCard card = card_of(run);
  // Before hours of training, not after.
  const data::ImageSet test = cli::read_set(run.note, data::Split::test, common);
  train_on(run, card, files, common);
  if (!trainer.stopped_because().empty()) cli::say(common, "stopped early: " + trainer.stopped_because());

  const std::shared_ptr<models::ImageModel> best = trainer.best();
  const train::Evaluation result = train::evaluate(best->inference(), test);
  card.test_images = result.images;
  card.test_accuracy = result.accuracy;
  card.test_accuracy_ci95 = result.accuracy_ci95;
  checkpoint::save_checkpoint(files.checkpoint, *best, card);
  cli::say(common, fmt::format("test accuracy {} on {}; wrote {}, {}{}",
                               percent_text(result.accuracy, result.accuracy_ci95),
                               counted(static_cast<std::uint64_t>(result.images), "image"),
                               files.checkpoint.string(), files.state().string(),
                               files.history ? ", " + files.history->string() : std::string()));
  note_doubts(train::doubts(result, trainer.history()), options.optimizer.kind);
  cli::report(common, {{"test_accuracy", result.accuracy},
                       {"test_accuracy_ci95", {result.accuracy_ci95.low, result.accuracy_ci95.high}},
                       {"test_loss", result.loss},
                       {"epochs", trainer.epochs_done()},
                       {"train_seconds", trainer.seconds()},
                       {"images_per_second", static_cast<double>(trainer.images_seen()) / trainer.seconds()},
                       {"parameters", parameters},
                       {"batch_size", options.batch_size},
                       {"optimizer", to_string(options.optimizer.kind)},
                       {"learning_rate", options.optimizer.learning_rate},
                       {"model", files.checkpoint.string()}});
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, train_program); }
