#include "launcher/settings.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "fathom/core/machine/chosen.hpp"
#include "fathom/core/machine/cores.hpp"
#include "fathom/core/machine/cpu.hpp"
#include "fathom/core/machine/kernels.hpp"
#include "fathom/core/machine/load.hpp"

namespace fathom::launcher {
namespace {

/// Rounds of waiting before a thread sleeps: costs nothing alone, and little beside others.
constexpr const char* kSpin = "10000";

bool is_free(const char* name) { return std::getenv(name) == nullptr || is_chosen(name); }

/// The number behind --threads; 0: none. The program refuses what is no number.
int threads_in(const std::vector<std::string>& arguments) {
  const std::string flag = "--threads";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == flag && i + 1 < arguments.size())
      return std::max(0, std::atoi(arguments[i + 1].c_str()));
    if (arguments[i].compare(0, flag.size() + 1, flag + "=") == 0)
      return std::max(0, std::atoi(arguments[i].c_str() + flag.size() + 1));
  }
  return 0;
}

void choose_kernels(std::vector<Setting>& settings) {
  const char* const library_path = std::getenv("LD_LIBRARY_PATH");
  const auto version = installed_openblas(library_path ? library_path : "");
  if (!version) return;
  const Cpu cpu = this_cpu();
  const std::string core = kernels_to_set(*version, cpu);
  if (!core.empty() && is_free("OPENBLAS_CORETYPE")) settings.emplace_back("OPENBLAS_CORETYPE", core);
  const int l2 = l2_size_to_set(*version, cpu);
  if (l2 > 0 && is_free("OPENBLAS_L2_SIZE")) settings.emplace_back("OPENBLAS_L2_SIZE", std::to_string(l2));
}

void choose_threads(std::vector<Setting>& settings, int asked) {
  const double quota = cpu_quota();
  const int usable = usable_cores();
  if (asked == 0 && quota <= usable && is_free("OMP_NUM_THREADS"))
    settings.emplace_back("OMP_NUM_THREADS", std::to_string(usable));
  if (!is_free("OMP_WAIT_POLICY") || !is_free("GOMP_SPINCOUNT")) return;
  const Demand demand{.threads = asked > 0 ? asked : default_threads(),
                      .cores = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)),
                      .nice = ::getpriority(PRIO_PROCESS, 0),
                      .quota = quota};
  const bool is_background = ::sched_getscheduler(0) == SCHED_IDLE;
  if (is_background || should_sleep(demand.threads > 1 ? machine_load() : MachineLoad{}, demand)) {
    settings.emplace_back("OMP_WAIT_POLICY", "passive");
  } else {
    settings.emplace_back("GOMP_SPINCOUNT", kSpin);
  }
}

}  // namespace

std::vector<Setting> settings_for(const std::vector<std::string>& arguments) {
  std::vector<Setting> settings;
  choose_kernels(settings);
  choose_threads(settings, threads_in(arguments));
  std::string names;
  for (const auto& [name, value] : settings) names += (names.empty() ? "" : " ") + name;
  if (!names.empty()) settings.emplace_back(kChosenVariables, names);
  return settings;
}

void apply(const std::vector<Setting>& settings) {
  for (const std::string& name : chosen_variables()) ::unsetenv(name.c_str());
  ::unsetenv(kChosenVariables);
  for (const auto& [name, value] : settings) ::setenv(name.c_str(), value.c_str(), 1);
}

}  // namespace fathom::launcher
