/// Loops for batch norm or a bias, followed by leaky ReLU, on plain arrays. A sample has `places` rows of
/// `channels` values (channels-last feature maps). All other arrays hold one value per channel. Outputs must
/// not alias inputs.
#pragma once

#include <cstdint>

namespace fathom::nn {

struct SampleShape {
  std::int64_t places, channels;
};

/// Per channel the mean of a sample and the sum of its squared deviations from it.
void sample_moments(SampleShape shape, const float* x, float* mean, float* deviations);

/// Mean and biased variance of a batch from the moments of its samples, stored contiguously (Chan, Golub &
/// LeVeque 1983).
void batch_moments(SampleShape shape, std::int64_t samples, const float* means, const float* deviations,
                   float* mean, float* variance);

/// max(a, slope a) of a = scale u + shift with the normalised u = (x - mean) inverse; a slope of [0, 1).
struct NormedUnit {
  const float *mean, *inverse, *scale, *shift;
  float slope;
};

void activate(SampleShape shape, const NormedUnit& unit, const float* x, float* y);

/// For one sample, with g the gradient of a: the sums of g and of g u, which are the gradients of shift and
/// scale.
void affine_gradients(SampleShape shape, const NormedUnit& unit, const float* x, const float* gradient,
                      float* of_shift, float* of_scale);

/// For a batch: the means of scale g and scale g u over all values. `stride` is the distance between the
/// scales of consecutive samples; 0 if they share one.
void gradient_moments(SampleShape shape, std::int64_t samples, const float* scale, std::int64_t stride,
                      const float* of_shift, const float* of_scale, float* alone, float* with_u);

/// The gradient of a sample's x: inverse (scale g - alone - u with_u).
void input_gradient(SampleShape shape, const NormedUnit& unit, const float* x, const float* gradient,
                    const float* alone, const float* with_u, float* result);

/// max(a, slope a) with a = x + bias, in place.
void activate_biased(SampleShape shape, const float* bias, float slope, float* x);

/// For one sample, with y the result of activate_biased: the gradients of x and of the bias.
void biased_gradients(SampleShape shape, float slope, const float* y, const float* gradient, float* of_x,
                      float* of_bias);

}  // namespace fathom::nn
