/// A network as a TorchScript program.
#pragma once

#include <torch/script.h>

#include "fathom/models/image_model.hpp"

namespace fathom::models {

/// Parameters and buffers (copies) under their module names, and the traced `forward` in evaluation mode,
/// which takes any batch size: what `save_checkpoint` writes.
torch::jit::Module to_script(const ImageModel& network);

}  // namespace fathom::models
