/// Which of OpenBLAS's kernels fit a CPU, and whether OpenBLAS finds them by itself.
///
/// OpenBLAS has kernels for many CPUs ("cores") and takes those of the CPU that it runs on. Versions before
/// 0.3.25 give Intel's CPUs that are newer than they are the kernels of a Pentium 4 (Prescott), which are up
/// to five times slower. OPENBLAS_CORETYPE names other ones; it must be set before OpenBLAS is loaded.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "fathom/core/machine/cpu.hpp"

namespace fathom {

struct OpenBlasVersion {
  int major = 0, minor = 0, patch = 0;
  auto operator<=>(const OpenBlasVersion&) const = default;
};

/// The first "N.N.N" in a file name ("libopenblasp-r0.3.21.so") or a description ("OpenBLAS 0.3.21 NO_LAPACKE
/// ...").
std::optional<OpenBlasVersion> openblas_version_in(std::string_view text);

/// The version of the OpenBLAS that programs load here, from its file name, links resolved; it is not loaded.
/// Looks where the loader does: in `library_path` (LD_LIBRARY_PATH, folders separated by ':'), then in the
/// system's folders. Empty if there is none.
std::optional<OpenBlasVersion> installed_openblas(const std::string& library_path);

/// What a core's kernels use: 0 nothing newer than SSE, 1 AVX, 2 AVX2 and FMA, 3 AVX-512. -1: unknown name.
int kernel_level(const std::string& core);

/// The fastest kernels that run on the CPU and that every OpenBLAS since 0.3.11 has: "SkylakeX" with AVX-512,
/// "Haswell" with AVX2; empty for other CPUs, for which OpenBLAS chooses well.
std::string best_kernels(const Cpu& cpu);

/// Whether this version chooses kernels by itself that use what the CPU has.
bool chooses_well(const OpenBlasVersion& version, const Cpu& cpu);

/// The value for OPENBLAS_CORETYPE; empty if OpenBLAS should choose. Versions before 0.3.20 are left alone.
std::string kernels_to_set(const OpenBlasVersion& version, const Cpu& cpu);

/// The value for OPENBLAS_L2_SIZE in KiB, for machines that do not report their L2 cache (virtual ones); 0:
/// none is needed, or this version (before 0.3.28) does not read it. 512 where no other source knows the
/// size.
int l2_size_to_set(const OpenBlasVersion& version, const Cpu& cpu);

}  // namespace fathom
