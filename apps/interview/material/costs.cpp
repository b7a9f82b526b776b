#include "interview/material/costs.hpp"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <ctime>
#include <memory>

namespace fathom::interview {
namespace {

/// LibTorch tells its profiler, and whoever takes its place, of every tensor's memory.
class PeakMemory : public c10::MemoryReportingInfoBase {
  /// The type of the totals, which is int64_t in some versions of LibTorch and size_t in others.
  template <typename Total>
  static Total total_of(void (c10::MemoryReportingInfoBase::*)(void*, std::int64_t, Total, Total,
                                                               c10::Device));
  using Total = decltype(total_of(&c10::MemoryReportingInfoBase::reportMemoryUsage));

 public:
  void reportMemoryUsage(void* /*pointer*/, std::int64_t change, Total /*allocated*/, Total /*reserved*/,
                         c10::Device /*device*/) override {
    now_ += change;
    peak_ = std::max(peak_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  std::int64_t peak() const { return peak_; }

 private:
  std::int64_t now_ = 0, peak_ = 0;
};

double seconds_now() {
  std::timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

std::int64_t peak_memory(const std::function<void()>& work) {
  const auto memory = std::make_shared<PeakMemory>();
  const c10::DebugInfoGuard counting(c10::DebugInfoKind::PROFILER_STATE, memory);
  work();
  return memory->peak();
}

double processor_seconds(const std::function<void()>& work) {
  const double start = seconds_now();
  work();
  return seconds_now() - start;
}

}  // namespace fathom::interview
