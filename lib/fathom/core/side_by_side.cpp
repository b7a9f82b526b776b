#include "fathom/core/side_by_side.hpp"

#include <algorithm>
#include <atomic>

#include "fathom/core/parallel.hpp"

namespace fathom {

void side_by_side(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  std::atomic<std::int64_t> next = 0;
  const std::int64_t workers = std::min<std::int64_t>(count, at::get_num_threads());
  at::parallel_for(0, workers, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t worker = begin; worker < end; ++worker)
      for (std::int64_t i = next++; i < count; i = next++) task(i);
  });
}

}  // namespace fathom
