#include "fathom/nn/initialisation.hpp"

#include <torch/nn/module.h>
#include <cmath>
#include <string>

#include "fathom/core/names.hpp"

namespace fathom::nn {
namespace {

constexpr Names<Init, 4> kNames = {
    {{Init::he, "he"}, {Init::xavier, "xavier"}, {Init::lecun, "lecun"}, {Init::constant, "constant"}}};

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

double standard_deviation(const torch::Tensor& weight, Init init) {
  const double receptive = static_cast<double>(weight.numel()) / (weight.size(0) * weight.size(1));
  const double fan_in = weight.size(1) * receptive, fan_out = weight.size(0) * receptive;
  switch (init) {
    case Init::he:
      return std::sqrt(2 / fan_in);
    case Init::xavier:
      return std::sqrt(2 / (fan_in + fan_out));
    default:
      return std::sqrt(1 / fan_in);
  }
}

/// One orthogonal matrix per gate: the Q of a Gaussian matrix's QR decomposition, with signs that make it
/// uniform.
void orthogonal_gates(torch::Tensor weight, torch::Generator generator) {
  const std::int64_t units = weight.size(1);
  for (torch::Tensor gate : weight.split(units, 0)) {
    const auto [q, r] = at::linalg_qr(torch::randn({units, units}, generator));
    gate.copy_(q * r.diagonal().sign());
  }
}

void initialise_bias(const std::string& name, torch::Tensor bias) {
  bias.zero_();
  // LSTM gates are stacked as input, forget, cell, output.
  if (contains(name, "bias_ih")) bias.narrow(0, bias.size(0) / 4, bias.size(0) / 4).fill_(1);
}

/// What batch norm has counted: the start of training. Other buffers, such as a network's normalisation of
/// its input, are no weights.
void initialise_statistics(const std::string& name, torch::Tensor buffer) {
  if (contains(name, "running_var")) {
    buffer.fill_(1);
  } else if (contains(name, "running_mean") || contains(name, "num_batches_tracked")) {
    buffer.zero_();
  }
}

}  // namespace

std::string to_string(Init init) { return name_of(kNames, init); }

Init init_from(const std::string& name) { return value_of(kNames, "initialisation", name); }

void initialise(torch::nn::Module& module, Init init, torch::Generator generator) {
  const torch::NoGradGuard no_grad;
  for (const auto& item : module.named_parameters()) {
    torch::Tensor parameter = item.value();
    if (parameter.dim() < 2) {
      if (contains(item.key(), "bias")) {
        initialise_bias(item.key(), parameter);
      } else {
        parameter.fill_(1);
      }
    } else if (init == Init::constant) {
      parameter.fill_(0.01);
    } else if (contains(item.key(), "weight_hh")) {
      orthogonal_gates(parameter, generator);
    } else {
      parameter.normal_(0, standard_deviation(parameter, init), generator);
    }
  }
  for (const auto& item : module.named_buffers()) initialise_statistics(item.key(), item.value());
}

}  // namespace fathom::nn
