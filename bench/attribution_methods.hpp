/// The attribution methods that bench/faithfulness.cpp measures, in their plainest form.
#pragma once

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fathom/core/runtime.hpp"
#include "fathom/explain/attribution.hpp"
#include "fathom/explain/occlusion.hpp"
#include "fathom/explain/random_attribution.hpp"
#include "fathom/explain/substrate.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::bench {

using explain::Attribution;
using explain::AttributionFunction;
using Network = std::shared_ptr<models::ImageModel>;

/// A method of a network, for a target.
struct Method {
  std::string name;
  std::function<AttributionFunction(const Network&, std::int64_t target)> of;
  bool by_magnitude = false;  ///< DeletionInsertionOptions::by_magnitude
};

inline explain::ScoreFunction logit_of(models::LogitsFunction logits, std::int64_t target) {
  return [logits = std::move(logits), target](const torch::Tensor& x) { return logits(x).select(1, target); };
}

inline explain::ScoreFunction probability_of(models::LogitsFunction logits, std::int64_t target) {
  return [logits = std::move(logits), target](const torch::Tensor& x) {
    return torch::softmax(logits(x), 1).select(1, target);
  };
}

/// Of a batch of images, one by one: float [N, C, H, W].
inline torch::Tensor gradient(const explain::ScoreFunction& score, const torch::Tensor& images) {
  const torch::Tensor x = images.detach().clone().requires_grad_(true);
  return torch::autograd::grad({score(x).sum()}, {x})[0].detach();
}

inline Attribution signed_attribution(const torch::Tensor& values) { return {values, values.sum(0)}; }
inline Attribution unsigned_attribution(const torch::Tensor& values) {
  return {values, std::get<0>(values.abs().max(0)), 0, false};
}

/// What stands for nothing: a picture, float [C, H, W], for an image of a network.
struct Baseline {
  std::string name;
  std::function<torch::Tensor(const Network&, const torch::Tensor& image)> of;
};

inline Baseline mean_colour() {
  return {"mean", [](const Network& net, const torch::Tensor& x) {
            return net->mean().expand_as(x[0]).contiguous();
          }};
}
inline Baseline black() {
  return {"black", [](const Network&, const torch::Tensor& x) { return torch::zeros_like(x[0]); }};
}
inline Baseline blurred() {
  return {"blur",
          [](const Network&, const torch::Tensor& x) { return explain::substrate_picture({}, x)[0]; }};
}

inline Method occlusion(const Baseline& baseline) {
  return {"occlusion, " + baseline.name,
          [baseline](const Network& net, std::int64_t target) -> AttributionFunction {
            return [net, baseline, score = logit_of(net->inference(), target)](const torch::Tensor& x) {
              const explain::OcclusionOptions options{.window = {x.size(2) / 4, x.size(3) / 4},
                                                      .stride = {x.size(2) / 8, x.size(3) / 8},
                                                      .baseline = baseline.of(net, x)};
              const explain::OcclusionMap map = explain::occlusion(score, x, options);
              return explain::attribution_of_map(map.drop, x.size(1), map.score);
            };
          }};
}

inline Method saliency() {
  return {"saliency", [](const Network& net, std::int64_t target) -> AttributionFunction {
            return [score = logit_of(net->folded(), target)](const torch::Tensor& x) {
              return unsigned_attribution(gradient(score, x)[0]);
            };
          }};
}

inline Method input_x_gradient() {
  return {"input x gradient", [](const Network& net, std::int64_t target) -> AttributionFunction {
            return [score = logit_of(net->folded(), target)](const torch::Tensor& x) {
              return signed_attribution((gradient(score, x) * x)[0]);
            };
          }};
}

inline Method smoothgrad(double noise) {
  return {
      fmt::format("SmoothGrad, noise {}", noise),
      [noise](const Network& net, std::int64_t target) -> AttributionFunction {
        return [noise, score = logit_of(net->folded(), target)](const torch::Tensor& x) {
          const double deviation = noise * (x.max() - x.min()).item<double>();
          const torch::Tensor draws = torch::randn({25, x.size(1), x.size(2), x.size(3)}, make_generator(0));
          return unsigned_attribution(gradient(score, x + deviation * draws).mean(0));
        };
      }};
}

/// By the midpoints of 50 equal steps.
inline Method integrated_gradients(const Baseline& baseline) {
  return {
      "integrated gradients, " + baseline.name,
      [baseline](const Network& net, std::int64_t target) -> AttributionFunction {
        return [net, baseline, score = logit_of(net->folded(), target)](const torch::Tensor& x) {
          const torch::Tensor start = baseline.of(net, x), way = x[0] - start;
          const torch::Tensor share = ((torch::arange(50) + 0.5) / 50).to(torch::kFloat).view({-1, 1, 1, 1});
          return signed_attribution(gradient(score, start + share * way).mean(0) * way);
        };
      }};
}

inline torch::Tensor grad_cam_map(const Network& net, std::int64_t target, const torch::Tensor& x) {
  const std::vector<torch::Tensor> stages = net->activations(x, net->stages().size());
  const torch::Tensor& features = stages[stages.size() - 2];
  const torch::Tensor slope = torch::autograd::grad({stages.back().select(1, target).sum()}, {features})[0];
  const torch::Tensor cam = torch::relu((slope.mean({2, 3}, true) * features).sum(1, true)).detach();
  return at::upsample_bilinear2d(cam, {x.size(2), x.size(3)}, false)[0][0];
}

inline Method grad_cam() {
  return {"Grad-CAM", [](const Network& net, std::int64_t target) -> AttributionFunction {
            return [net, target](const torch::Tensor& x) {
              return explain::attribution_of_map(grad_cam_map(net, target, x), x.size(1), 0, false);
            };
          }};
}

/// Its sign says whether a pixel should become brighter, so it is ranked by magnitude; or, to show what comes
/// of it, by sign.
inline Method guided_grad_cam(bool by_magnitude) {
  return {by_magnitude ? "guided Grad-CAM" : "guided Grad-CAM, ranked by sign",
          [](const Network& net, std::int64_t target) -> AttributionFunction {
            const Network guided = models::copy_of(*net);
            guided->set_relu_gradient(models::ReluGradient::guided);
            const auto score = [guided, target](const torch::Tensor& x) {
              return guided->forward(x).select(1, target);
            };
            return [net, target, score](const torch::Tensor& x) {
              return signed_attribution(gradient(score, x)[0] * grad_cam_map(net, target, x));
            };
          },
          by_magnitude};
}

/// One generator for all pictures: no two get the same map.
inline Method random_floor() {
  return {"random", [generator = make_generator(0)](const Network&, std::int64_t) -> AttributionFunction {
            return [generator](const torch::Tensor& x) { return explain::random_attribution(x, generator); };
          }};
}

}  // namespace fathom::bench
