/// Parametrisations of an image: the values that gradient ascent changes.
///
///   const auto image = fourier_parametrisation({.count = 10, .channels = 1, .size = {28, 28}}, generator);
///   image->parameters();   // a leaf that requires a gradient
///   image->images();       // float [10, 1, 28, 28] in [0, 1], differentiable with respect to it
///
/// One tensor holds all images of a batch.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <memory>

#include "fathom/core/geometry.hpp"

namespace fathom::explain {

struct ImagesShape {
  std::int64_t count = 1, channels = 1;
  Extent size;
};

/// `colour` as float [channels], or mid-grey if undefined. Throws InvalidArgument if it has another number of
/// channels.
torch::Tensor colour_or_grey(std::int64_t channels, const torch::Tensor& colour);

class Parametrisation {
 public:
  virtual ~Parametrisation() = default;

  /// float, a leaf on the CPU that requires a gradient. An optimiser changes it in place.
  torch::Tensor parameters() const { return parameters_; }

  /// float [count, channels, height, width] in [0, 1].
  virtual torch::Tensor images() const = 0;

  /// Projects the parameters back to valid images; called after each step.
  virtual void constrain() {}

  /// Smooths the images with a Gaussian of standard deviation `sigma` (pixels), with periodic borders.
  /// Changes the parameters.
  virtual void blur(double sigma) = 0;

 protected:
  explicit Parametrisation(torch::Tensor parameters);

  torch::Tensor parameters_;
};

/// The pixels themselves, kept in [0, 1]; from noise that is uniform within 0.1 of `colour`, float [C] in
/// [0, 1] (undefined: mid-grey).
std::unique_ptr<Parametrisation> pixel_parametrisation(const ImagesShape& shape, torch::Generator generator,
                                                       const torch::Tensor& colour = {});

/// A Fourier spectrum scaled by 1/frequency, so that a step changes coarse and fine structure alike, with the
/// colour channels decorrelated if there are three, and a sigmoid at the end:
///
///   images = sigmoid(logit(colour) + colours * irfft2(spectrum * sqrt(w h) / max(f, 1/max(w, h))) / 4)
///
/// The spectrum [count, channels, height, width / 2 + 1, 2] is drawn from N(0, 0.01); frequencies f are in
/// cycles per pixel. Olah et al. 2017; scale, divisor and the square root of the colours' covariance over
/// ImageNet are those of lucid's optvis/param (Apache 2.0), the matrix divided by its longest column. lucid's
/// pictures start at mid-grey. These start at `colour`, the mean of the data set, because pixels that the
/// network ignores keep their start value. Any size, even or odd.
std::unique_ptr<Parametrisation> fourier_parametrisation(const ImagesShape& shape, torch::Generator generator,
                                                         const torch::Tensor& colour = {});

}  // namespace fathom::explain
