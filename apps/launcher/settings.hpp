/// What the launcher sets in the environment before it starts a program.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace fathom::launcher {

/// A name and its value.
using Setting = std::pair<std::string, std::string>;

/// For a program with these arguments, on this machine, now:
///   OPENBLAS_CORETYPE  the CPU's kernels, if OpenBLAS would take slow ones (core/machine/kernels.hpp)
///   OPENBLAS_L2_SIZE   if the machine does not report its L2 cache and OpenBLAS can be told
///   OMP_NUM_THREADS    if a control group allows fewer CPUs than the affinity; not with --threads
///   OMP_WAIT_POLICY    "passive" on a busy machine (core/machine/load.hpp), otherwise
///   GOMP_SPINCOUNT     "10000"
///   FATHOM_CHOSEN      the names of those above that are set
/// A variable that the user has set is left out; for the last two before FATHOM_CHOSEN, either counts for
/// both. What another launcher has set in a parent process is chosen again.
std::vector<Setting> settings_for(const std::vector<std::string>& arguments);

/// Changes the environment of this process: removes what another launcher has set, then sets these.
void apply(const std::vector<Setting>& settings);

}  // namespace fathom::launcher
