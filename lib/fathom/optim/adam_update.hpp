/// One update of Adam over plain memory, in one pass.
#pragma once

#include <cstdint>

namespace fathom::optim {

/// With g the gradient plus l2 * w:  w *= keep;  m = beta1 m + rest1 g;  v = beta2 v + rest2 g^2;
/// w -= rate * m / (sqrt(v) + epsilon). `rate` and `epsilon` include the bias corrections of the first steps.
struct AdamFactors {
  float beta1, rest1, beta2, rest2, rate, epsilon;
  float l2;    ///< 0: none
  float keep;  ///< 1: all
};

/// Updates `count` numbers per array; the arrays must not overlap. Uses AVX2 and fused multiply-add if
/// available; the last bit may differ between processors. The result for a value does not depend on its
/// position.
void update_by_adam(float* weights, float* mean, float* square, const float* gradients, std::int64_t count,
                    const AdamFactors& factors);

}  // namespace fathom::optim
