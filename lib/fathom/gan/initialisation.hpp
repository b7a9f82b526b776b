/// The first weights of a GAN's networks. Internal to models/.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include "fathom/gan/architecture.hpp"

namespace fathom::gan {

/// As build_generator says.
void initialise_gan(torch::nn::Module& module, const GanArchitecture& architecture, torch::Generator random);

}  // namespace fathom::gan
