/// How busy the machine is, and how threads should wait for each other on it.
///
/// libgomp's threads spin while they wait. On a quiet machine that is the fastest way; on a busy one they
/// take the cores that other programs, or late threads of their own, need. Measured on two cores, a training
/// beside six busy programs was 5 to 16 times as fast with waiting threads that sleep; alone it lost 15 %. A
/// spin that ends after 10,000 rounds costs nothing alone.
#pragma once

#include <limits>
#include <string>
#include <vector>

namespace fathom {

struct MachineLoad {
  std::vector<int> running;  ///< threads of others that run or want to run, on all cores, at a few moments
  double pressure =
      -1;  ///< share of the last ten seconds in which a thread waited for a core, in %; -1: unknown
};

/// Reads /proc/loadavg `samples` times, a quarter of a millisecond apart, and /proc/pressure/cpu. `root`
/// stands before both paths. No samples where the files cannot be read.
MachineLoad machine_load(int samples = 4, const std::string& root = "");

/// What a process is about to do, and where.
struct Demand {
  int threads = 1;                                         ///< it will use
  int cores = 1;                                           ///< of the machine
  int nice = 0;                                            ///< its nice value
  double quota = std::numeric_limits<double>::infinity();  ///< CPUs that its control groups allow (cpu_quota)
};

/// Whether waiting threads should sleep at once: with more threads than the quota allows; for a process that
/// was asked to be nice; and if others are running, and together with them there are too many threads for the
/// cores, by at least an eighth of the cores and at least one. Others that are seen at some moments only
/// count if threads waited for cores during 10 % of the last ten seconds.
bool should_sleep(const MachineLoad& load, const Demand& demand);

}  // namespace fathom
