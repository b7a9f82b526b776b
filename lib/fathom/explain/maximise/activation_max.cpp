#include "fathom/explain/maximise/activation_max.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include "fathom/core/error.hpp"
#include "fathom/core/machine/blas.hpp"

namespace fathom::explain {
namespace {

void require_valid(const ActivationMaxOptions& options) {
  if (options.steps < 1 || options.blur_every < 1)
    throw InvalidArgument(fmt::format("steps and the steps between blurs must be at least 1, not {} and {}",
                                      options.steps, options.blur_every));
  if (!(options.learning_rate > 0 && std::isfinite(options.learning_rate)))
    throw InvalidArgument(fmt::format("the learning rate must be above 0, not {}", options.learning_rate));
  for (const double weight : {options.l2, options.tv, options.blur})
    if (!(weight >= 0 && std::isfinite(weight)))
      throw InvalidArgument(
          fmt::format("the weights of L2, total variation and blur must be at least 0, not {}", weight));
}

/// Adam's step on one tensor, without allocating anything.
class Adam {
 public:
  Adam(torch::Tensor parameters, double learning_rate)
      : parameters_(std::move(parameters)),
        mean_(torch::zeros_like(parameters_)),
        square_(torch::zeros_like(parameters_)),
        scratch_(torch::empty_like(parameters_)),
        learning_rate_(learning_rate) {}

  /// Downwards along `gradient`.
  void step(const torch::Tensor& gradient) {
    constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
    const torch::NoGradGuard no_grad;
    ++steps_;
    const double bias1 = 1 - std::pow(kBeta1, steps_), bias2 = 1 - std::pow(kBeta2, steps_);
    mean_.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    square_.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    torch::sqrt_out(scratch_, square_).div_(std::sqrt(bias2)).add_(kEpsilon);
    parameters_.addcdiv_(mean_, scratch_, -learning_rate_ / bias1);
  }

 private:
  torch::Tensor parameters_, mean_, square_, scratch_;
  double learning_rate_;
  double steps_ = 0;
};

torch::Tensor mean_difference(const torch::Tensor& images, std::int64_t axis) {
  const std::int64_t side = images.size(axis);
  if (side < 2) return torch::zeros({images.size(0)});
  return (images.narrow(axis, 1, side - 1) - images.narrow(axis, 0, side - 1)).abs().mean({1, 2, 3});
}

/// What is taken off the objective of each image, float [N].
torch::Tensor penalty(const torch::Tensor& images, const ActivationMaxOptions& options,
                      const torch::Tensor& background) {
  torch::Tensor sum = torch::zeros({images.size(0)});
  if (options.l2 > 0)
    sum = sum + options.l2 * (images - background.view({-1, 1, 1})).square().mean({1, 2, 3});
  if (options.tv > 0) sum = sum + options.tv * (mean_difference(images, 2) + mean_difference(images, 3));
  return sum;
}

/// The loss to go down: of all images, since each has only its own parameters to change it by.
torch::Tensor loss(const torch::Tensor& images, const Responses& responses, const Objective& objective,
                   const ActivationMaxOptions& options, const torch::Tensor& background,
                   torch::Generator& generator) {
  const torch::Tensor seen =
      options.transform.any()
          ? placed(images, random_placements(options.transform, images.size(0), generator), background)
          : images;
  const torch::Tensor value = objective(responses(seen));
  if (value.dim() != 1 || value.size(0) != images.size(0))
    throw InvalidArgument(fmt::format("an objective must return [{}], not [{}]", images.size(0),
                                      fmt::join(value.sizes(), ", ")));
  return (options.l2 > 0 || options.tv > 0 ? penalty(images, options, background) - value : -value).sum();
}

}  // namespace

ActivationMaxOptions usual_options(const std::vector<float>& mean) {
  ActivationMaxOptions options;
  if (mean.size() == 1) {
    options.background = torch::zeros({1});
    return options;
  }
  options.background = torch::tensor(mean);
  options.l2 = 20;
  options.transform = {.jitter = 0.25, .rotate = 15, .scale = 0.2, .pad = 0};
  return options;
}

ActivationMax activation_max(const Responses& responses, const Objective& objective,
                             Parametrisation& parametrisation, const ActivationMaxOptions& options,
                             torch::Generator generator, const ProgressCallback& progress,
                             const ImagesCallback& on_images) {
  require_valid(options);
  note_slow_kernels();
  const torch::AutoGradMode with_gradients(true);
  const torch::Tensor parameters = parametrisation.parameters();
  torch::Tensor images = parametrisation.images();
  const torch::Tensor background = colour_or_grey(images.size(1), options.background);
  const double side = static_cast<double>(std::max(images.size(2), images.size(3)));
  const auto activation = [&](const torch::Tensor& of) {
    const torch::NoGradGuard no_grad;
    return options.activation.value_or(objective)(responses(of)).clone();
  };

  ActivationMax found{.images = {}, .start = activation(images), .end = {}};
  if (on_images) on_images(0, images.detach().clone());
  Adam adam(parameters, options.learning_rate);
  for (std::int64_t step = 1; step <= options.steps; ++step) {
    const torch::Tensor down = loss(images, responses, objective, options, background, generator);
    if (!std::isfinite(down.item<float>()))
      throw DivergedError(
          fmt::format("the ascent diverged at step {}; a smaller learning rate may help", step));
    adam.step(torch::autograd::grad({down}, {parameters})[0]);
    parametrisation.constrain();
    if (options.blur > 0 && step % options.blur_every == 0 && step < options.steps)
      parametrisation.blur(options.blur * side);
    images = parametrisation.images();
    if (on_images) on_images(step, images.detach().clone());
    if (progress) progress(step, options.steps);
  }
  found.images = images.detach().clone();
  found.end = activation(found.images);
  return found;
}

}  // namespace fathom::explain
