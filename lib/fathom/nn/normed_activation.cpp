#include "fathom/nn/normed_activation.hpp"

#include <torch/autograd.h>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/nn/cpu/activation_loops.hpp"
#include "fathom/nn/cpu/sample_maps.hpp"

namespace fathom::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Tables of what counts for the same samples: see SampleMaps.
struct Normalisation {
  torch::Tensor mean, inverse, scale, shift;
  double slope;
};

NormedUnit unit_of(const SampleMaps& samples, const Normalisation& norm, std::int64_t sample) {
  return {.mean = samples.row(norm.mean, sample),
          .inverse = samples.row(norm.inverse, sample),
          .scale = samples.row(norm.scale, sample),
          .shift = samples.row(norm.shift, sample),
          .slope = static_cast<float>(norm.slope)};
}

/// Of each batch and channel, float [groups, C]; the variance is the biased one.
struct Moments {
  torch::Tensor mean, variance;
};

Moments moments_of(const torch::Tensor& x, std::int64_t groups) {
  const SampleMaps samples(x);
  const torch::Tensor means = samples.table(), deviations = samples.table();
  samples.each([&](std::int64_t n) {
    sample_moments(samples.shape(), samples.maps(x, n), samples.row(means, n), samples.row(deviations, n));
  });
  const Moments moments{samples.table(groups), samples.table(groups)};
  samples.each_batch(groups, [&](std::int64_t first) {
    batch_moments(samples.shape(), x.size(0) / groups, samples.row(means, first),
                  samples.row(deviations, first), samples.row(moments.mean, first),
                  samples.row(moments.variance, first));
  });
  return moments;
}

/// Batch norm and leaky ReLU by LibTorch's own operations, on any device.
torch::Tensor composed(const torch::Tensor& x, const SampleAffine& affine, const torch::Tensor& running_mean,
                       const torch::Tensor& running_variance, bool training, double momentum, double epsilon,
                       std::int64_t groups, double slope) {
  std::vector<torch::Tensor> normed;
  for (const torch::Tensor& batch : x.chunk(groups))
    normed.push_back(torch::batch_norm(batch, /*weight=*/{}, /*bias=*/{}, running_mean, running_variance,
                                       training, momentum, epsilon, /*cudnn_enabled=*/true));
  const auto over_maps = [](const torch::Tensor& rows) { return rows.unsqueeze(-1).unsqueeze(-1); };
  const torch::Tensor whole = groups > 1 ? torch::cat(normed) : normed.front();
  return torch::leaky_relu(whole * over_maps(affine.scale) + over_maps(affine.shift), slope);
}

/// Batch norm and leaky ReLU by passes over memory; the moments are those of x, through which gradients go.
class NormedActivation : public torch::autograd::Function<NormedActivation> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& scale,
                               const torch::Tensor& shift, const Moments& moments, double epsilon,
                               double slope) {
    const SampleMaps samples(x);
    const torch::Tensor inverse = (moments.variance + epsilon).rsqrt();
    const Normalisation norm{moments.mean, inverse, scale.contiguous(), shift.contiguous(), slope};
    torch::Tensor y = torch::empty_like(x);
    samples.each([&](std::int64_t n) {
      activate(samples.shape(), unit_of(samples, norm, n), samples.maps(x, n), samples.maps(y, n));
    });
    context->save_for_backward({x, scale, shift, moments.mean, inverse});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["slope"] = slope;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &scale = saved[1], &shift = saved[2];
    const double slope = context->saved_data["slope"].toDouble();
    const std::int64_t groups = saved[3].size(0);
    if (torch::GradMode::is_enabled())
      return gradients_of_composed(x, scale, shift, gradients[0], context->saved_data["epsilon"].toDouble(),
                                   groups, slope);

    const SampleMaps samples(x);
    const Normalisation norm{saved[3], saved[4], scale.contiguous(), shift.contiguous(), slope};
    const torch::Tensor gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const torch::Tensor of_shift = samples.table(), of_scale = samples.table();
    samples.each([&](std::int64_t n) {
      affine_gradients(samples.shape(), unit_of(samples, norm, n), samples.maps(x, n),
                       samples.maps(gradient, n), samples.row(of_shift, n), samples.row(of_scale, n));
    });

    const torch::Tensor alone = samples.table(groups), with_u = samples.table(groups);
    const std::int64_t stride = scale.size(0) > 1 ? scale.size(1) : 0;
    samples.each_batch(groups, [&](std::int64_t first) {
      gradient_moments(samples.shape(), x.size(0) / groups, samples.row(norm.scale, first), stride,
                       samples.row(of_shift, first), samples.row(of_scale, first), samples.row(alone, first),
                       samples.row(with_u, first));
    });
    torch::Tensor result = torch::empty_like(x);
    samples.each([&](std::int64_t n) {
      input_gradient(samples.shape(), unit_of(samples, norm, n), samples.maps(x, n),
                     samples.maps(gradient, n), samples.row(alone, n), samples.row(with_u, n),
                     samples.maps(result, n));
    });
    return {
        result, samples.gathered(of_scale, scale.size(0)), samples.gathered(of_shift, shift.size(0)), {}, {},
        {}};
  }

 private:
  /// Themselves differentiable.
  static variable_list gradients_of_composed(const torch::Tensor& x, const torch::Tensor& scale,
                                             const torch::Tensor& shift, const torch::Tensor& gradient,
                                             double epsilon, std::int64_t groups, double slope) {
    // Views, so that no way leads from one input to another.
    variable_list wanted, all{x.view_as(x), scale.view_as(scale), shift.view_as(shift), {}, {}, {}};
    for (const torch::Tensor& input : all)
      if (input.defined() && input.requires_grad()) wanted.push_back(input);
    const torch::Tensor y = composed(all[0], {all[1], all[2]}, /*running_mean=*/{}, /*running_variance=*/{},
                                     /*training=*/true, /*momentum=*/0, epsilon, groups, slope);
    const variable_list found = torch::autograd::grad({y}, wanted, {gradient}, /*retain_graph=*/true,
                                                      /*create_graph=*/true);
    std::size_t next = 0;
    for (torch::Tensor& input : all)
      input = input.defined() && input.requires_grad() ? found[next++] : torch::Tensor();
    return all;
  }
};

/// As LibTorch's batch norm keeps them, with the unbiased variance.
void update_running(torch::nn::BatchNorm2dImpl& norm, const Moments& moments, double momentum, double count) {
  const torch::NoGradGuard no_grad;
  for (std::int64_t group = 0; group < moments.mean.size(0); ++group) {
    norm.running_mean.lerp_(moments.mean[group], momentum);
    norm.running_var.lerp_(moments.variance[group] * (count / (count - 1)), momentum);
  }
}

SampleAffine affine_of(const torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x,
                       const SampleAffine& affine) {
  if (!affine.scale.defined() && !affine.shift.defined() && norm.weight.defined())
    return {norm.weight.unsqueeze(0), norm.bias.unsqueeze(0)};
  for (const torch::Tensor& table : {affine.scale, affine.shift})
    if (!table.defined() || table.dim() != 2 || table.size(1) != x.size(1) ||
        (table.size(0) != 1 && table.size(0) != x.size(0)))
      throw InvalidArgument(
          fmt::format("scale and shift must be [{0}, {1}] or [1, {1}] for {0} samples of {1} channels",
                      x.size(0), x.size(1)));
  return affine;
}

}  // namespace

void require_groups(const torch::Tensor& samples, std::int64_t groups) {
  if (groups < 1 || samples.size(0) % groups != 0)
    throw InvalidArgument(
        fmt::format("{} samples cannot be split into {} batches of equal size", samples.size(0), groups));
}

torch::Tensor normed_activation(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x, double slope,
                                std::int64_t groups, const SampleAffine& affine) {
  if (x.dim() != 4 || x.size(1) != norm.options.num_features())
    throw InvalidArgument(fmt::format("the batch norm takes maps of {} channels, [N, {}, h, w], not [{}]",
                                      norm.options.num_features(), norm.options.num_features(),
                                      fmt::join(x.sizes(), ", ")));
  require_groups(x, groups);
  if (!norm.options.momentum() || !norm.running_mean.defined())
    throw InvalidArgument(
        "a batch norm without running statistics, or with their plain mean, is not supported");
  const double momentum = *norm.options.momentum(), epsilon = norm.options.eps();
  const SampleAffine used = affine_of(norm, x, affine);
  if (!norm.is_training())
    return composed(x, used, norm.running_mean, norm.running_var, /*training=*/false, momentum, epsilon,
                    /*groups=*/1, slope);

  const std::int64_t count = x.numel() / x.size(1) / groups;
  if (count < 2)
    throw InvalidArgument(
        fmt::format("training batch norm needs at least 2 values per channel, not {}", count));
  norm.num_batches_tracked += groups;
  if (!may_loop_over(x))
    return composed(x, used, norm.running_mean, norm.running_var, /*training=*/true, momentum, epsilon,
                    groups, slope);
  const torch::Tensor maps = x.contiguous(at::MemoryFormat::ChannelsLast);
  const Moments moments = moments_of(maps.detach(), groups);
  update_running(norm, moments, momentum, static_cast<double>(count));
  return NormedActivation::apply(maps, used.scale, used.shift, moments, epsilon, slope);
}

}  // namespace fathom::nn
