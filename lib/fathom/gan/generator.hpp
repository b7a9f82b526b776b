/// The generator of a GAN.
///
///   std::shared_ptr<Generator> generator = build_generator(DcganOptions{}, random);
///   generator->eval();
///   const torch::Tensor pictures = generator->forward(torch::randn({64, 64}));   // [64, 1, 28, 28] in [0,
///   1]
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <memory>

#include "fathom/gan/architecture.hpp"

namespace fathom::gan {

class Generator : public torch::nn::Module {
 public:
  /// Latent float [N, latent] and, for a conditional GAN, the requested classes int64 [N] -> samples:
  /// pictures float [N, C, H, W] in [0, 1] (the usual tanh, rescaled), or points [N, 2]. A class adds a
  /// vector to the first maps and has its own gain and shift after every batch norm (de Vries et al. 2017).
  virtual torch::Tensor forward(const torch::Tensor& latent, const torch::Tensor& labels = {}) = 0;

  const GanArchitecture& architecture() const { return architecture_; }

 protected:
  explicit Generator(GanArchitecture architecture) : architecture_(std::move(architecture)) {}

 private:
  GanArchitecture architecture_;
};

/// Weights N(0, 0.02), batch norm N(1, 0.02), biases 0 (Radford et al. 2016), class vectors, gains and shifts
/// N(0, 0.02); for points `Init::he`. In training mode. Throws as `validate`.
std::shared_ptr<Generator> build_generator(const GanArchitecture& architecture, torch::Generator random);

/// Initialises the weights of either network of a GAN, as described at build_generator.
void initialise_gan(torch::nn::Module& module, const GanArchitecture& architecture, torch::Generator random);

/// A copy with parameters and buffers of its own, contiguous, on the CPU, in evaluation mode.
std::shared_ptr<Generator> copy_of(const Generator& generator);

}  // namespace fathom::gan
