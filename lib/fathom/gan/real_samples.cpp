#include "fathom/gan/real_samples.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/image_set.hpp"

namespace fathom::gan {
namespace {

bool are_labels(const torch::Tensor& labels, std::int64_t count, std::int64_t classes) {
  return labels.defined() && labels.scalar_type() == torch::kLong && labels.dim() == 1 &&
         labels.size(0) == count && labels.min().item<std::int64_t>() >= 0 &&
         labels.max().item<std::int64_t>() < classes;
}

}  // namespace

void require_fit(const GanArchitecture& architecture, const RealSamples& real, const GanOptions& options) {
  std::vector<std::int64_t> shape = {2};
  if (const auto* const images = std::get_if<DcganOptions>(&architecture))
    shape = {images->image.channels, images->image.height, images->image.width};
  const at::IntArrayRef found = real.values.defined() ? real.values.sizes().slice(1) : at::IntArrayRef();
  if (found != at::IntArrayRef(shape))
    throw InvalidArgument(fmt::format("the GAN makes samples of shape {}, but those of '{}' have shape {}",
                                      fmt::join(shape, "x"), real.name, fmt::join(found, "x")));
  if (real.values.size(0) < options.batch_size)
    throw InvalidArgument(fmt::format("the batch size must be at most {}, the number of samples, not {}",
                                      real.values.size(0), options.batch_size));
  if (real.values.scalar_type() != (shape.size() == 3 ? torch::kByte : torch::kFloat))
    throw InvalidArgument(fmt::format("the samples of '{}' must be {}, not {}", real.name,
                                      shape.size() == 3 ? "pictures of bytes" : "points of floats",
                                      torch::toString(real.values.scalar_type())));
  const std::int64_t classes = classes_of(architecture);
  if (classes > 0 && !are_labels(real.labels, real.values.size(0), classes))
    throw InvalidArgument(
        fmt::format("the GAN has {} classes, but the labels of '{}' do not fit them", classes, real.name));
  const auto* const images = std::get_if<DcganOptions>(&architecture);
  if (images && options.batch_size < 2)
    throw InvalidArgument("the batch size must be at least 2 for a network with batch norm, not 1");
  if (images && images->batch_norm && options.loss == GanLoss::wasserstein)
    throw InvalidArgument(
        "the gradient penalty of 'wgan-gp' is computed per sample, but batch norm in the discriminator mixes "
        "samples; switch off batch norm");
}

torch::Generator random_stream(std::uint64_t seed, GanStream stream, std::int64_t number) {
  return make_generator(
      derive_seed(seed, static_cast<std::uint64_t>(stream), static_cast<std::uint64_t>(number)));
}

RealBatches::RealBatches(RealSamples real, bool with_labels, const GanOptions& options, torch::Device device)
    : real_(std::move(real)),
      with_labels_(with_labels),
      batch_size_(options.batch_size),
      seed_(options.seed),
      device_(device) {}

SampleBatch RealBatches::at(std::int64_t update) {
  const std::int64_t per_pass = real_.values.size(0) / batch_size_;
  const std::int64_t pass = update / per_pass;
  if (pass != order_pass_) {
    order_ =
        torch::randperm(real_.values.size(0), random_stream(seed_, GanStream::order, pass), torch::kLong);
    order_pass_ = pass;
  }
  const torch::Tensor indices = order_.narrow(0, update % per_pass * batch_size_, batch_size_);
  torch::Tensor samples = real_.values.index_select(0, indices);
  if (samples.scalar_type() == torch::kByte) samples = data::to_unit_range(samples);
  SampleBatch batch{samples.to(device_), {}};
  if (with_labels_) batch.labels = real_.labels.index_select(0, indices).to(device_);
  return batch;
}

}  // namespace fathom::gan
