/// The scale of the first weights, for linear, convolutional and recurrent layers.
#pragma once

#include <torch/types.h>
#include <string>

namespace torch::nn {
class Module;
}

namespace fathom::nn {

enum class Init {
  he,        ///< N(0, 2 / fan_in): keeps the variance under ReLU (He 2015)
  xavier,    ///< N(0, 2 / (fan_in + fan_out)): for tanh-like units (Glorot & Bengio 2010)
  lecun,     ///< N(0, 1 / fan_in): keeps the variance of linear units (LeCun 1998)
  constant,  ///< every weight 0.01: a bad choice, for experiments
};

std::string to_string(Init init);
Init init_from(const std::string& name);  ///< throws InvalidArgument

/// Draws every weight matrix and filter of `module` (parameters with two or more dimensions) in the order of
/// named_parameters(); biases become 0, except the forget gates of an LSTM, which become 1 (Jozefowicz 2015);
/// batch norm starts at weight 1, bias 0 and running statistics of mean 0, variance 1. Recurrent matrices are
/// orthogonal (Saxe 2014) unless `init` is constant.
void initialise(torch::nn::Module& module, Init init, torch::Generator generator);

}  // namespace fathom::nn
