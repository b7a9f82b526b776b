/// How much memory a step of adversarial training will take, before the first one is done.
#pragma once

#include <cstdint>

#include "fathom/gan/architecture.hpp"
#include "fathom/gan/options.hpp"

namespace fathom::gan {

/// Bytes of CPU tensors at the peak of a step: an update of the discriminator with its penalties, and one of
/// the generator. Measured on networks of this architecture with 2 and 3 samples, from which it grows in
/// proportion to options.batch_size. Throws as `validate`.
std::uint64_t step_memory(const GanArchitecture& architecture, const GanOptions& options);

}  // namespace fathom::gan
