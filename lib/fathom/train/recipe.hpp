/// Default networks and training options for each data set.
///
///   const Recipe recipe = train::recipe("cnn", set);
///   Trainer trainer(models::build(recipe.architecture, generator), set, recipe.options);
#pragma once

#include <string>

#include "fathom/data/image_set.hpp"
#include "fathom/models/architecture.hpp"
#include "fathom/train/options.hpp"

namespace fathom::train {

/// A network and training options that give a well-trained classifier.
struct Recipe {
  models::Architecture architecture;
  TrainOptions options;
};

/// The recipe for a kind of network and a data set. Other data sets use the recipe of fashion-mnist (grey) or
/// cifar10 (colour). Throws InvalidArgument for an unknown kind (the closest is suggested).
Recipe recipe(const std::string& kind, const data::ImageSet& set);

/// Lowers the batch size to the number of training images: `images` without the validation split.
void fit_batch_size(TrainOptions& options, std::int64_t images);

}  // namespace fathom::train
