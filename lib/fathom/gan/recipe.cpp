#include "fathom/gan/recipe.hpp"

namespace fathom::gan {
namespace {

/// The critic of `wgan-gp` makes five updates per update of the generator, on batches of 64, with other betas
/// (Gulrajani et al. 2017).
GanOptions options_for(GanLoss loss) {
  GanOptions o{.loss = loss};
  if (loss == GanLoss::wasserstein) {
    o.batch_size = 64;
    o.steps = 12000;
    o.discriminator_steps = 5;
    o.generator_rate = o.discriminator_rate = 1e-4;
    o.beta1 = 0;
    o.beta2 = 0.9;
  }
  return o;
}

}  // namespace

GanRecipe gan_recipe(const data::ImageSet& set, GanLoss loss, bool conditional) {
  DcganOptions gan;
  gan.image = {set.images.size(1), set.images.size(2), set.images.size(3)};
  gan.classes = conditional && set.classes.size() > 1 ? std::ssize(set.classes) : 0;
  gan.batch_norm = loss == GanLoss::non_saturating;
  gan.spectral_norm = loss == GanLoss::hinge;
  GanOptions o = options_for(loss);
  // At the generator's rate the discriminator learns faster than the generator can follow.
  if (loss == GanLoss::non_saturating) o.discriminator_rate = o.generator_rate / 8;
  return {gan, o};
}

GanRecipe point_gan_recipe(GanLoss loss) {
  GanOptions o = options_for(loss);
  o.batch_size = 512;
  o.steps = 8000;
  o.generator_rate = o.discriminator_rate = 2e-3;
  if (loss != GanLoss::wasserstein) o.r1 = 0.1;  // which keeps modes from being dropped
  return {PointGanOptions{}, o};
}

}  // namespace fathom::gan
