/// Measures durations.
///
///   Stopwatch watch;
///   load();
///   const double loading = watch.lap();
///   run();
///   const double running = watch.lap();
#pragma once

#include <chrono>

namespace fathom {

class Stopwatch {
 public:
  /// Seconds since the construction or the last lap.
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  /// The same, and starts the next lap.
  double lap() {
    const Clock::time_point begun = start_;
    start_ = Clock::now();
    return std::chrono::duration<double>(start_ - begun).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

}  // namespace fathom
