/// Every attribution method by its name, bound to a classifier and a target.
///
///   const AttributionFunction explain = attribution_method("smoothgrad", model, target, {});
///   const Attribution a = explain(image);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/attribution/grad_cam.hpp"
#include "fathom/explain/attribution/integrated_gradients.hpp"
#include "fathom/explain/attribution/occlusion.hpp"
#include "fathom/explain/attribution/smoothgrad.hpp"
#include "fathom/explain/score.hpp"

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
  /// Its sign says in which direction a pixel should change, not whether it speaks for the class: pixels are
  /// ranked by DeletionInsertionOptions::by_magnitude.
  bool is_directional = false;
};

/// saliency, input-x-gradient, smoothgrad, integrated-gradients, grad-cam, guided-grad-cam, occlusion, and
/// random, which knows nothing: the floor that the others have to be above.
const std::vector<Method>& attribution_methods();

/// By its name. Throws InvalidArgument, suggesting the closest.
const Method& find_attribution_method(const std::string& name);

/// Why `method` cannot explain that classifier, as a sentence for messages; empty where it can.
std::string why_not(const Method& method, const checkpoint::Classifier& model);

struct MethodOptions {
  SmoothGradOptions smoothgrad;
  IntegratedGradientsOptions integrated_gradients;
  GradCamOptions grad_cam;  ///< of guided-grad-cam too
  OcclusionOptions occlusion;
  std::uint64_t seed =
      0;  ///< of smoothgrad's noise, the same at every call, and of random, new at every call
};

/// The method for the target's logit. The function holds what it needs of the classifier and may outlive it.
/// Throws InvalidArgument for an unknown name, a target that is none of the classes, a method that cannot
/// explain that classifier (with the reason), or a stage that it does not have.
AttributionFunction attribution_method(const std::string& name, const checkpoint::Classifier& model,
                                       std::int64_t target, const MethodOptions& options = {});

}  // namespace fathom::explain
