/// The range of pixels that a program expects.
#pragma once

#include <torch/script.h>
#include <string>

namespace fathom::checkpoint {

/// What the first arithmetic on the program's input says if it expects pixels of 0 to 255: "divides its input
/// by 255", "subtracts 123.7 from its input". Empty if nothing says so. forward() must be inlined
/// (leave_training_mode does it).
std::string sign_of_bytes(const torch::jit::Module& program);

}  // namespace fathom::checkpoint
