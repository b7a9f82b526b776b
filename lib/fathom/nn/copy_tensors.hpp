/// Copies weights from one network to another.
#pragma once

namespace torch::nn {
class Module;
}

namespace fathom::nn {

/// Copies parameters and buffers to those of the same names in a module with the same architecture.
void copy_tensors(const torch::nn::Module& from, torch::nn::Module& to);

}  // namespace fathom::nn
