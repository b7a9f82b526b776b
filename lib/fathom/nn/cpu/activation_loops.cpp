#include "fathom/nn/cpu/activation_loops.hpp"

#include <algorithm>
#include <vector>

// A function as written and one for AVX2 and fused multiply-adds, which is taken where the processor has
// them.
#if defined(__x86_64__) && defined(__GLIBC__)
#define FATHOM_VECTORISED __attribute__((target_clones("arch=haswell", "default")))
#else
#define FATHOM_VECTORISED
#endif

namespace fathom::nn {

// Sums over the places of a sample are float64: in float32 they lose digits as the area grows.

FATHOM_VECTORISED void sample_moments(SampleShape shape, const float* __restrict x, float* __restrict mean,
                                      float* __restrict deviations) {
  const std::int64_t places = shape.places, channels = shape.channels;
  std::vector<double> sums(static_cast<std::size_t>(channels), 0.0);
  double* const __restrict sum = sums.data();
  for (std::int64_t p = 0; p < places; ++p)
    for (std::int64_t c = 0; c < channels; ++c) sum[c] += static_cast<double>(x[p * channels + c]);
  for (std::int64_t c = 0; c < channels; ++c) {
    mean[c] = static_cast<float>(sum[c] / static_cast<double>(places));
    sum[c] = 0;
  }
  for (std::int64_t p = 0; p < places; ++p)
    for (std::int64_t c = 0; c < channels; ++c) {
      const double deviation = static_cast<double>(x[p * channels + c] - mean[c]);
      sum[c] += deviation * deviation;
    }
  for (std::int64_t c = 0; c < channels; ++c) deviations[c] = static_cast<float>(sum[c]);
}

FATHOM_VECTORISED void batch_moments(SampleShape shape, std::int64_t samples, const float* __restrict means,
                                     const float* __restrict deviations, float* __restrict mean,
                                     float* __restrict variance) {
  const std::int64_t channels = shape.channels;
  const auto n = static_cast<float>(samples), places = static_cast<float>(shape.places);
  std::fill_n(mean, channels, 0.0F);
  std::fill_n(variance, channels, 0.0F);
  for (std::int64_t s = 0; s < samples; ++s)
    for (std::int64_t c = 0; c < channels; ++c) mean[c] += means[s * channels + c];
  for (std::int64_t c = 0; c < channels; ++c) mean[c] /= n;
  for (std::int64_t s = 0; s < samples; ++s)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float apart = means[s * channels + c] - mean[c];
      variance[c] += apart * apart + deviations[s * channels + c] / places;
    }
  for (std::int64_t c = 0; c < channels; ++c) variance[c] /= n;
}

FATHOM_VECTORISED void activate(SampleShape shape, const NormedUnit& unit, const float* __restrict x,
                                float* __restrict y) {
  const std::int64_t places = shape.places, channels = shape.channels;
  const NormedUnit of = unit;
  for (std::int64_t p = 0; p < places; ++p)
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t i = p * channels + c;
      const float a = (x[i] - of.mean[c]) * of.inverse[c] * of.scale[c] + of.shift[c];
      y[i] = a > 0 ? a : a * of.slope;
    }
}

FATHOM_VECTORISED void affine_gradients(SampleShape shape, const NormedUnit& unit, const float* __restrict x,
                                        const float* __restrict gradient, float* __restrict of_shift,
                                        float* __restrict of_scale) {
  const std::int64_t places = shape.places, channels = shape.channels;
  const NormedUnit of = unit;
  std::vector<double> sums(static_cast<std::size_t>(2 * channels), 0.0);
  double* const __restrict shift_sum = sums.data(), * const __restrict scale_sum = sums.data() + channels;
  for (std::int64_t p = 0; p < places; ++p)
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t i = p * channels + c;
      const float u = (x[i] - of.mean[c]) * of.inverse[c];
      const float g = gradient[i] * (u * of.scale[c] + of.shift[c] > 0 ? 1 : of.slope);
      shift_sum[c] += static_cast<double>(g);
      scale_sum[c] += static_cast<double>(g * u);
    }
  for (std::int64_t c = 0; c < channels; ++c) {
    of_shift[c] = static_cast<float>(shift_sum[c]);
    of_scale[c] = static_cast<float>(scale_sum[c]);
  }
}

FATHOM_VECTORISED void gradient_moments(SampleShape shape, std::int64_t samples,
                                        const float* __restrict scale, std::int64_t stride,
                                        const float* __restrict of_shift, const float* __restrict of_scale,
                                        float* __restrict alone, float* __restrict with_u) {
  const std::int64_t channels = shape.channels;
  const float values = static_cast<float>(samples) * static_cast<float>(shape.places);
  std::fill_n(alone, channels, 0.0F);
  std::fill_n(with_u, channels, 0.0F);
  for (std::int64_t s = 0; s < samples; ++s)
    for (std::int64_t c = 0; c < channels; ++c) {
      alone[c] += scale[s * stride + c] * of_shift[s * channels + c];
      with_u[c] += scale[s * stride + c] * of_scale[s * channels + c];
    }
  for (std::int64_t c = 0; c < channels; ++c) {
    alone[c] /= values;
    with_u[c] /= values;
  }
}

FATHOM_VECTORISED void input_gradient(SampleShape shape, const NormedUnit& unit, const float* __restrict x,
                                      const float* __restrict gradient, const float* __restrict alone,
                                      const float* __restrict with_u, float* __restrict result) {
  const std::int64_t places = shape.places, channels = shape.channels;
  const NormedUnit of = unit;
  for (std::int64_t p = 0; p < places; ++p)
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t i = p * channels + c;
      const float u = (x[i] - of.mean[c]) * of.inverse[c];
      const float g = gradient[i] * (u * of.scale[c] + of.shift[c] > 0 ? 1 : of.slope);
      result[i] = of.inverse[c] * (of.scale[c] * g - alone[c] - u * with_u[c]);
    }
}

FATHOM_VECTORISED void activate_biased(SampleShape shape, const float* __restrict bias, float slope,
                                       float* __restrict x) {
  const std::int64_t places = shape.places, channels = shape.channels;
  for (std::int64_t p = 0; p < places; ++p)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float a = x[p * channels + c] + bias[c];
      x[p * channels + c] = a > 0 ? a : a * slope;
    }
}

FATHOM_VECTORISED void biased_gradients(SampleShape shape, float slope, const float* __restrict y,
                                        const float* __restrict gradient, float* __restrict of_x,
                                        float* __restrict of_bias) {
  const std::int64_t places = shape.places, channels = shape.channels;
  std::vector<double> sums(static_cast<std::size_t>(channels), 0.0);
  double* const __restrict sum = sums.data();
  for (std::int64_t p = 0; p < places; ++p)
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t i = p * channels + c;
      of_x[i] = gradient[i] * (y[i] > 0 ? 1 : slope);
      sum[c] += static_cast<double>(of_x[i]);
    }
  for (std::int64_t c = 0; c < channels; ++c) of_bias[c] = static_cast<float>(sum[c]);
}

}  // namespace fathom::nn
