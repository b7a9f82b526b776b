#include "fathom/explain/attribution/methods.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/machine/blas.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/explain/attribution/grad_cam.hpp"
#include "fathom/explain/attribution/guided_grad_cam.hpp"
#include "fathom/explain/attribution/input_x_gradient.hpp"
#include "fathom/explain/attribution/integrated_gradients.hpp"
#include "fathom/explain/attribution/occlusion.hpp"
#include "fathom/explain/attribution/random_attribution.hpp"
#include "fathom/explain/attribution/saliency.hpp"
#include "fathom/explain/attribution/smoothgrad.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::explain {
namespace {

/// An option that is a field of a method's own struct, which knows the default.
template <typename Options, typename Value>
MethodOption field(const char* name, const char* meaning, const char* unit, Value Options::*member,
                   double low = 0, double high = 0) {
  return {name,
          meaning,
          unit,
          Options{}.*member,
          low,
          high,
          [member](MethodOptions& options, const OptionValue& value) {
            options.of<Options>().*member = std::get<Value>(value);
          }};
}

/// A switch that turns a field to the opposite of its default.
template <typename Options>
MethodOption toggle(const char* name, const char* meaning, bool Options::*member) {
  return {name, meaning, "", false, 0, 0, [member](MethodOptions& options, const OptionValue& value) {
            options.of<Options>().*member = std::get<bool>(value) != Options{}.*member;
          }};
}

/// A method that takes the score and nothing else.
template <Attribution (*method)(const ScoreFunction&, const torch::Tensor&)>
AttributionFunction make(const MethodInputs& b) {
  return [score = b.score()](const torch::Tensor& x) { return method(score, x); };
}

/// The noise is the same at every call.
AttributionFunction make_smoothgrad(const MethodInputs& b) {
  return [score = b.score(), options = b.options.of<SmoothGradOptions>(), seed = b.options.seed](
             const torch::Tensor& x) { return smoothgrad(score, x, options, make_generator(seed)); };
}

AttributionFunction make_integrated_gradients(const MethodInputs& b) {
  return [score = b.score(), options = b.options.of<IntegratedGradientsOptions>()](const torch::Tensor& x) {
    return integrated_gradients(score, x, options);
  };
}

/// The options with the stage named, so that a wrong one is found before any image is.
GradCamOptions with_stage(const MethodInputs& b) {
  GradCamOptions options = b.options.of<GradCamOptions>();
  options.stage = require_convolutional_stage(*b.model.network(), options.stage);
  return options;
}

AttributionFunction make_grad_cam(const MethodInputs& b) {
  return [network = b.model.network(), target = b.target, options = with_stage(b)](const torch::Tensor& x) {
    return grad_cam(*network, x, target, options).attribution;
  };
}

AttributionFunction make_guided_grad_cam(const MethodInputs& b) {
  return [network = b.model.network(), target = b.target, options = with_stage(b)](const torch::Tensor& x) {
    return guided_grad_cam(*network, x, target, options);
  };
}

AttributionFunction make_occlusion(const MethodInputs& b) {
  return [score = b.score(), options = b.options.of<OcclusionOptions>()](const torch::Tensor& x) {
    const OcclusionMap map = occlusion(score, x, options);
    return attribution_of_map(map.drop, x.size(1), map.score);
  };
}

/// The noise is new at every call.
AttributionFunction make_random(const MethodInputs& b) {
  return [score = b.score(), generator = make_generator(b.options.seed)](const torch::Tensor& x) {
    Attribution noise = random_attribution(x, generator);
    noise.score = score(x)[0].item<float>();
    return noise;
  };
}

std::vector<MethodOption> grad_cam_options() {
  return {field("stage", "convolutional stage (default: the last)", "NAME", &GradCamOptions::stage),
          toggle("no-relu", "also keep evidence against the class", &GradCamOptions::relu)};
}

std::vector<MethodOption> occlusion_options() {
  MethodOption window = field("window", "patch in input pixels (default: a quarter of the side)", "H[xW]",
                              &OcclusionOptions::window);
  window.set = [](MethodOptions& options, const OptionValue& value) {
    OcclusionOptions& sweep = options.of<OcclusionOptions>();
    sweep.window = std::get<Extent>(value);
    sweep.stride = {std::min(sweep.stride.height, sweep.window.height),
                    std::min(sweep.stride.width, sweep.window.width)};
  };
  return {window,
          field("stride", "step (default: an eighth of the side); at most the window", "H[xW]",
                &OcclusionOptions::stride),
          field("baseline", "what the patch is covered with", "WHAT", &OcclusionOptions::baseline)};
}

void suit_occlusion(MethodOptions& options, Extent image) {
  options.of<OcclusionOptions>() = usual_sweep(image);
}

}  // namespace

ScoreFunction MethodInputs::score() const {
  return [model = model, target = target](const torch::Tensor& x) {
    return (x.requires_grad() ? model.differentiable_logits(x) : model.logits(x)).select(1, target);
  };
}

const std::vector<Method>& attribution_methods() {
  static const std::vector<Method> table = {
      {"saliency", "largest |gradient| over the channels", Needs::gradients, make<saliency>},
      {"input-x-gradient", "image times gradient, summed over the channels", Needs::gradients,
       make<input_x_gradient>},
      {"smoothgrad",
       "as saliency, with the gradient averaged over noisy copies",
       Needs::gradients,
       make_smoothgrad,
       {field("samples", "number of noisy copies", "N", &SmoothGradOptions::samples, 1, 100000),
        field("noise", "standard deviation of the noise, as a share of the image's range", "SHARE",
              &SmoothGradOptions::noise, 0, 10)}},
      {"integrated-gradients",
       "(image - baseline) times the mean gradient between them, summed over the channels",
       Needs::gradients,
       make_integrated_gradients,
       {field("points", "points along the path", "N", &IntegratedGradientsOptions::points, 1, 10000),
        field("baseline", "baseline", "WHAT", &IntegratedGradientsOptions::baseline)}},
      {"grad-cam", "a stage's channels, each weighted by its mean gradient", Needs::stages, make_grad_cam,
       grad_cam_options()},
      {"guided-grad-cam",
       "guided backpropagation times Grad-CAM, summed over the channels",
       Needs::relu_stages,
       make_guided_grad_cam,
       grad_cam_options(),
       {},
       /*is_directional=*/true},
      {"occlusion", "mean drop of the score over the windows that cover the pixel", Needs::scores,
       make_occlusion, occlusion_options(), suit_occlusion},
      {kFloorMethod, "normal noise", Needs::scores, make_random},
  };
  return table;
}

const Method& find_attribution_method(const std::string& name) {
  std::vector<std::string> names;
  for (const Method& method : attribution_methods()) {
    if (method.name == name) return method;
    names.push_back(method.name);
  }
  throw InvalidArgument("no attribution method '" + name + "'" + suggestion(name, names));
}

std::string why_not(const Method& method, const checkpoint::Classifier& model) {
  if (method.needs == Needs::scores || method.needs == Needs::gradients) return {};
  const std::shared_ptr<models::ImageModel>& network = model.network();
  if (!network)
    return fmt::format("{} needs a network with stages, but this TorchScript program shows none",
                       method.name);
  if (convolutional_stages(*network).empty())
    return fmt::format("{} needs a convolutional stage, but this {} has none", method.name,
                       models::kind(network->architecture()));
  if (method.needs == Needs::relu_stages && !network->is_built_of_relus())
    return fmt::format("{} needs a network with ReLUs, but this {} uses other activations", method.name,
                       models::kind(network->architecture()));
  return {};
}

AttributionFunction attribution_method(const std::string& name, const checkpoint::Classifier& model,
                                       std::int64_t target, const MethodOptions& options) {
  const Method& method = find_attribution_method(name);
  if (const std::string reason = why_not(method, model); !reason.empty()) throw InvalidArgument(reason);
  if (target < 0 || target >= std::ssize(model.classes()))
    throw InvalidArgument(
        fmt::format("no class {}: the model's classes are 0 to {}", target, model.classes().size() - 1));
  note_slow_kernels();
  return method.make({model, target, options});
}

}  // namespace fathom::explain
