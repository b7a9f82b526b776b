/// `evaluate --mistakes`: which pictures does a classifier get wrong, and what does it take them for?
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "evaluate/picture_names.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/train/metrics.hpp"

namespace fathom::cli {

/// A wrong prediction.
struct Mistake {
  std::int64_t index = 0;  ///< of the picture in the evaluated set
  std::int64_t label = 0, predicted = 0;
  double probability = 0;  ///< of the predicted class
};

/// A true class that is taken for another.
struct ConfusedPair {
  std::int64_t label = 0, predicted = 0;
  std::vector<Mistake> mistakes;  ///< the most confident first
};

/// All wrong predictions, the most confident first; of equals, the first in the set.
std::vector<Mistake> mistakes(const data::ImageSet& set, const train::Evaluation& result);
/// The pairs with the most mistakes first; of equals, in the order of the classes.
std::vector<ConfusedPair> confused_pairs(const std::vector<Mistake>& mistakes);

/// The 18 most confident mistakes, and below them the 6 most confused pairs with up to 8 pictures each, under
/// a title. uint8 [3, H, W]. There must be a mistake.
torch::Tensor mistakes_sheet(const data::ImageSet& set, const std::vector<Mistake>& mistakes,
                             const std::vector<ConfusedPair>& pairs, const PictureNamer& names,
                             const std::string& title);

/// The keys of the report about what the sheet shows: "mistakes" and "confused_pairs".
Json mistakes_json(const data::ImageSet& set, const std::vector<Mistake>& mistakes,
                   const std::vector<ConfusedPair>& pairs, const PictureNamer& names);

}  // namespace fathom::cli
