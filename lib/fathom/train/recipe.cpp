#include "fathom/train/recipe.hpp"

#include <algorithm>

#include "fathom/augment/standard.hpp"
#include "fathom/data/public_sets.hpp"

namespace fathom::train {
namespace {

optim::OptimizerOptions with_rate(optim::OptimizerOptions options, double rate) {
  options.learning_rate = rate;
  return options;
}

/// Wide enough for the last blocks to see whole objects: halved until its shorter side is at most 8 pixels,
/// but never to nothing.
std::vector<std::int64_t> fitted(std::vector<std::int64_t> blocks, const models::InputShape& input) {
  const std::int64_t side = std::min(input.height, input.width);
  while (!blocks.empty() && side >> blocks.size() == 0) blocks.pop_back();
  while (!blocks.empty() && side >> blocks.size() > 8) blocks.push_back(blocks.back());
  return blocks;
}

/// 128, or less for small sets, so that an epoch has some 20 steps; batch norm wants 8 and more.
std::int64_t fitted_batch(std::int64_t images) {
  return std::min(images, std::clamp<std::int64_t>(images / 20, 8, 128));
}

// A recipe per kind. `net` has its default options, and the input and classes of the set; the batch size is
// fitted afterwards.

Recipe recipe_for(models::CnnOptions net, const std::string& data_set) {
  const bool colour = net.input.channels == 3;
  net.stem = 16;
  net.blocks =
      fitted(colour ? std::vector<std::int64_t>{48, 96, 160} : std::vector<std::int64_t>{32, 64}, net.input);
  // In small grey sets the thing is centred: where a part lies tells as much as what it is. Dropout keeps the
  // head from hanging on a few places.
  if (!colour) net.head = models::Head::flatten, net.dropout = 0.5;
  return {.architecture = net,
          .options = {.epochs = colour ? 13 : 6,
                      .optimizer = with_rate(usual(optim::OptimizerKind::sgd), colour ? 0.15 : 0.1),
                      .label_smoothing = colour ? 0.1 : 0.0,
                      .augmentation = augment::standard_pipeline(data::usual_augmentation(data_set),
                                                                 {net.input.height, net.input.width})}};
}

Recipe recipe_for(models::MlpOptions net, const std::string&) {
  net.hidden = {512, 256};
  net.dropout = 0.2;
  return {.architecture = net, .options = {.epochs = 10, .optimizer = usual(optim::OptimizerKind::adamw)}};
}

Recipe recipe_for(models::BiLstmOptions net, const std::string&) {
  net.hidden = 128;
  return {
      .architecture = net,
      .options = {
          .epochs = 6, .optimizer = with_rate(usual(optim::OptimizerKind::adamw), 4e-3), .clip_norm = 1.0}};
}

}  // namespace

Recipe recipe(const std::string& kind, const data::ImageSet& set) {
  const auto for_set = [&](auto net) {
    net.input = {set.images.size(1), set.images.size(2), set.images.size(3)};
    net.classes = std::ssize(set.classes);
    return recipe_for(net, set.name);
  };
  Recipe recipe = std::visit(for_set, models::default_architecture(kind));
  recipe.options.batch_size = fitted_batch(set.size());
  return recipe;
}

void fit_batch_size(TrainOptions& options, std::int64_t images) {
  const std::int64_t held =
      options.validation > 0 && images > 1 ? data::held_out(images, options.validation) : 0;
  options.batch_size = std::min(options.batch_size, images - held);
}

}  // namespace fathom::train
