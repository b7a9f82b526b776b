/// Activation maximization: images that maximise a response of a network, by gradient ascent from noise.
///
///   const Objective objective = class_margin({0, 1, 2, 3});
///   const auto start = fourier_parametrisation({.count = 4, .channels = 1, .size = {28, 28}}, generator);
///   const ActivationMax found =
///       activation_max(responses_of(model, objective.stages()), objective, *start, {}, generator);
///   found.images;   // float [4, 1, 28, 28]
///
/// Erhan et al. 2009; Simonyan, Vedaldi & Zisserman 2013 (L2); Yosinski et al. 2015 (blur); Mahendran &
/// Vedaldi 2015 (total variation); Olah et al. 2017 (Fourier spectrum, transformations).
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "fathom/core/progress.hpp"
#include "fathom/explain/maximise/objective.hpp"
#include "fathom/explain/maximise/parametrisation.hpp"
#include "fathom/explain/maximise/transform.hpp"

namespace fathom::explain {

struct ActivationMaxOptions {
  std::int64_t steps = 256;
  double learning_rate = 0.1;  ///< of Adam (Kingma & Ba 2015), on the parametrisation
  double l2 = 40;   ///< weight of the mean squared distance of the pixels from `background`, subtracted from
                    ///< the objective
  double tv = 0;    ///< weight of the mean absolute difference between neighbours, down plus right
  double blur = 0;  ///< deviation of a Gaussian that smooths the image, as a share of its longer side
  std::int64_t blur_every = 4;  ///< steps from one blur to the next; none after the last step
  TransformOptions transform = {
      .jitter = 0.05, .rotate = 5, .scale = 0.1, .pad = 0};  ///< new draws for each step and image
  torch::Tensor background;             ///< float [C]: colour of the background; undefined: mid-grey
  std::optional<Objective> activation;  ///< what `start` and `end` report; empty: the objective
};

struct ActivationMax {
  torch::Tensor images;  ///< float [N, C, H, W] in [0, 1], on the CPU
  torch::Tensor start,
      end;  ///< float [N]: activation of the first and of the last images, without transformations
};

/// The default options for a data set with this mean colour, one value per channel, chosen by measurement
/// (docs/activation_max.md). Grey pictures (digits, clothes) show a centred object on black: a black
/// background and the default transformations. Colour pictures show objects of any size anywhere: the mean as
/// background, and larger shifts and rotations.
///
///   usual_options(model.mean())
ActivationMaxOptions usual_options(const std::vector<float>& mean);

/// Called with the current images before the first step and after each step: float [N, C, H, W].
using ImagesCallback = std::function<void(std::int64_t step, const torch::Tensor& images)>;

/// Maximises sum over images of objective - l2 * distance - tv * variation. `parametrisation` holds the start
/// and, afterwards, the result. Images are independent of each other unless the objective couples them
/// (diversity). Progress counts steps. Throws InvalidArgument if an option is out of range, and DivergedError
/// if the objective is no longer finite.
ActivationMax activation_max(const Responses& responses, const Objective& objective,
                             Parametrisation& parametrisation, const ActivationMaxOptions& options,
                             torch::Generator generator, const ProgressCallback& progress = {},
                             const ImagesCallback& on_images = {});

}  // namespace fathom::explain
