/// The batches of a training run: the images of a set in a new order for every epoch, augmented and mixed.
///
///   TrainingBatches batches(set, options);
///   const TrainingBatch batch = batches.at(epoch, step);
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <vector>

#include "fathom/augment/mixing.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/train/options.hpp"

namespace fathom::train {

/// Purposes of random numbers. Every purpose has its own stream per epoch, step or picture, so that a run can
/// be resumed at any step without stored generator states.
enum class Stream : std::uint64_t { hold_out = 1, order, augmentation, dropout, mixing };

std::uint64_t stream_seed(std::uint64_t seed, Stream stream, std::int64_t number);

struct TrainingBatch {
  torch::Tensor images;   ///< float [B, C, H, W] in [0, 1]
  torch::Tensor targets;  ///< int64 [B], or float [B, classes] if labels are mixed
};

class TrainingBatches {
 public:
  /// Throws InvalidArgument if a batch has more images than the set.
  TrainingBatches(data::ImageSet set, const TrainOptions& options);

  /// Full batches per epoch; leftover images are skipped in this epoch.
  std::int64_t steps_per_epoch() const { return set_.size() / batch_size_; }

  /// Both count from 0. The augmentation of an image depends only on the epoch and its index in the set, and
  /// its mixing partner on the order of the epoch; neither depends on the batch size.
  TrainingBatch at(std::int64_t epoch, std::int64_t step);

 private:
  std::vector<augment::MixDraw> mixing_draws(std::int64_t epoch, const torch::Tensor& indices) const;

  data::ImageSet set_;
  augment::Pipeline augmentation_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  torch::Tensor order_;  // int64 [N]: of the images in epoch `order_epoch_`
  std::int64_t order_epoch_ = -1;
};

}  // namespace fathom::train
