/// peak          the rate of matrix products with the kernels in use
/// peak --best   OpenBLAS's name for the best kernels that this CPU can run; nothing if OpenBLAS chooses them
/// anyway
#include <cstdio>
#include <string_view>

#include "fathom/core/machine/blas.hpp"
#include "fathom/core/machine/kernels.hpp"
#include "fathom/core/runtime.hpp"
#include "peak.hpp"

int main(int argc, char** argv) {
  using namespace fathom;
  const std::string best = best_kernels(this_cpu());
  if (argc > 1 && std::string_view(argv[1]) == "--best") {
    if (kernel_level(kernels_in_use().core) < kernel_level(best)) std::printf("%s\n", best.c_str());
    return 0;
  }
  set_threads(0);
  std::printf("%s: %.0f GFLOP/s on %d threads\n", kernels_name().c_str(), bench::matrix_product_peak() / 1e9,
              threads());
}
