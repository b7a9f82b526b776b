#include "fathom/optim/adam_update.hpp"

namespace fathom::optim {
namespace {

/// a * b + c, rounded once where the processor does that at no cost: as it is asked for here, and nowhere
/// else, so that the compiler's choice of what to contract does not show.
template <bool fused>
__attribute__((always_inline)) inline float multiply_add(float a, float b, float c) {
  if constexpr (fused) return __builtin_fmaf(a, b, c);
  return a * b + c;
}

template <bool fused>
__attribute__((always_inline)) inline void update(float* __restrict weights, float* __restrict mean,
                                                  float* __restrict square, const float* __restrict gradients,
                                                  std::int64_t count, const AdamFactors& factors) {
  const AdamFactors f = factors;
  for (std::int64_t i = 0; i < count; ++i) {
    const float w = weights[i] * f.keep;
    const float g = f.l2 == 0 ? gradients[i] : multiply_add<fused>(weights[i], f.l2, gradients[i]);
    const float m = multiply_add<fused>(g, f.rest1, mean[i] * f.beta1);
    const float v = multiply_add<fused>(f.rest2 * g, g, square[i] * f.beta2);
    mean[i] = m;
    square[i] = v;
    weights[i] = w - f.rate * m / (__builtin_sqrtf(v) + f.epsilon);
  }
}

void update_plainly(float* weights, float* mean, float* square, const float* gradients, std::int64_t count,
                    const AdamFactors& factors) {
  update<false>(weights, mean, square, gradients, count, factors);
}

#ifdef __x86_64__
__attribute__((target("avx2,fma"))) void update_by_avx2(float* weights, float* mean, float* square,
                                                        const float* gradients, std::int64_t count,
                                                        const AdamFactors& factors) {
  update<true>(weights, mean, square, gradients, count, factors);
}
#endif

using Update = void (*)(float*, float*, float*, const float*, std::int64_t, const AdamFactors&);

Update update_of_this_processor() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return update_by_avx2;
#endif
  return update_plainly;
}

}  // namespace

void update_by_adam(float* weights, float* mean, float* square, const float* gradients, std::int64_t count,
                    const AdamFactors& factors) {
  static const Update chosen = update_of_this_processor();
  chosen(weights, mean, square, gradients, count, factors);
}

}  // namespace fathom::optim
