/// The memory that a step of adversarial training needs, known before the first step.
#pragma once

#include <cstdint>

#include "fathom/gan/architecture.hpp"
#include "fathom/gan/options.hpp"

namespace fathom::gan {

/// Bytes of CPU tensors at the peak of a step: an update of the discriminator with its penalties, and one of
/// the generator. Measured on networks of this architecture with 8 and 16 samples and extrapolated to
/// options.batch_size. Throws as `validate`, and MemoryError where
/// not even the measured step fits.
std::uint64_t step_memory(const GanArchitecture& architecture, const GanOptions& options);

}  // namespace fathom::gan
