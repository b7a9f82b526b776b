#include "fathom/models/upsampling.hpp"

#include <torch/csrc/autograd/custom_function.h>
#include <vector>

#include "fathom/core/error.hpp"

namespace fathom::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Filters [I, 4, 4, O] of a transposed convolution and [4 O, 2, 2, I] of a convolution that gives blocks:
/// what pixel (y, x) of a block gets from the pixel (r, c) of the four below it is in both. Copies all into
/// `blocks` or all into `transposed`.
void copy_filters(const torch::Tensor& transposed, const torch::Tensor& blocks, bool into_blocks) {
  const std::int64_t in = transposed.size(0), out = transposed.size(3);
  const torch::Tensor by_place = transposed.view({in, 2, 2, 2, 2, out}),  // [I, 1 - r, y, 1 - c, x, O]
      by_block = blocks.view({2, 2, out, 2, 2, in});                      // [y, x, O, r, c, I]
  for (std::int64_t r = 0; r < 2; ++r)
    for (std::int64_t c = 0; c < 2; ++c) {
      torch::Tensor there = by_place.select(1, 1 - r).select(2, 1 - c),
                    here = by_block.select(3, r).select(3, c).permute({3, 0, 1, 2});
      into_blocks ? here.copy_(there) : there.copy_(here);
    }
}

/// Channels-last as channels in the last dimension, and back.
torch::Tensor channels_at_end(const torch::Tensor& x) { return x.permute({0, 2, 3, 1}).contiguous(); }
torch::Tensor channels_second(const torch::Tensor& x) { return x.permute({0, 3, 1, 2}); }

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
    const std::int64_t channels = weight.size(0) / 4;
    const torch::Tensor transposed = torch::empty({weight.size(1), 4, 4, channels}, weight.options());
    copy_filters(transposed, channels_at_end(weight), /*into_blocks=*/false);
    const torch::Tensor filters = channels_second(transposed);
    context->save_for_backward({x, filters});
    // Of the convolution's input only the shape and the layout count.
    const torch::Tensor plane = torch::empty({x.size(0), channels, 2 * x.size(2), 2 * x.size(3)},
                                             x.options().memory_format(at::MemoryFormat::ChannelsLast));
    return convolution_gradient(x, plane, filters, /*to_filters=*/false)
        .contiguous(at::MemoryFormat::ChannelsLast);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    if (torch::GradMode::is_enabled())
      throw InvalidArgument(
          "an upsampling convolution whose weight is trained has no gradient of its gradients; freeze the "
          "weight");
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &filters = saved[1];
    const torch::Tensor gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const torch::Tensor blocks =
        torch::empty({4 * filters.size(1), 2, 2, filters.size(0)}, filters.options());
    copy_filters(channels_at_end(convolution_gradient(x, gradient, filters, /*to_filters=*/true)), blocks,
                 /*into_blocks=*/true);
    return {torch::conv2d(gradient, filters, /*bias=*/{}, /*stride=*/2, /*padding=*/1),
            channels_second(blocks)};
  }
};

}  // namespace

torch::Tensor upsampling_convolution(const torch::Tensor& x, const torch::Tensor& weight) {
  const std::int64_t channels = weight.size(0) / 4;
  // oneDNN works on 16 channels at once; with fewer, blocks are faster.
  if (torch::GradMode::is_enabled() && weight.requires_grad() && weight.is_cpu() && channels % 16 == 0)
    return TransposedConvolution::apply(x, weight);

  // One more row and column of blocks than x has pixels, each block lying across four pixels of x.
  const torch::Tensor blocks = torch::conv2d(x, weight, {}, /*stride=*/1, /*padding=*/1);
  const std::int64_t height = x.size(2) + 1, width = x.size(3) + 1;
  const torch::Tensor plane = blocks.permute({0, 2, 3, 1})
                                  .reshape({-1, height, width, 2, 2, channels})
                                  .permute({0, 1, 3, 2, 4, 5})
                                  .reshape({-1, 2 * height, 2 * width, channels});
  // Half of the outermost blocks lies outside. Batch norm is several times slower on what has gaps.
  return plane.narrow(1, 1, 2 * height - 2)
      .narrow(2, 1, 2 * width - 2)
      .permute({0, 3, 1, 2})
      .contiguous(at::MemoryFormat::ChannelsLast);
}

torch::Tensor upsampling_filters(const torch::Tensor& transposed) {
  // Pixel (y, x) of a block gets from the pixel (r, c) of the four below it what the transposed filter has at
  // (y + 2 - 2 r, x + 2 - 2 c).
  std::vector<torch::Tensor> parts;
  for (std::int64_t y = 0; y < 2; ++y)
    for (std::int64_t x = 0; x < 2; ++x) {
      const torch::Tensor rows = torch::tensor({y + 2, y}), columns = torch::tensor({x + 2, x});
      parts.push_back(transposed.index_select(2, rows).index_select(3, columns).transpose(0, 1));
    }
  return torch::cat(parts, 0);
}

}  // namespace fathom::models
