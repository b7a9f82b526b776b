#include "fathom/gan/initialisation.hpp"

#include "fathom/nn/initialisation.hpp"

namespace fathom::gan {

void initialise_gan(torch::nn::Module& module, const GanArchitecture& architecture, torch::Generator random) {
  nn::initialise(module, nn::Init::he, random);
  if (std::holds_alternative<PointGanOptions>(architecture)) return;
  const torch::NoGradGuard no_grad;
  for (const auto& item : module.named_parameters()) {
    torch::Tensor parameter = item.value();
    const bool bias = item.key().find("bias") != std::string::npos;
    if (!bias) parameter.normal_(parameter.dim() < 2 ? 1 : 0, 0.02, random);
  }
}

}  // namespace fathom::gan
