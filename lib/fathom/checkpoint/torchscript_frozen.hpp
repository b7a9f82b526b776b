/// A TorchScript program made ready to be run without gradients, as fast as it goes.
#pragma once

#include <torch/script.h>
#include <torch/types.h>

#include "fathom/models/logits_function.hpp"

namespace fathom::checkpoint {

/// The program in evaluation mode with its weights as constants, which folds batch norm into convolutions
/// (torch::jit::freeze), on images in channels-last order, in which oneDNN's and cuDNN's convolutions are
/// fastest: 4.5 times the program's own speed for a ResNet-18 of torchvision on LibTorch 1.13.
///
/// Not every program can be frozen, and one that reads its input's memory order may answer otherwise, so it
/// is tried on `example` (float [N, C, H, W], N > 1, on the program's device): where the answers differ by
/// more than rounding, what comes back is the program as it was.
models::LogitsFunction frozen(const torch::jit::Module& program, const torch::Tensor& example);

}  // namespace fathom::checkpoint
