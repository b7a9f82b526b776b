/// Whether networks, samples and a run go together. Internal to GanTrainer.
#pragma once

#include "fathom/gan/options.hpp"
#include "fathom/gan/trainer.hpp"
#include "fathom/models/gan_architecture.hpp"

namespace fathom::gan {

/// The options, where these networks can be trained on these samples with them. Throws InvalidArgument.
GanOptions checked_options(const models::GanArchitecture& architecture, const RealSamples& real,
                           const GanOptions& options);

}  // namespace fathom::gan
