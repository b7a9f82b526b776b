#include "fathom/gan/losses.hpp"

#include <torch/autograd.h>

#include "fathom/core/names.hpp"

namespace fathom::gan {
namespace {

constexpr Names<GanLoss, 3> kLosses = {
    {{GanLoss::non_saturating, "ns"}, {GanLoss::hinge, "hinge"}, {GanLoss::wasserstein, "wgan-gp"}}};

/// Squared norm per sample of the critic's gradient at `points`, itself differentiable: float [N].
torch::Tensor squared_gradient(const Critic& critic, const torch::Tensor& points) {
  const torch::Tensor x = points.detach().requires_grad_();
  const torch::Tensor gradient = torch::autograd::grad({critic(x).sum()}, {x}, /*grad_outputs=*/{},
                                                       /*retain_graph=*/true, /*create_graph=*/true)[0];
  return gradient.flatten(1).square().sum(1);
}

}  // namespace

std::string to_string(GanLoss loss) { return name_of(kLosses, loss); }

GanLoss gan_loss_from(const std::string& name) { return value_of(kLosses, "loss", name); }

torch::Tensor discriminator_loss(GanLoss loss, const torch::Tensor& real, const torch::Tensor& fake,
                                 double smoothing) {
  switch (loss) {
    case GanLoss::non_saturating:
      return (1 - smoothing) * torch::softplus(-real).mean() + smoothing * torch::softplus(real).mean() +
             torch::softplus(fake).mean();
    case GanLoss::hinge:
      return torch::relu(1 - real).mean() + torch::relu(1 + fake).mean();
    case GanLoss::wasserstein:
      break;
  }
  return fake.mean() - real.mean();
}

torch::Tensor generator_loss(GanLoss loss, const torch::Tensor& fake) {
  return loss == GanLoss::non_saturating ? torch::softplus(-fake).mean() : -fake.mean();
}

torch::Tensor saturating_generator_loss(const torch::Tensor& fake) { return -torch::softplus(fake).mean(); }

torch::Tensor r1_penalty(const Critic& critic, const torch::Tensor& real) {
  return squared_gradient(critic, real).mean();
}

torch::Tensor gradient_penalty(const Critic& critic, const torch::Tensor& real, const torch::Tensor& fake,
                               const torch::Tensor& share) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(real.dim()), 1);
  shape[0] = -1;
  const torch::Tensor between = torch::lerp(fake.detach(), real, share.view(shape));
  // The square root has no slope at 0.
  return (squared_gradient(critic, between) + 1e-12).sqrt().sub(1).square().mean();
}

}  // namespace fathom::gan
