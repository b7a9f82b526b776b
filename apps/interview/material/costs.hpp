/// What work costs: memory and processor time, of the calling thread alone, so that what runs beside it does
/// not count.
#pragma once

#include <cstdint>
#include <functional>

namespace fathom::interview {

/// How many bytes of tensors the work had allocated at once, at most.
std::int64_t peak_memory(const std::function<void()>& work);

double processor_seconds(const std::function<void()>& work);

}  // namespace fathom::interview
