#include "fathom/explain/faithfulness/randomisation.hpp"

#include <algorithm>
#include <cmath>

#include "fathom/core/error.hpp"
#include "fathom/core/statistics.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/models/layers.hpp"

namespace fathom::explain {
namespace {

double correlation(const torch::Tensor& before, const torch::Tensor& after) {
  const double rho = spearman_correlation(before, after);
  return std::isnan(rho) ? 0 : rho;
}

}  // namespace

std::vector<RandomisedNetwork> randomised_from_the_top(const models::ImageModel& network,
                                                       torch::Generator generator) {
  const nn::Init init = models::init_of(network.architecture());
  const std::shared_ptr<models::ImageModel> forgetting = models::copy_of(network);
  std::vector<models::Layer> layers = models::layers_of(*forgetting);
  std::reverse(layers.begin(), layers.end());
  std::vector<RandomisedNetwork> networks;
  for (const models::Layer& layer : layers) {
    models::reinitialise(layer, init, generator);
    networks.push_back({layer.name, models::copy_of(*forgetting)});
    networks.back().network->to(network.mean().device());
  }
  return networks;
}

Randomisation randomisation(const MethodOfNetwork& method_of, const std::vector<RandomisedNetwork>& networks,
                            const torch::Tensor& image, const Attribution& attribution) {
  if (networks.empty()) throw InvalidArgument("the randomisation check needs at least one network");
  Randomisation result;
  for (const auto& [layer, network] : networks) {
    const torch::Tensor map = method_of(network)(image).map;
    result.layers.push_back(layer);
    result.absolute.push_back(correlation(attribution.map.abs(), map.abs()));
    result.signed_maps.push_back(correlation(attribution.map, map));
  }
  result.final = result.absolute.back();
  return result;
}

}  // namespace fathom::explain
