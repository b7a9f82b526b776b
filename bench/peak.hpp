/// The yardstick: what this machine reaches in a plain matrix product, measured in the same run and with the
/// same threads.
#pragma once

#include <torch/types.h>
#include <algorithm>
#include <chrono>

namespace fathom::bench {

inline double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Floating-point operations per second of the best of ten 1024 x 1024 products in float32.
inline double matrix_product_peak() {
  constexpr std::int64_t n = 1024;
  const torch::NoGradGuard no_grad;
  const torch::Tensor a = torch::rand({n, n}), b = torch::rand({n, n});
  torch::Tensor c = torch::empty({n, n});
  double best = 1e9;
  for (int i = 0; i < 10; ++i) best = std::min(best, seconds_of([&] { torch::mm_out(c, a, b); }));
  return 2.0 * n * n * n / best;
}

}  // namespace fathom::bench
