/// The last operation of a program: what its code says about the scale of its output.
#pragma once

#include <torch/script.h>

namespace fathom::checkpoint {

enum class OutputEnding {
  other,  ///< another operation, several that differ, or unknown
  sigmoid,
  log_sigmoid,  ///< also the logarithm of a sigmoid
  clamp,        ///< to a range, of anything but the two above
};

/// The operation that computes the numbers of the program's output; operations that only select, move,
/// reshape or convert numbers are passed over. If there are several outputs, or branches, all must end alike.
/// forward() must be inlined (leave_training_mode does it).
OutputEnding output_ending(const torch::jit::Module& program);

}  // namespace fathom::checkpoint
