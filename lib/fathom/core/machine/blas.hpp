/// Which of OpenBLAS's kernels this process uses, whether the CPU could use faster ones, and whether they are
/// right. They are chosen when OpenBLAS is loaded: fathom's programs are started by a launcher that sets
/// OPENBLAS_CORETYPE before that if OpenBLAS would choose badly (kernels.hpp). In other programs, the library
/// can only say so.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "fathom/core/machine/cpu.hpp"

namespace fathom {

/// The kernels of a process and who chose them.
struct KernelsInUse {
  std::string core;  ///< OpenBLAS's name for them, such as "Haswell"; empty for another BLAS
  bool by_launcher = false;
  bool by_user = false;  ///< OPENBLAS_CORETYPE is set
};

/// The kernels of this process.
KernelsInUse kernels_in_use();

/// "Haswell, chosen for this CPU", "Haswell, set by OPENBLAS_CORETYPE", "Cooperlake, chosen by OpenBLAS" or
/// "Prescott, chosen by OpenBLAS: slow; set OPENBLAS_CORETYPE=SkylakeX"; "not chosen by CPU" for another
/// BLAS.
std::string kernels_text(const KernelsInUse& kernels, const Cpu& cpu);

/// Why matrix products are slow and which variable helps; empty if the kernels use the vector instructions of
/// the CPU, or if the user chose them.
std::optional<std::string> slow_kernels(const KernelsInUse& kernels, const Cpu& cpu);

/// The first call makes a note (core/notes.hpp) of slow_kernels() for this process, if there is something to
/// say. Training and explanation call it; fathom's programs do at their start.
void note_slow_kernels();

/// A matrix product as BLAS defines it (sgemm), row by row of the columns: C [m, n] = A B, all stored by
/// columns.
using MatrixProduct =
    std::function<void(bool transpose_a, bool transpose_b, int m, int n, int k, const float* a, int lda,
                       const float* b, int ldb, float* c, int ldc)>;

/// Whether a few products of odd and even shapes agree with a plain loop. Takes a fifth of a millisecond.
bool is_right_product(const MatrixProduct& product);

/// If the launcher chose the kernels: checks a few products of this process's BLAS. Throws Error where they
/// are wrong; its text says which setting avoids these kernels. Does nothing otherwise.
void require_right_products();

}  // namespace fathom
