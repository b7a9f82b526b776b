/// The randomisation check: does a map change when the network forgets what it has learned?
///
///   const auto networks = randomised_from_the_top(*network, generator);      // once
///   const Randomisation r = randomisation(method_of, networks, image, attribution);   // per image
///   // r.final near 1: the map shows the picture, not the network
///
/// The layers are drawn anew from the logits down, one more each time, as training would start them
/// (models::initialise by the network's own choice, batch norm back to its first statistics), and each map is
/// compared with the trained network's by Spearman's rank correlation.
///
/// Of two correlations, that of the absolute values is the one to report. Where weights are random the sign
/// of a map is a coin toss, so the correlation of signed maps falls to 0 for any method at all, one that
/// merely draws the outline of the object among them; the outline, which is what an eye takes for an
/// explanation, remains in the absolute values.
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

/// A copy of a network that has forgotten its upper layers.
struct RandomisedNetwork {
  std::string layer;  ///< drawn anew with every layer above it: "head", then "conv5", ...
  std::shared_ptr<models::ImageModel> network;  ///< in evaluation mode, on the original's device
};

/// One copy per layer, from the one that has forgotten its logits alone to the one that has forgotten all; a
/// layer that two of them have forgotten has the same weights in both. The network itself is left alone.
std::vector<RandomisedNetwork> randomised_from_the_top(const models::ImageModel& network,
                                                       torch::Generator generator);

/// Binds a method (and a target) to a network.
using MethodOfNetwork = std::function<AttributionFunction(const std::shared_ptr<models::ImageModel>&)>;

/// Spearman's correlations of the trained network's map with those of the networks that forgot, in [-1, 1]. A
/// map without any order (all its numbers equal) keeps nothing of another's: 0.
struct Randomisation {
  std::vector<std::string> layers;  ///< as in RandomisedNetwork
  std::vector<double> absolute;     ///< of the absolute values, per layer
  std::vector<double> signed_maps;  ///< of the maps as they are, per layer
  double final = 0;                 ///< absolute, with every layer drawn anew: the figure to report
};

/// `attribution` is the trained network's for `image`. Throws InvalidArgument where there are no networks, or
/// the maps differ in size. The weights are one draw, the same for every image of a slice: an interval over
/// images says nothing about other draws. Cost: a call of the method per network.
Randomisation randomisation(const MethodOfNetwork& method_of, const std::vector<RandomisedNetwork>& networks,
                            const torch::Tensor& image, const Attribution& attribution);

}  // namespace fathom::explain
