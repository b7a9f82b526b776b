#include "fathom/core/machine/cores.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <thread>

#include "fathom/core/machine/chosen.hpp"
#include "fathom/core/machine/small_file.hpp"

namespace fathom {
namespace {

constexpr double kNoQuota = std::numeric_limits<double>::infinity();
constexpr int kMostOmpThreads = 1024;

double number_or(std::string_view text, double otherwise) {
  long long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end != text.data() && number > 0 ? static_cast<double>(number) : otherwise;
}

/// Version 2: "QUOTA PERIOD" or "max PERIOD", in microseconds.
double quota_of_v2(const std::string& group) {
  const std::string text = small_file(group + "/cpu.max");
  const std::size_t space = std::min(text.find(' '), text.size());
  const double period = number_or(std::string_view(text).substr(std::min(space + 1, text.size())), 100000);
  return number_or(std::string_view(text).substr(0, space), kNoQuota) / period;
}

/// Version 1: a file for each; -1: no quota.
double quota_of_v1(const std::string& group) {
  const double period = number_or(small_file(group + "/cpu.cfs_period_us"), 100000);
  return number_or(small_file(group + "/cpu.cfs_quota_us"), kNoQuota) / period;
}

/// The smallest quota from a group up to the top of the hierarchy at `mount`. In a container that does not
/// see the whole hierarchy, its group is the top, and the folders below do not exist.
double smallest_quota(const std::string& mount, std::string group, double (*quota_of)(const std::string&)) {
  if (group.find("..") != group.npos) group.clear();
  double smallest = quota_of(mount);
  while (!group.empty() && group != "/") {
    smallest = std::min(smallest, quota_of(mount + group));
    group.resize(group.rfind('/') == group.npos ? 0 : group.rfind('/'));
  }
  return smallest;
}

/// Whether "cpu" is in a list such as "cpu,cpuacct".
bool lists_cpu(const std::string& controllers) {
  return ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

int cores_by_affinity() {
  // The kernel refuses a set smaller than its own; machines with more than 1024 cores need a larger one.
  for (int cores = CPU_SETSIZE; cores <= 1 << 16; cores *= 2) {
    cpu_set_t* const set = CPU_ALLOC(cores);
    const std::size_t size = CPU_ALLOC_SIZE(cores);
    const bool known = set && ::sched_getaffinity(0, size, set) == 0;
    const int count = known ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

double cpu_quota(const std::string& root) {
  const std::string groups = small_file(root + "/proc/self/cgroup"), mounts = root + "/sys/fs/cgroup";
  double smallest = kNoQuota;
  // Lines "ID:CONTROLLERS:PATH"; that of version 2 has no controllers.
  for (std::size_t at = 0; at < groups.size();) {
    const std::string line = groups.substr(at, groups.find('\n', at) - at);
    at += line.size() + 1;
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1),
                      path = line.substr(second + 1);
    if (controllers.empty()) {
      for (const std::string& mount : {mounts, mounts + "/unified"})
        smallest = std::min(smallest, smallest_quota(mount, path, quota_of_v2));
    } else if (lists_cpu(controllers)) {
      for (const std::string& mount : {mounts + "/" + controllers, mounts + "/cpu"})
        smallest = std::min(smallest, smallest_quota(mount, path, quota_of_v1));
    }
  }
  return smallest;
}

int cores_within(int allowed, double quota) {
  const double rounded = std::floor(quota + 0.5);
  return std::max(1, rounded < allowed ? static_cast<int>(rounded) : allowed);
}

int usable_cores() { return cores_within(cores_by_affinity(), cpu_quota()); }

int default_threads() {
  const double own = number_or(users_setting("OMP_NUM_THREADS"), 0);
  return own > 0 ? static_cast<int>(std::min<double>(own, kMostOmpThreads)) : usable_cores();
}

}  // namespace fathom
