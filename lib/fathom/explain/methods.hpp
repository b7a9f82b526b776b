/// Every attribution method by its name, bound to a classifier and a target.
///
///   const AttributionFunction explain = attribution_method("smoothgrad", model, target, {});
///   const Attribution a = explain(image);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fathom/explain/attribution.hpp"
#include "fathom/explain/grad_cam.hpp"
#include "fathom/explain/integrated_gradients.hpp"
#include "fathom/explain/occlusion.hpp"
#include "fathom/explain/score.hpp"
#include "fathom/explain/smoothgrad.hpp"
#include "fathom/models/classifier.hpp"

namespace fathom::explain {

/// What a method needs of a classifier.
enum class Needs {
  scores,       ///< logits alone: any classifier, a black box too
  gradients,    ///< logits that can be differentiated: any TorchScript classifier of the usual layers
  stages,       ///< a native network with convolutional stages
  relu_stages,  ///< and its activations are ReLUs
};

struct Method {
  std::string name;  ///< as on command lines: "grad-cam"
  Needs needs = Needs::scores;
};

/// saliency, input-x-gradient, smoothgrad, integrated-gradients, grad-cam, guided-grad-cam, occlusion, and
/// random, which knows nothing: the floor that the others have to be above.
const std::vector<Method>& attribution_methods();

/// By its name. Throws InvalidArgument, suggesting the closest.
const Method& find_attribution_method(const std::string& name);

/// Why `method` cannot explain that classifier, as a sentence for messages; empty where it can.
std::string why_not(const Method& method, const models::Classifier& model);

struct MethodOptions {
  SmoothGradOptions smoothgrad;
  IntegratedGradientsOptions integrated_gradients;
  GradCamOptions grad_cam;  ///< of guided-grad-cam too
  OcclusionOptions occlusion;
  std::uint64_t seed = 0;  ///< of smoothgrad's noise and of random: the same at every call, so that a method
                           ///< is a function of the image alone
};

/// The method for the target's logit. The function holds what it needs of the classifier and may outlive it.
/// Throws InvalidArgument for an unknown name, a target that is none of the classes, a method that cannot
/// explain that classifier (with the reason), or a stage that it does not have.
AttributionFunction attribution_method(const std::string& name, const models::Classifier& model,
                                       std::int64_t target, const MethodOptions& options = {});

}  // namespace fathom::explain
