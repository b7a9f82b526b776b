#include "fathom/models/biased_activation.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/models/activation_kernel.hpp"

namespace fathom::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

SampleShape sample_shape(const torch::Tensor& x) {
  return {.places = x.size(2) * x.size(3), .channels = x.size(1)};
}

/// Channels-last maps on a CPU; the result is written over them.
class BiasedActivation : public torch::autograd::Function<BiasedActivation> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& bias,
                               double slope) {
    const SampleShape shape = sample_shape(x);
    const torch::Tensor shift = bias.contiguous();
    auto* const maps = x.data_ptr<float>();
    at::parallel_for(0, x.size(0), 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t n = first; n < last; ++n)
        activate_biased(shape, shift.data_ptr<float>(), static_cast<float>(slope),
                        maps + n * shape.places * shape.channels);
    });
    context->mark_dirty({x});
    context->save_for_backward({x});
    context->saved_data["slope"] = slope;
    return x;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const torch::Tensor y = context->get_saved_variables()[0];
    const double slope = context->saved_data["slope"].toDouble();
    if (torch::GradMode::is_enabled()) {
      const torch::Tensor of_x = torch::where(y.detach() > 0, gradients[0], gradients[0] * slope);
      return {of_x, of_x.sum({0, 2, 3}), {}};
    }
    const SampleShape shape = sample_shape(y);
    const torch::Tensor gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast),
                        of_x = torch::empty_like(y),
                        of_bias = torch::empty({y.size(0), shape.channels}, torch::kFloat);
    at::parallel_for(0, y.size(0), 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t n = first; n < last; ++n) {
        const std::int64_t start = n * shape.places * shape.channels;
        biased_gradients(shape, static_cast<float>(slope), y.data_ptr<float>() + start,
                         gradient.data_ptr<float>() + start, of_x.data_ptr<float>() + start,
                         of_bias.data_ptr<float>() + n * shape.channels);
      }
    });
    return {of_x, of_bias.sum(0), {}};
  }
};

}  // namespace

torch::Tensor biased_activation(const torch::Tensor& x, const torch::Tensor& bias, double slope) {
  if (x.dim() != 4 || bias.dim() != 1 || bias.size(0) != x.size(1))
    throw InvalidArgument(fmt::format("a bias of [{}] does not go with maps of [{}]",
                                      fmt::join(bias.sizes(), ", "), fmt::join(x.sizes(), ", ")));
  if (!(slope >= 0 && slope < 1))
    throw InvalidArgument(fmt::format("the slope must be in [0, 1), not {}", slope));
  const bool may_overwrite = !(x.is_leaf() && x.requires_grad());
  if (!may_overwrite || !x.is_cpu() || x.scalar_type() != torch::kFloat ||
      !x.is_contiguous(at::MemoryFormat::ChannelsLast))
    return torch::leaky_relu(x + bias.view({-1, 1, 1}), slope);
  return BiasedActivation::apply(x, bias, slope);
}

}  // namespace fathom::models
