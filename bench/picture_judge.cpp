/// A judge for bench/activation_max_judged: a CNN of another architecture than the shipped ones, which
/// `train` cannot make since widths are no flags of it: two blocks instead of three, other widths, GELU
/// instead of ReLU, its own seed.
///
///   build/bin/picture_judge cifar10 judge.pt [seed = 7] [epochs = 8]
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/train/metrics.hpp"
#include "fathom/train/recipe.hpp"
#include "fathom/train/trainer.hpp"

namespace {

using namespace fathom;

void train_judge(const std::string& name, const std::string& out, std::uint64_t seed, std::int64_t epochs) {
  set_threads(0);
  const data::Catalog catalog{data::search_directories({}), {}};
  const data::ImageSet set = data::load(name, data::Split::train, catalog);
  train::Recipe recipe = train::recipe("cnn", set);
  recipe.options.seed = seed;
  recipe.options.epochs = epochs;
  const models::CnnOptions architecture{.input = models::input_of(recipe.architecture),
                                        .stem = 32,
                                        .blocks = {64, 128},
                                        .activation = nn::Activation::gelu};
  const auto network = models::build(architecture, make_generator(derive_seed(seed, 0x1417)));
  const data::PixelStatistics pixels = data::pixel_statistics(set);
  network->set_normalisation(pixels.mean, pixels.std);
  train::Trainer trainer(network, set, recipe.options);
  while (!trainer.finished()) {
    const train::EpochRecord record = *trainer.run_epoch();
    fmt::print("epoch {}: {:.2f} %, {:.0f} s\n", record.epoch, 100 * record.training_accuracy,
               record.seconds);
    std::fflush(stdout);
  }
  const train::Evaluation test =
      train::evaluate(trainer.best()->inference(), data::load(name, data::Split::test, catalog));
  checkpoint::ModelCard card;
  card.architecture = architecture;
  card.classes = set.classes;
  card.mean = pixels.mean;
  card.std = pixels.std;
  card.data_set = set.name;
  card.data_checksum = trainer.data_checksum();
  card.seed = seed;
  card.epochs = epochs;
  card.test_images = test.images;
  card.test_accuracy = test.accuracy;
  card.test_accuracy_ci95 = test.accuracy_ci95;
  card.fathom_version = fathom_version();
  card.command_line = fmt::format("picture_judge {} {} {} {}", name, out, seed, epochs);
  checkpoint::save_checkpoint(out, *trainer.best(), card);
  fmt::print("test accuracy {}; wrote {}\n", percent_text(test.accuracy, test.accuracy_ci95), out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: picture_judge SET OUT.pt [SEED [EPOCHS]]\n");
    return 2;
  }
  try {
    train_judge(argv[1], argv[2], argc > 3 ? std::stoull(argv[3]) : 7, argc > 4 ? std::stoll(argv[4]) : 8);
  } catch (const std::exception& e) {
    fmt::print(stderr, "picture_judge: error: {}\n", e.what());
    return 1;
  }
}
