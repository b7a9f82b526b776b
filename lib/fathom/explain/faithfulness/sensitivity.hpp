/// Maximum sensitivity: how much can an invisible change of the image change the explanation?
///
///   const double s = sensitivity(method, image, method(image), {.radius = 0.02}, generator);
///
/// max over y with |y - x| <= radius in every number of |map(y) - map(x)| / |map(x)| (Euclidean norms), over
/// pictures drawn at random: a lower bound of the true maximum. 0: the map does not change; 1: it changes by
/// its own norm. The network's output for y may really differ, which is not the method's fault, and a
/// constant map never changes. A low value is therefore good only together with low infidelity.
///
/// Yeh, Hsieh, Suggala, Inouye & Ravikumar, "On the (In)fidelity and Sensitivity of Explanations", NeurIPS
/// 2019; divided by the map's norm, as Captum does, since maps come in any unit.
#pragma once

#include <torch/types.h>
#include <cstdint>

#include "fathom/explain/attribution/attribution.hpp"

namespace fathom::explain {

struct SensitivityOptions {
  double radius = 0.02;             ///< of the ball, in units of pixels in [0, 1]; above 0 and at most 1
  std::int64_t perturbations = 10;  ///< pictures drawn uniformly from it, then clamped to [0, 1]
};

/// `attribution` is what `method` gives for `image`. Infinite if this map is all zero and a perturbed one is
/// not; 0 if all are zero. Throws InvalidArgument if the image is not float [1, C, H, W], the attribution
/// does not fit it or an option is out of range. Cost: perturbations calls of `method`.
double sensitivity(const AttributionFunction& method, const torch::Tensor& image,
                   const Attribution& attribution, const SensitivityOptions& options,
                   torch::Generator generator);

}  // namespace fathom::explain
