#include "fathom/core/machine/blas.hpp"

#include <dlfcn.h>

#include <atomic>
#include <cmath>
#include <cstddef>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/machine/chosen.hpp"
#include "fathom/core/machine/kernels.hpp"
#include "fathom/core/notes.hpp"

namespace fathom {
namespace {

constexpr const char* kCoreType = "OPENBLAS_CORETYPE";

/// A function of the libraries in this process by its name; null if none has it.
template <typename Function>
Function* loaded_function(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

/// Numbers in [-1, 1) that look random.
std::vector<float> test_numbers(int count, unsigned seed) {
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (float& x : numbers) {
    seed = seed * 1664525u + 1013904223u;
    x = static_cast<float>(seed >> 8) / static_cast<float>(1u << 23) - 1;
  }
  return numbers;
}

/// One product against a plain loop in double precision.
bool agrees(const MatrixProduct& product, bool transpose_a, bool transpose_b, int m, int n, int k) {
  const std::vector<float> a = test_numbers(m * k, 1), b = test_numbers(k * n, 2);
  std::vector<float> c(static_cast<std::size_t>(m * n), 99);
  const int lda = transpose_a ? k : m, ldb = transpose_b ? n : k;
  product(transpose_a, transpose_b, m, n, k, a.data(), lda, b.data(), ldb, c.data(), m);
  const auto at = [](const std::vector<float>& matrix, int index) {
    return static_cast<double>(matrix[static_cast<std::size_t>(index)]);
  };
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < m; ++i) {
      double sum = 0;
      for (int l = 0; l < k; ++l)
        sum +=
            at(a, transpose_a ? l + i * lda : i + l * lda) * at(b, transpose_b ? j + l * ldb : l + j * ldb);
      // NaN is no agreement either. A sum of k products below 1 is rounded by at most k * 2^-24 * k.
      if (!(std::abs(at(c, i + j * m) - sum) <= 1e-6 * k)) return false;
    }
  return true;
}

}  // namespace

KernelsInUse kernels_in_use() {
  KernelsInUse kernels;
  const auto name = loaded_function<char*()>("openblas_get_corename");
  if (!name) return kernels;
  kernels.core = name();
  kernels.by_launcher = is_chosen(kCoreType);
  kernels.by_user = !users_setting(kCoreType).empty();
  return kernels;
}

std::string kernels_text(const KernelsInUse& kernels, const Cpu& cpu) {
  if (kernels.core.empty()) return "not chosen by CPU";
  if (kernels.by_launcher) return kernels.core + ", chosen for this CPU";
  if (kernels.by_user) return kernels.core + ", set by " + kCoreType;
  const std::string text = kernels.core + ", chosen by OpenBLAS";
  return slow_kernels(kernels, cpu) ? text + ": slow; set " + kCoreType + "=" + best_kernels(cpu) : text;
}

std::optional<std::string> slow_kernels(const KernelsInUse& kernels, const Cpu& cpu) {
  if (kernels.core.empty() || kernels.by_user) return std::nullopt;
  const std::string best = best_kernels(cpu);
  const int level = kernel_level(kernels.core);
  if (best.empty() || level < 0 || level >= kernel_level(best)) return std::nullopt;
  return "matrix products are slow: OpenBLAS uses its " + kernels.core +
         " kernels on this CPU; set the environment variable " + kCoreType + "=" + best +
         " before the program starts";
}

void note_slow_kernels() {
  static std::atomic<bool> is_said = false;
  if (is_said.exchange(true)) return;
  if (const auto slow = slow_kernels(kernels_in_use(), this_cpu())) note(*slow);
}

bool is_right_product(const MatrixProduct& product) {
  // Small matrices have kernels of their own; 17 and 33 leave edges of every width of vector.
  return agrees(product, false, false, 5, 3, 7) && agrees(product, false, false, 33, 17, 65) &&
         agrees(product, true, false, 32, 48, 31) && agrees(product, false, true, 64, 16, 40) &&
         agrees(product, true, true, 17, 33, 19);
}

void require_right_products() {
  using Sgemm = void(const char*, const char*, const int*, const int*, const int*, const float*, const float*,
                     const int*, const float*, const int*, const float*, float*, const int*);
  const KernelsInUse kernels = kernels_in_use();
  const auto sgemm = loaded_function<Sgemm>("sgemm_");
  if (!kernels.by_launcher || !sgemm) return;
  const auto product = [&](bool transpose_a, bool transpose_b, int m, int n, int k, const float* a, int lda,
                           const float* b, int ldb, float* c, int ldc) {
    const float one = 1, zero = 0;
    sgemm(transpose_a ? "T" : "N", transpose_b ? "T" : "N", &m, &n, &k, &one, a, &lda, b, &ldb, &zero, c,
          &ldc);
  };
  if (!is_right_product(product))
    throw Error("the " + kernels.core +
                " kernels of OpenBLAS, which were chosen for this CPU, give wrong matrix " +
                "products; set the environment variable " + kCoreType + "=Haswell, or =Nehalem");
}

}  // namespace fathom
