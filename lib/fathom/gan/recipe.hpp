/// A GAN and a run that give recognisable samples without a flag.
#pragma once

#include "fathom/data/image_set.hpp"
#include "fathom/gan/architecture.hpp"
#include "fathom/gan/options.hpp"

namespace fathom::gan {

struct GanRecipe {
  GanArchitecture architecture;
  GanOptions options;
};

/// For pictures of a set, with a loss of the user's choice: what that loss is known to need (batch norm or
/// not, penalties, learning rates, betas, batch size) comes with it. Conditional where that is wanted and the
/// set has at least two classes.
GanRecipe gan_recipe(const data::ImageSet& set, GanLoss loss = GanLoss::non_saturating,
                     bool conditional = true);

/// For points in the plane.
GanRecipe point_gan_recipe(GanLoss loss = GanLoss::non_saturating);

}  // namespace fathom::gan
