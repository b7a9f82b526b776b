/// Default GANs and options that give recognisable samples.
#pragma once

#include "fathom/data/image_set.hpp"
#include "fathom/gan/architecture.hpp"
#include "fathom/gan/options.hpp"

namespace fathom::gan {

struct GanRecipe {
  GanArchitecture architecture;
  GanOptions options;
};

/// The recipe for pictures of a set and a chosen loss. It includes what the loss needs (batch norm or not,
/// penalties, learning rates, betas, batch size). Conditional if requested and if the set has at least two
/// classes.
GanRecipe gan_recipe(const data::ImageSet& set, GanLoss loss = GanLoss::non_saturating,
                     bool conditional = true);

/// For points in the plane.
GanRecipe point_gan_recipe(GanLoss loss = GanLoss::non_saturating);

}  // namespace fathom::gan
