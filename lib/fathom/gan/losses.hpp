/// The losses of both networks of a GAN as functions of the discriminator's logits.
///
///   const torch::Tensor loss = discriminator_loss(GanLoss::non_saturating, d(real), d(fake.detach()));
#pragma once

#include <torch/types.h>
#include <functional>
#include <string>

namespace fathom::gan {

enum class GanLoss {
  non_saturating,  ///< cross entropy; the generator raises log D(G(z)) (Goodfellow et al. 2014)
  hinge,           ///< max(0, 1 - real) + max(0, 1 + fake) (Lim & Ye 2017)
  wasserstein,     ///< fake - real, with the gradient penalty (Arjovsky et al. 2017, Gulrajani et al. 2017)
};

std::string to_string(GanLoss loss);             ///< "ns", "hinge", "wgan-gp"
GanLoss gan_loss_from(const std::string& name);  ///< throws InvalidArgument

/// Mean over the batch of logits float [N] each. `smoothing` in [0, 1): real labels are 1 - smoothing
/// (one-sided, Salimans et al. 2016); cross entropy only.
torch::Tensor discriminator_loss(GanLoss loss, const torch::Tensor& real, const torch::Tensor& fake,
                                 double smoothing = 0);

torch::Tensor generator_loss(GanLoss loss, const torch::Tensor& fake);

/// The original, saturating generator loss log(1 - D(G(z))). Its gradient vanishes if the discriminator is
/// confident. For experiments.
torch::Tensor saturating_generator_loss(const torch::Tensor& fake);

/// Samples [N, ...] to logits [N].
using Critic = std::function<torch::Tensor(const torch::Tensor&)>;

/// R1: mean squared norm of the logits' gradient at real samples (Mescheder et al. 2018); can be
/// differentiated.
torch::Tensor r1_penalty(const Critic& critic, const torch::Tensor& real);

/// Mean of (norm - 1)^2 of the gradient at points between real and fake samples, `share` [N] of the way from
/// fake to real; can be differentiated.
torch::Tensor gradient_penalty(const Critic& critic, const torch::Tensor& real, const torch::Tensor& fake,
                               const torch::Tensor& share);

}  // namespace fathom::gan
