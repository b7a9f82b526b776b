#include "fathom/nn/activation.hpp"

#include "fathom/core/names.hpp"

namespace fathom::nn {
namespace {

constexpr Names<Activation, 5> kActivations = {{{Activation::relu, "relu"},
                                                {Activation::tanh, "tanh"},
                                                {Activation::sigmoid, "sigmoid"},
                                                {Activation::gelu, "gelu"},
                                                {Activation::identity, "identity"}}};

}  // namespace

std::string to_string(Activation activation) { return name_of(kActivations, activation); }

Activation activation_from(const std::string& name) { return value_of(kActivations, "activation", name); }

torch::Tensor activate(const torch::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return torch::relu(x);
    case Activation::tanh:
      return torch::tanh(x);
    case Activation::sigmoid:
      return torch::sigmoid(x);
    case Activation::gelu:
      return torch::gelu(x);
    case Activation::identity:
      break;
  }
  return x;
}

}  // namespace fathom::nn
