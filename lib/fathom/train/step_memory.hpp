/// How much memory a training step will take, before the first one is done.
#pragma once

#include <cstdint>

namespace fathom::models {
class ImageModel;
}

namespace fathom::train {

/// Bytes of CPU tensors at the peak of a step of `batch_size` pictures: the pictures as floats, the forward
/// and the backward pass in float32. Measured on a copy of the network with 4 and 8 pictures, from which it
/// grows in proportion. `network` is on any device and is not changed.
/// Throws MemoryError where not even this fits.
std::uint64_t step_memory(const models::ImageModel& network, std::int64_t batch_size);

}  // namespace fathom::train
