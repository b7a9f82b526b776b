#include "fathom/gan/step_memory.hpp"

#include <torch/types.h>
#include <vector>

#include "fathom/core/memory.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/gan/discriminator.hpp"
#include "fathom/gan/generator.hpp"
#include "fathom/gan/losses.hpp"

namespace fathom::gan {
namespace {

/// Samples of the measured step. With fewer, the weights and not the samples decide where the peak lies.
constexpr std::int64_t kProbe = 16;

torch::Tensor blank_samples(const GanArchitecture& architecture, std::int64_t count) {
  const auto* const pictures = std::get_if<DcganOptions>(&architecture);
  if (!pictures) return torch::zeros({count, 2});
  return torch::zeros({count, pictures->image.channels, pictures->image.height, pictures->image.width});
}

std::uint64_t peak_of_step(Generator& generator, Discriminator& discriminator, const GanOptions& options,
                           std::int64_t count) {
  const GanArchitecture& architecture = generator.architecture();
  return peak_tensor_memory([&] {
    const torch::Tensor real = blank_samples(architecture, count);
    const torch::Tensor labels =
        classes_of(architecture) > 0 ? torch::zeros({count}, torch::kLong) : torch::Tensor();
    const torch::Tensor generated = generator.forward(torch::zeros({count, latent_of(architecture)}), labels);
    {
      const torch::Tensor both = labels.defined() ? torch::cat({labels, labels}) : labels;
      const torch::Tensor logits =
          discriminator.forward(torch::cat({real, generated.detach()}), both, /*groups=*/2);
      torch::Tensor loss = discriminator_loss(options.loss, logits.narrow(0, 0, count),
                                              logits.narrow(0, count, count), options.label_smoothing);
      const Critic critic = [&](const torch::Tensor& x) { return discriminator.forward(x, labels); };
      if (options.loss == GanLoss::wasserstein && options.penalty > 0)
        loss = loss + gradient_penalty(critic, real, generated, torch::full({count}, 0.5));
      if (options.r1 > 0) loss = loss + r1_penalty(critic, real);
      loss.backward();
    }
    generator_loss(options.loss, discriminator.forward(generated, labels)).backward();
  });
}

}  // namespace

std::uint64_t step_memory(const GanArchitecture& architecture, const GanOptions& options) {
  reserve_blas_buffers();
  const std::shared_ptr<Generator> generator = build_generator(architecture, make_generator(0));
  const std::shared_ptr<Discriminator> discriminator = build_discriminator(architecture, make_generator(0));
  const auto peak = [&](std::int64_t count) {
    return peak_of_step(*generator, *discriminator, options, count);
  };
  peak(2);  // allocates the gradients of the weights, which stay
  if (options.batch_size <= kProbe) return peak(options.batch_size);
  const std::uint64_t half = peak(kProbe / 2), whole = peak(kProbe);
  const std::uint64_t difference = whole > half ? whole - half : 0;
  return whole + difference * static_cast<std::uint64_t>(options.batch_size - kProbe) / (kProbe / 2);
}

}  // namespace fathom::gan
