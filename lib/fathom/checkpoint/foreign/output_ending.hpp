/// The last operation of a program: what its code says about the scale of its output.
#pragma once

#include <torch/script.h>

#include "fathom/checkpoint/foreign/output_scale.hpp"

namespace fathom::checkpoint {

/// The operation that computes the numbers of the program's output; operations that only select, move,
/// reshape or convert numbers are passed over. If there are several outputs, or branches, all must end alike.
/// forward() must be inlined (leave_training_mode does it).
OutputEnding output_ending(const torch::jit::Module& program);

}  // namespace fathom::checkpoint
