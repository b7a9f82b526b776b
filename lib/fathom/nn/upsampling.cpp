#include "fathom/nn/upsampling.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/nn/patches.hpp"

namespace fathom::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The gradient of torch::conv2d(input, filters), with stride 2 and padding 1, to `filters` or to `input`.
torch::Tensor convolution_gradient(const torch::Tensor& gradient, const torch::Tensor& input,
                                   const torch::Tensor& filters, bool to_filters) {
  const auto gradients =
      torch::convolution_backward(gradient, input, filters, /*bias_sizes=*/at::OptionalIntArrayRef(),
                                  /*stride=*/{2, 2}, /*padding=*/{1, 1},
                                  /*dilation=*/{1, 1}, /*transposed=*/false, /*output_padding=*/{0, 0},
                                  /*groups=*/1, {!to_filters, to_filters, false});
  return to_filters ? std::get<1>(gradients) : std::get<0>(gradients);
}

/// A transposed convolution is the gradient of a convolution to its input, whose own gradients are that
/// convolution and its gradient to the filters. LibTorch has all three, and each is several times faster than
/// its torch::conv_transpose2d.
class TransposedConvolution : public torch::autograd::Function<TransposedConvolution> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight) {
    context->save_for_backward({x, weight});
    // Of the convolution's input only the shape and the layout count.
    const torch::Tensor plane = torch::empty({x.size(0), weight.size(1), 2 * x.size(2), 2 * x.size(3)},
                                             x.options().memory_format(at::MemoryFormat::ChannelsLast));
    return convolution_gradient(x, plane, weight, /*to_filters=*/false)
        .contiguous(at::MemoryFormat::ChannelsLast);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &weight = saved[1];
    const torch::Tensor gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    return {torch::conv2d(gradient, weight, /*bias=*/{}, /*stride=*/2, /*padding=*/1),
            convolution_gradient(x, gradient, weight, /*to_filters=*/true)};
  }
};

}  // namespace

torch::Tensor upsampling_convolution(const torch::Tensor& x, const torch::Tensor& weight) {
  if (x.dim() != 4 || weight.dim() != 4 || weight.size(0) != x.size(1) || weight.size(2) != 4 ||
      weight.size(3) != 4)
    throw InvalidArgument(fmt::format("filters [{}] do not fit maps [{}]", fmt::join(weight.sizes(), ", "),
                                      fmt::join(x.sizes(), ", ")));
  if (!x.is_cpu())
    return torch::conv_transpose2d(x, weight, /*bias=*/{}, /*stride=*/2, /*padding=*/1)
        .contiguous(at::MemoryFormat::ChannelsLast);
  // oneDNN works on 16 channels at once; with another number, and where the weight is not trained, patches
  // are faster.
  if (torch::GradMode::is_enabled() && weight.requires_grad() && weight.size(1) % 16 == 0)
    return TransposedConvolution::apply(x, weight);
  // Every pixel of x adds a patch to the plane.
  return fold_patches(torch::conv2d(x, filters_over_patches(weight).transpose(0, 1)));
}

}  // namespace fathom::nn
