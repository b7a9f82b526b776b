/// The training samples of a GAN, and batches of them for the discriminator.
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
  std::string checksum;  ///< identifies the data, independently of the file format
};

/// Throws InvalidArgument if shapes, types or labels do not fit the GAN, there are fewer samples than the
/// batch size, or batch norm does not allow the options.
void require_fit(const GanArchitecture& architecture, const RealSamples& real, const GanOptions& options);

struct SampleBatch {
  torch::Tensor samples;  ///< pictures float [B, C, H, W] in [0, 1], or points float [B, 2]
  torch::Tensor labels;   ///< int64 [B]; undefined if the GAN is unconditional
};

/// Passes over the samples, each in a new order. Samples that do not fill the last batch of a pass are
/// skipped in this pass.
class RealBatches {
 public:
  /// Batches are on `device`.
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

/// Purposes of random numbers. Every purpose has its own stream per pass or update.
enum class GanStream : std::uint64_t { generator = 101, discriminator, order, latent, penalty, snapshot };

torch::Generator random_stream(std::uint64_t seed, GanStream stream, std::int64_t number = 0);

}  // namespace fathom::gan
