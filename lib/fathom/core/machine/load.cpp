#include "fathom/core/machine/load.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <thread>

#include "fathom/core/machine/small_file.hpp"

namespace fathom {
namespace {

/// The number of running threads in "0.20 0.18 0.12 3/80 11206", without the one that reads it; -1:
/// unreadable.
int running_in(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::size_t space = slash == text.npos ? text.npos : text.rfind(' ', slash);
  if (space == text.npos) return -1;
  int running = 0;
  const auto [end, error] = std::from_chars(text.data() + space + 1, text.data() + slash, running);
  return error == std::errc() && end == text.data() + slash ? std::max(0, running - 1) : -1;
}

/// The number in "some avg10=68.89 avg60=...".
double pressure_in(const std::string& text) {
  constexpr std::string_view key = "some avg10=";
  const std::size_t at = text.find(key);
  if (at == text.npos) return -1;
  double percent = -1;
  const char* const begin = text.data() + at + key.size();
  return std::from_chars(begin, text.data() + text.size(), percent).ec == std::errc() ? percent : -1;
}

/// By how much `others` and the process's own threads are too many.
bool is_crowded(int others, const Demand& demand) {
  return others > 0 && others + demand.threads - demand.cores >= std::max(1, demand.cores / 8);
}

}  // namespace

MachineLoad machine_load(int samples, const std::string& root) {
  constexpr auto kPause = std::chrono::microseconds(250);
  MachineLoad load;
  for (int i = 0; i < samples; ++i) {
    if (i > 0) std::this_thread::sleep_for(kPause);
    const int running = running_in(small_file(root + "/proc/loadavg"));
    if (running < 0) break;
    load.running.push_back(running);
  }
  load.pressure = pressure_in(small_file(root + "/proc/pressure/cpu"));
  return load;
}

bool should_sleep(const MachineLoad& load, const Demand& demand) {
  constexpr double kTelling = 10;        // %
  if (demand.threads < 2) return false;  // nobody waits
  if (demand.nice > 0 || demand.threads > demand.quota) return true;
  if (load.running.empty()) return load.pressure >= kTelling;
  const auto crowded = [&](int others) { return is_crowded(others, demand); };
  if (std::all_of(load.running.begin(), load.running.end(), crowded)) return true;
  return load.pressure >= kTelling && std::any_of(load.running.begin(), load.running.end(), crowded);
}

}  // namespace fathom
