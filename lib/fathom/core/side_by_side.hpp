/// Independent tasks on all threads of LibTorch.
#pragma once

#include <cstdint>
#include <functional>

namespace fathom {

/// Calls `task` with 0 to count - 1, on the threads of core/runtime.hpp, in no particular order. Tensor
/// operations inside a task run on one thread. Returns when all tasks are done; the first exception is passed
/// on, and tasks that have not begun may then be left out.
void side_by_side(std::int64_t count, const std::function<void(std::int64_t)>& task);

}  // namespace fathom
