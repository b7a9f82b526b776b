/// Whether networks, samples and a run go together. Internal to GanTrainer.
#pragma once

#include "fathom/gan/architecture.hpp"
#include "fathom/gan/options.hpp"
#include "fathom/gan/trainer.hpp"

namespace fathom::gan {

/// The options, where these networks can be trained on these samples with them. Throws InvalidArgument.
GanOptions checked_options(const GanArchitecture& architecture, const RealSamples& real,
                           const GanOptions& options);

}  // namespace fathom::gan
