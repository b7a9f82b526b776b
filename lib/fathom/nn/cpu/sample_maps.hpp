/// Maps in plain memory, sample by sample, for loops that take the place of LibTorch's operations. For the
/// sources that are compiled with OpenMP.
#pragma once

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/types.h>

#include "fathom/core/parallel.hpp"
#include "fathom/nn/cpu/activation_loops.hpp"

namespace fathom::nn {

/// Whether loops may take their place: not while a program is traced, which would not see them.
inline bool may_loop_over(const torch::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat && !torch::jit::tracer::isTracing();
}

/// Channels-last maps float [N, C, h, w] beside tables [rows, C] with a row for all samples, for each of some
/// batches of one size, or for each sample.
class SampleMaps {
 public:
  explicit SampleMaps(const torch::Tensor& x)
      : count_(x.size(0)), shape_{.places = x.size(2) * x.size(3), .channels = x.size(1)} {}

  SampleShape shape() const { return shape_; }
  float* maps(const torch::Tensor& x, std::int64_t sample) const {
    return x.data_ptr<float>() + sample * shape_.places * shape_.channels;
  }
  float* row(const torch::Tensor& table, std::int64_t sample) const {
    return table.data_ptr<float>() + sample * table.size(0) / count_ * shape_.channels;
  }

  /// Not filled.
  torch::Tensor table(std::int64_t rows) const {
    return torch::empty({rows, shape_.channels}, torch::kFloat);
  }
  torch::Tensor table() const { return table(count_); }

  /// A row per sample -> `rows` of their sums.
  torch::Tensor gathered(const torch::Tensor& table, std::int64_t rows) const {
    return rows == count_ ? table : table.view({rows, -1, shape_.channels}).sum(1);
  }

  /// Calls `pass` with every sample's number, side by side.
  template <typename Pass>
  void each(const Pass& pass) const {
    at::parallel_for(0, count_, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t sample = first; sample < last; ++sample) pass(sample);
    });
  }
  /// Calls `pass` with the number of the first sample of every batch.
  template <typename Pass>
  void each_batch(std::int64_t groups, const Pass& pass) const {
    for (std::int64_t group = 0; group < groups; ++group) pass(group * (count_ / groups));
  }

 private:
  std::int64_t count_;
  SampleShape shape_;
};

}  // namespace fathom::nn
