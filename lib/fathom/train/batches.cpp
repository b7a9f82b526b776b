#include "fathom/train/batches.hpp"

#include <utility>

#include <fmt/format.h>

#include "fathom/augment/whole_batch/batch.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::train {

std::uint64_t stream_seed(std::uint64_t seed, Stream stream, std::int64_t number) {
  return derive_seed(seed, static_cast<std::uint64_t>(stream), static_cast<std::uint64_t>(number));
}

TrainingBatches::TrainingBatches(data::ImageSet set, const TrainOptions& options)
    : set_(std::move(set)),
      augmentation_(options.augmentation),
      batch_size_(options.batch_size),
      seed_(options.seed) {
  if (batch_size_ > set_.size())
    throw InvalidArgument(
        fmt::format("the batch size must be at most {}, the number of training images, not {}", set_.size(),
                    batch_size_));
}

TrainingBatch TrainingBatches::at(std::int64_t epoch, std::int64_t step) {
  if (epoch != order_epoch_) {
    order_ =
        torch::randperm(set_.size(), make_generator(stream_seed(seed_, Stream::order, epoch)), torch::kLong);
    order_epoch_ = epoch;
  }
  const std::int64_t first = step * batch_size_;
  torch::Tensor indices = order_.narrow(0, first, batch_size_);
  const bool mixes = !augmentation_.mixings.empty();
  if (mixes) {  // each image's partner is the one after it
    const std::int64_t after = (first + batch_size_) % order_.size(0);
    indices = torch::cat({indices, order_.narrow(0, after, 1)});
  }
  const torch::Tensor originals = set_.images.index_select(0, indices);
  const torch::Tensor labels = set_.labels.index_select(0, indices);
  const torch::Tensor images = data::to_unit_range(augment::augment_batch(
      augmentation_, originals, stream_seed(seed_, Stream::augmentation, 0), epoch, indices));
  if (!mixes) return {images, labels};

  augment::Mixed mixed =
      augment::mix(mixing_draws(epoch, indices.narrow(0, 0, batch_size_)), images.narrow(0, 0, batch_size_),
                   labels.narrow(0, 0, batch_size_), images.narrow(0, 1, batch_size_),
                   labels.narrow(0, 1, batch_size_), std::ssize(set_.classes));
  return {mixed.images, mixed.targets};
}

std::vector<augment::MixDraw> TrainingBatches::mixing_draws(std::int64_t epoch,
                                                            const torch::Tensor& indices) const {
  const std::uint64_t stream = stream_seed(seed_, Stream::mixing, epoch);
  const Extent size{set_.images.size(2), set_.images.size(3)};
  std::vector<augment::MixDraw> draws;
  const torch::Tensor listed = indices.contiguous();
  const auto* const numbers = listed.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < listed.size(0); ++i)
    draws.push_back(augment::draw_mixing(augmentation_.mixings,
                                         derive_seed(stream, static_cast<std::uint64_t>(numbers[i])), size));
  return draws;
}

}  // namespace fathom::train
