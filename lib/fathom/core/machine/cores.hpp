/// How many cores this process may use: its CPU affinity and the CPU quota of its control groups
/// (containers).
#pragma once

#include <string>

namespace fathom {

/// The CPUs that the control groups of this process allow on average (1.5: one and a half), the smallest
/// limit on the way to the root; infinite without a limit. Versions 1 and 2. `root` stands before every path
/// that is read
/// (/proc/self/cgroup, /sys/fs/cgroup/...).
double cpu_quota(const std::string& root = "");

/// Cores for computing, where `allowed` CPUs may be used (affinity) with a quota: the quota is rounded to the
/// nearest number (1.5 to 2). On 1.5 CPUs, two threads do the work of 1.5 and pause together until the next
/// period; on 1.2, the parts that one thread does alone would use up what the second one gains. At least 1.
int cores_within(int allowed, double quota);

/// Cores that this process may use, at least 1: CPU affinity and quota.
int usable_cores();

/// Threads where none are asked for: the user's OMP_NUM_THREADS if it is set (its first number, at most
/// 1024), otherwise usable_cores().
int default_threads();

}  // namespace fathom
