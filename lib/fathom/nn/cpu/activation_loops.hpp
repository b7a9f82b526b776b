/// Batch norm or a bias, and the leaky ReLU behind it, over plain memory. A sample is `places` rows of
/// `channels` numbers, as channels-last memory holds the maps of a picture; what else there is has a number
/// per channel. Nothing that is written overlaps anything else.
#pragma once

#include <cstdint>

namespace fathom::nn {

struct SampleShape {
  std::int64_t places, channels;
};

/// Per channel the mean of a sample and the sum of its squared deviations from it.
void sample_moments(SampleShape shape, const float* x, float* mean, float* deviations);

/// Mean and biased variance of a batch from the moments of its samples, which lie one after the other (Chan,
/// Golub & LeVeque 1983).
void batch_moments(SampleShape shape, std::int64_t samples, const float* means, const float* deviations,
                   float* mean, float* variance);

/// max(a, slope a) of a = scale u + shift with the normalised u = (x - mean) inverse; a slope of [0, 1).
struct NormedUnit {
  const float *mean, *inverse, *scale, *shift;
  float slope;
};

void activate(SampleShape shape, const NormedUnit& unit, const float* x, float* y);

/// With g the gradient of a, of a sample: the sums of g and of g u, which are the gradients of shift and
/// scale.
void affine_gradients(SampleShape shape, const NormedUnit& unit, const float* x, const float* gradient,
                      float* of_shift, float* of_scale);

/// Of a batch, the means of scale g and of scale g u over all its values; `stride` numbers lie between the
/// scales of a sample and of the next, 0 where they have one together.
void gradient_moments(SampleShape shape, std::int64_t samples, const float* scale, std::int64_t stride,
                      const float* of_shift, const float* of_scale, float* alone, float* with_u);

/// The gradient of a sample's x: inverse (scale g - alone - u with_u).
void input_gradient(SampleShape shape, const NormedUnit& unit, const float* x, const float* gradient,
                    const float* alone, const float* with_u, float* result);

/// max(a, slope a) of a = x + bias, in the place of x.
void activate_biased(SampleShape shape, const float* bias, float slope, float* x);

/// With y what activate_biased left, of a sample: the gradients of x and of the bias.
void biased_gradients(SampleShape shape, float slope, const float* y, const float* gradient, float* of_x,
                      float* of_bias);

}  // namespace fathom::nn
