#include "fathom/core/compat.hpp"

#include <tuple>

#include <ATen/autocast_mode.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/nn/modules/rnn.h>
#include <torch/version.h>

namespace fathom::compat {
namespace {

// The setters that name the device came with 2.4; those without it are deprecated since.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
bool is_enabled() { return at::autocast::is_autocast_enabled(at::kCPU); }
void set_enabled(bool on) { at::autocast::set_autocast_enabled(at::kCPU, on); }
at::ScalarType type() { return at::autocast::get_autocast_dtype(at::kCPU); }
void set_type(at::ScalarType type) { at::autocast::set_autocast_dtype(at::kCPU, type); }
#else
bool is_enabled() { return at::autocast::is_cpu_enabled(); }
void set_enabled(bool on) { at::autocast::set_cpu_enabled(on); }
at::ScalarType type() { return at::autocast::get_autocast_cpu_dtype(); }
void set_type(at::ScalarType type) { at::autocast::set_autocast_cpu_dtype(type); }
#endif

torch::Tensor packed_lstm_states(const torch::nn::LSTMImpl& module, const torch::Tensor& x,
                                 const torch::Tensor& initial) {
  // How many of the sequences go on, after each step: all N. Computed, not read, so that no trace freezes it.
  const torch::Tensor going_on = torch::ones_like(x.select(2, 0), torch::kLong).sum(0).cpu();
  const torch::Tensor states = std::get<0>(torch::lstm(
      x.transpose(0, 1).flatten(0, 1), going_on, {initial, initial}, module.all_weights(),
      /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0, /*train=*/false, module.options.bidirectional()));
  return states.view({x.size(1), -1, states.size(1)}).transpose(0, 1);
}

}  // namespace

CpuAutocast::CpuAutocast(bool enabled) : enabled_(enabled) {
  if (!enabled_) return;
  before_ = is_enabled();
  type_before_ = type();
  set_type(at::kBFloat16);
  set_enabled(true);
  at::autocast::increment_nesting();
}

CpuAutocast::~CpuAutocast() {
  if (!enabled_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  set_enabled(before_);
  set_type(type_before_);
}

torch::Tensor lstm_states(torch::nn::LSTMImpl& module, const torch::Tensor& x, const torch::Tensor& initial) {
  // Not always: 1.13 needs twenty times as long for the gradients of packed sequences.
  if (torch::jit::tracer::isTracing() || (TORCH_VERSION_MAJOR >= 2 && x.is_cpu()))
    return packed_lstm_states(module, x, initial);
  return std::get<0>(module.forward(x, std::make_tuple(initial, initial)));
}

}  // namespace fathom::compat
