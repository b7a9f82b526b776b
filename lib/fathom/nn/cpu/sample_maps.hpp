/// Feature maps as plain arrays, one sample at a time, for loops that replace LibTorch operations. For the
/// sources that are compiled with OpenMP.
#pragma once

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/types.h>

#include "fathom/core/parallel.hpp"
#include "fathom/nn/cpu/activation_loops.hpp"

namespace fathom::nn {

/// Whether the loops may be used: not while tracing, because the tracer would not record them.
inline bool may_loop_over(const torch::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat && !torch::jit::tracer::isTracing();
}

/// Channels-last maps float [N, C, h, w] with tables [rows, C]: one row for all samples, one per batch of
/// equal size, or one per sample.
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

  /// Uninitialised.
  torch::Tensor table(std::int64_t rows) const {
    return torch::empty({rows, shape_.channels}, torch::kFloat);
  }
  torch::Tensor table() const { return table(count_); }

  /// A row per sample -> `rows` of their sums.
  torch::Tensor gathered(const torch::Tensor& table, std::int64_t rows) const {
    return rows == count_ ? table : table.view({rows, -1, shape_.channels}).sum(1);
  }

  /// Calls `pass` with the index of every sample, in parallel.
  template <typename Pass>
  void each(const Pass& pass) const {
    at::parallel_for(0, count_, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t sample = first; sample < last; ++sample) pass(sample);
    });
  }
  /// Calls `pass` with the index of the first sample of every batch.
  template <typename Pass>
  void each_batch(std::int64_t groups, const Pass& pass) const {
    for (std::int64_t group = 0; group < groups; ++group) pass(group * (count_ / groups));
  }

 private:
  std::int64_t count_;
  SampleShape shape_;
};

}  // namespace fathom::nn
