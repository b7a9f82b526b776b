/// What differs between the LibTorch versions that are supported (1.13 and 2.x), in one place.
#pragma once

#include <torch/types.h>

namespace torch::nn {
class LSTMImpl;
}

namespace fathom::compat {

/// Autocast to bfloat16 on the CPU for the lifetime of the object; does nothing where `enabled` is false. May
/// be nested; the copies of the weights that autocast keeps are dropped when the outermost one ends.
class CpuAutocast {
 public:
  explicit CpuAutocast(bool enabled);
  CpuAutocast(const CpuAutocast&) = delete;
  CpuAutocast& operator=(const CpuAutocast&) = delete;
  ~CpuAutocast();

 private:
  bool enabled_, before_ = false;
  at::ScalarType type_before_ = at::kBFloat16;
};

/// The hidden states [N, T, directions * hidden] of a `module` of one layer, batch first, with biases, over
/// `x` [N, T, width], from `initial` [directions, N, hidden] as hidden state and as cell.
///
/// On the CPU, LibTorch 2.x gives an LSTM to oneDNN. Debian 13's (3.7.2) is wrong with AVX-512 and gradients
/// off, by up to 1, where the hidden units modulo 32 are 1 to 16; with gradients on it is right, but three to
/// five times slower than LibTorch's own code. So that is called instead, in the one way that leads past
/// oneDNN in this thread alone: on packed sequences, here all of one length. A trace is of those too, with
/// any version, because it may be run with another.
torch::Tensor lstm_states(torch::nn::LSTMImpl& module, const torch::Tensor& x, const torch::Tensor& initial);

}  // namespace fathom::compat
