#include "fathom/explain/attribution/methods.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/explain/attribution/guided_grad_cam.hpp"
#include "fathom/explain/attribution/input_x_gradient.hpp"
#include "fathom/explain/attribution/random_attribution.hpp"
#include "fathom/explain/attribution/saliency.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::explain {
namespace {

/// A classifier and one of its classes; copies of a Classifier share its weights.
struct Bound {
  checkpoint::Classifier model;
  std::int64_t target = 0;
  MethodOptions options;

  /// Differentiable where gradients are asked for, else by the fastest path.
  ScoreFunction score() const {
    return [model = model, target = target](const torch::Tensor& x) {
      return (x.requires_grad() ? model.differentiable_logits(x) : model.logits(x)).select(1, target);
    };
  }
};

struct Entry {
  Method method;
  std::function<AttributionFunction(const Bound&)> make;
};

AttributionFunction make_saliency(const Bound& b) {
  return [score = b.score()](const torch::Tensor& x) { return saliency(score, x); };
}

AttributionFunction make_input_x_gradient(const Bound& b) {
  return [score = b.score()](const torch::Tensor& x) { return input_x_gradient(score, x); };
}

AttributionFunction make_smoothgrad(const Bound& b) {
  return [score = b.score(), options = b.options](const torch::Tensor& x) {
    return smoothgrad(score, x, options.smoothgrad, make_generator(options.seed));
  };
}

AttributionFunction make_integrated_gradients(const Bound& b) {
  return [score = b.score(), options = b.options.integrated_gradients](const torch::Tensor& x) {
    return integrated_gradients(score, x, options);
  };
}

/// The options with the stage named, so that a wrong one is found before any image is.
GradCamOptions with_stage(const Bound& b) {
  GradCamOptions options = b.options.grad_cam;
  options.stage = require_convolutional_stage(*b.model.network(), options.stage);
  return options;
}

AttributionFunction make_grad_cam(const Bound& b) {
  return [network = b.model.network(), target = b.target, options = with_stage(b)](const torch::Tensor& x) {
    return grad_cam(*network, x, target, options).attribution;
  };
}

AttributionFunction make_guided_grad_cam(const Bound& b) {
  return [network = b.model.network(), target = b.target, options = with_stage(b)](const torch::Tensor& x) {
    return guided_grad_cam(*network, x, target, options);
  };
}

AttributionFunction make_occlusion(const Bound& b) {
  return [score = b.score(), options = b.options.occlusion](const torch::Tensor& x) {
    const OcclusionMap map = occlusion(score, x, options);
    return attribution_of_map(map.drop, x.size(1), map.score);
  };
}

AttributionFunction make_random(const Bound& b) {
  return [score = b.score(), generator = make_generator(b.options.seed)](const torch::Tensor& x) {
    Attribution noise = random_attribution(x, generator);
    noise.score = score(x)[0].item<float>();
    return noise;
  };
}

const std::vector<Entry>& entries() {
  static const std::vector<Entry> table = {
      {{"saliency", Needs::gradients}, make_saliency},
      {{"input-x-gradient", Needs::gradients}, make_input_x_gradient},
      {{"smoothgrad", Needs::gradients}, make_smoothgrad},
      {{"integrated-gradients", Needs::gradients}, make_integrated_gradients},
      {{"grad-cam", Needs::stages}, make_grad_cam},
      {{"guided-grad-cam", Needs::relu_stages, /*is_directional=*/true}, make_guided_grad_cam},
      {{"occlusion", Needs::scores}, make_occlusion},
      {{"random", Needs::scores}, make_random},
  };
  return table;
}

const Entry& find_entry(const std::string& name) {
  const auto named = [&](const Entry& e) { return e.method.name == name; };
  const auto found = std::find_if(entries().begin(), entries().end(), named);
  if (found != entries().end()) return *found;
  std::vector<std::string> names;
  for (const Entry& e : entries()) names.push_back(e.method.name);
  throw InvalidArgument("no attribution method '" + name + "'" + suggestion(name, names));
}

}  // namespace

const std::vector<Method>& attribution_methods() {
  static const std::vector<Method> methods = [] {
    std::vector<Method> all;
    for (const Entry& e : entries()) all.push_back(e.method);
    return all;
  }();
  return methods;
}

const Method& find_attribution_method(const std::string& name) { return find_entry(name).method; }

std::string why_not(const Method& method, const checkpoint::Classifier& model) {
  if (method.needs == Needs::scores || method.needs == Needs::gradients) return {};
  const std::shared_ptr<models::ImageModel>& network = model.network();
  if (!network)
    return fmt::format("{} needs a network with stages, and this TorchScript program shows none",
                       method.name);
  if (convolutional_stages(*network).empty())
    return fmt::format("{} needs a convolutional stage, and this {} has none", method.name,
                       models::kind(network->architecture()));
  if (method.needs == Needs::relu_stages && !network->is_built_of_relus())
    return fmt::format("{} needs a network of ReLUs, and this {} is built of others", method.name,
                       models::kind(network->architecture()));
  return {};
}

AttributionFunction attribution_method(const std::string& name, const checkpoint::Classifier& model,
                                       std::int64_t target, const MethodOptions& options) {
  const Entry& entry = find_entry(name);
  if (const std::string reason = why_not(entry.method, model); !reason.empty()) throw InvalidArgument(reason);
  if (target < 0 || target >= std::ssize(model.classes()))
    throw InvalidArgument(
        fmt::format("no class {}: the model's classes are 0 to {}", target, model.classes().size() - 1));
  return entry.make({model, target, options});
}

}  // namespace fathom::explain
