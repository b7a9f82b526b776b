#include "fathom/checkpoint/torchscript_frozen.hpp"

#include <c10/util/Exception.h>

namespace fathom::checkpoint {
namespace {

/// `module` by value: running it needs one that is not const, and copies share their weights.
models::LogitsFunction function_of(torch::jit::Module module, const TensorOfOutput& take,
                                   at::MemoryFormat order) {
  return [module, take, order](const torch::Tensor& x) mutable {
    return take(module.forward({x.contiguous(order)}));
  };
}

bool agree(const torch::Tensor& a, const torch::Tensor& b) {
  return a.sizes() == b.sizes() && torch::allclose(a, b, /*rtol=*/1e-3, /*atol=*/1e-4);
}

}  // namespace

models::LogitsFunction frozen(const torch::jit::Module& program, const torch::Tensor& example,
                              const TensorOfOutput& take) {
  const torch::NoGradGuard no_grad;
  models::LogitsFunction plain = function_of(program, take, at::MemoryFormat::Contiguous);
  try {
    models::LogitsFunction fast =
        function_of(torch::jit::freeze(program), take, at::MemoryFormat::ChannelsLast);
    if (agree(plain(example), fast(example))) return fast;
  } catch (const std::exception&) {  // torch's, or of an operator's own: the program as it was will say more
  }
  return plain;
}

}  // namespace fathom::checkpoint
