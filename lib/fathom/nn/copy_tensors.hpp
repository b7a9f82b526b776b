/// Weights from one network into another.
#pragma once

namespace torch::nn {
class Module;
}

namespace fathom::nn {

/// Parameters and buffers of a module into those of the same names in another of the same architecture.
void copy_tensors(const torch::nn::Module& from, torch::nn::Module& to);

}  // namespace fathom::nn
