#include "fathom/nn/biased_activation.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/nn/cpu/activation_loops.hpp"
#include "fathom/nn/cpu/sample_maps.hpp"

namespace fathom::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Of maps in plain memory; the result is written over them.
class BiasedActivation : public torch::autograd::Function<BiasedActivation> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& bias,
                               double slope) {
    const SampleMaps samples(x);
    const torch::Tensor shift = bias.contiguous();
    samples.each([&](std::int64_t n) {
      activate_biased(samples.shape(), shift.data_ptr<float>(), static_cast<float>(slope),
                      samples.maps(x, n));
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
    const SampleMaps samples(y);
    const torch::Tensor gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast),
                        of_x = torch::empty_like(y), of_bias = samples.table();
    samples.each([&](std::int64_t n) {
      biased_gradients(samples.shape(), static_cast<float>(slope), samples.maps(y, n),
                       samples.maps(gradient, n), samples.maps(of_x, n), samples.row(of_bias, n));
    });
    return {of_x, of_bias.sum(0), {}};
  }
};

/// If `x` needs a gradient, autograd throws if its values are needed again. Otherwise no other tensor may
/// share its memory: in inference mode and after detach(), is_view() is false for a view.
bool may_overwrite(const torch::Tensor& x) {
  if (x.is_view() || (x.is_leaf() && x.requires_grad())) return false;
  return x.requires_grad() || x.storage().use_count() == 1;
}

}  // namespace

torch::Tensor biased_activation(const torch::Tensor& x, const torch::Tensor& bias, double slope) {
  if (x.dim() != 4 || bias.dim() != 1 || bias.size(0) != x.size(1))
    throw InvalidArgument(fmt::format("a bias of shape [{}] does not match maps of shape [{}]",
                                      fmt::join(bias.sizes(), ", "), fmt::join(x.sizes(), ", ")));
  require_share("the slope", slope);
  if (!may_overwrite(x) || !may_loop_over(x) || !x.is_contiguous(at::MemoryFormat::ChannelsLast))
    return torch::leaky_relu(x + bias.view({-1, 1, 1}), slope);
  return BiasedActivation::apply(x, bias, slope);
}

}  // namespace fathom::nn
