/// Memory and processor time that work costs, on the calling thread alone.
#pragma once

#include <cstdint>
#include <functional>

namespace fathom::interview {

/// The most bytes of tensors that the work had allocated at once.
std::int64_t peak_memory(const std::function<void()>& work);

double processor_seconds(const std::function<void()>& work);

}  // namespace fathom::interview
