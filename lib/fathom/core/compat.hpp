/// The differences between the supported LibTorch versions (1.13 and 2.x), in one place.
#pragma once

#include <torch/types.h>

namespace torch::nn {
class LSTMImpl;
}

namespace fathom::compat {

/// Autocast to bfloat16 on the CPU for the lifetime of the object; does nothing if `enabled` is false. May be
/// nested; the cached weight copies of autocast are freed when the outermost object ends.
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
/// On the CPU, LibTorch 2.x runs an LSTM with oneDNN. Debian 13's oneDNN (3.7.2) gives wrong results (errors
/// up to 1) with AVX-512 and gradients off if the number of hidden units modulo 32 is 1 to 16. With gradients
/// on, it is correct but three to five times slower than LibTorch's own code. This function therefore uses
/// packed sequences (all of the same length), the only way to bypass oneDNN for this thread alone. Traces
/// always use packed sequences, because another version may run them.
torch::Tensor lstm_states(torch::nn::LSTMImpl& module, const torch::Tensor& x, const torch::Tensor& initial);

}  // namespace fathom::compat
