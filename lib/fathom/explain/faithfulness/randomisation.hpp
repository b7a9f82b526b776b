/// The randomisation check: does a map change when the weights are randomised?
///
///   const auto networks = randomised_from_the_top(*network, generator);      // once
///   const Randomisation r = randomisation(method_of, networks, image, attribution);   // per image
///   // r.final near 1: the map shows the picture, not the network
///
/// The layers are re-initialised from the logits downwards, one more each time, as at the start of training
/// (with the network's own initialisation; batch norm statistics are reset). Each map is compared with the
/// trained network's map by Spearman's rank correlation.
///
/// Report the correlation of the absolute values. With random weights the sign of a map is random, so the
/// correlation of signed maps falls to 0 for every method, even one that only draws the outline of the
/// object. The outline, which the eye takes for an explanation, remains in the absolute values.
///
/// Adebayo, Gilmer, Muelly, Goodfellow, Hardt & Kim, "Sanity Checks for Saliency Maps", NeurIPS 2018: the
/// cascading randomisation, with "ABS" and without.
#pragma once

#include <torch/types.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fathom/explain/attribution/attribution.hpp"

namespace fathom::models {
class ImageModel;
}

namespace fathom::explain {

/// A copy of a network with re-initialised upper layers.
struct RandomisedNetwork {
  std::string layer;  ///< re-initialised together with all layers above it: "head", then "conv5", ...
  std::shared_ptr<models::ImageModel> network;  ///< in evaluation mode, on the original's device
};

/// One copy per layer: the first has only its logits re-initialised, the last has all layers re-initialised.
/// A re-initialised layer has the same weights in all copies. The original network is not changed.
std::vector<RandomisedNetwork> randomised_from_the_top(const models::ImageModel& network,
                                                       torch::Generator generator);

/// Binds a method (and a target) to a network.
using MethodOfNetwork = std::function<AttributionFunction(const std::shared_ptr<models::ImageModel>&)>;

/// Spearman correlations between the trained network's map and those of the randomised networks, in [-1, 1].
/// A constant map has correlation 0.
struct Randomisation {
  std::vector<std::string> layers;  ///< as in RandomisedNetwork
  std::vector<double> absolute;     ///< of the absolute values, per layer
  std::vector<double> signed_maps;  ///< of the maps as they are, per layer
  double final = 0;                 ///< absolute, with all layers re-initialised: the value to report
};

/// `attribution` is the trained network's for `image`. Throws InvalidArgument if there are no networks, or
/// the maps differ in size. The random weights are one draw, used for all images, so an interval over images
/// does not cover other draws. Cost: a call of the method per network.
Randomisation randomisation(const MethodOfNetwork& method_of, const std::vector<RandomisedNetwork>& networks,
                            const torch::Tensor& image, const Attribution& attribution);

}  // namespace fathom::explain
