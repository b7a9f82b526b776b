/// What a generator shall learn to make, and the batches that the discriminator is shown.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>

#include "fathom/gan/architecture.hpp"
#include "fathom/gan/options.hpp"

namespace fathom::gan {

struct RealSamples {
  torch::Tensor values;  ///< pictures uint8 [N, C, H, W], or points float [N, 2]
  torch::Tensor labels;  ///< int64 [N]; used if the GAN is conditional
  std::string name;      ///< "fashion-mnist"
  std::string checksum;  ///< names the data whatever it was packed in
};

/// Throws InvalidArgument where shapes, types or labels do not fit the GAN, or there are fewer samples than a
/// batch has.
void require_fit(const GanArchitecture& architecture, const RealSamples& real, const GanOptions& options);

struct SampleBatch {
  torch::Tensor samples;  ///< pictures float [B, C, H, W] in [0, 1], or points float [B, 2]
  torch::Tensor labels;   ///< int64 [B]; undefined where the GAN is unconditional
};

/// Pass after pass over the samples, each in an order of its own; those left over at its end, fewer than a
/// batch, wait for another's.
class RealBatches {
 public:
  /// Batches lie on `device`.
  RealBatches(RealSamples real, bool with_labels, const GanOptions& options, torch::Device device);

  /// The batch of one update of the discriminator; the first is 0.
  SampleBatch at(std::int64_t update);

 private:
  RealSamples real_;
  bool with_labels_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  torch::Device device_;
  torch::Tensor order_;  // int64 [N]: of the samples in the pass `order_pass_`
  std::int64_t order_pass_ = -1;
};

/// What random numbers are drawn for: a stream per purpose, and in it one per pass or update.
enum class GanStream : std::uint64_t { generator = 101, discriminator, order, latent, penalty, snapshot };

torch::Generator random_stream(std::uint64_t seed, GanStream stream, std::int64_t number = 0);

}  // namespace fathom::gan
