#include "fathom/gan/checks.hpp"

#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::gan {
namespace {

void require_samples(const GanArchitecture& architecture, const RealSamples& real,
                     const GanOptions& options) {
  std::vector<std::int64_t> shape = {2};
  if (const auto* const images = std::get_if<DcganOptions>(&architecture))
    shape = {images->image.channels, images->image.height, images->image.width};
  if (!real.values.defined() || real.values.sizes().slice(1) != at::IntArrayRef(shape))
    throw InvalidArgument(fmt::format("the GAN makes samples of {}, but those of '{}' are of {}",
                                      fmt::join(shape, "x"), real.name,
                                      real.values.defined() ? fmt::join(real.values.sizes().slice(1), "x")
                                                            : fmt::join(at::IntArrayRef{}, "x")));
  if (real.values.size(0) < options.batch_size)
    throw InvalidArgument(fmt::format("the batch size must be at most {}, the number of samples, not {}",
                                      real.values.size(0), options.batch_size));
  const std::int64_t classes = classes_of(architecture);
  if (classes > 0 && (!real.labels.defined() || real.labels.size(0) != real.values.size(0) ||
                      real.labels.max().item<std::int64_t>() >= classes))
    throw InvalidArgument(
        fmt::format("the GAN has {} classes, which the labels of '{}' do not fit", classes, real.name));
}

}  // namespace

GanOptions checked_options(const GanArchitecture& architecture, const RealSamples& real,
                           const GanOptions& options) {
  validate(options);
  validate(architecture);
  require_samples(architecture, real, options);
  const auto* const images = std::get_if<DcganOptions>(&architecture);
  if (images && options.batch_size < 2)
    throw InvalidArgument("the batch size must be at least 2 for a network with batch norm, not 1");
  if (images && images->batch_norm && options.loss == GanLoss::wasserstein)
    throw InvalidArgument(
        "the gradient penalty of 'wgan-gp' is one per sample, which batch norm in the discriminator mixes; "
        "switch that off");
  return options;
}

}  // namespace fathom::gan
