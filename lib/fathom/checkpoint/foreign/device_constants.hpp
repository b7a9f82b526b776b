/// Programs that name a device in their code.
#pragma once

#include <torch/script.h>

namespace fathom::checkpoint {

/// Replaces the CUDA devices that the program's code names as constants, as a trace made on a GPU does
/// (`x.to(torch.device("cuda:0"))`), by `device`. A note (core/notes.hpp) says which ones. Call it before the
/// program runs for the first time. Other devices, and constants equal to `device`, stay.
void move_device_constants(torch::jit::Module& program, torch::Device device);

}  // namespace fathom::checkpoint
