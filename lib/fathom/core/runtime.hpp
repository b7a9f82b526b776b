/// The runtime environment: threads, device, BLAS, random generators.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <optional>
#include <string>

#include "fathom/core/machine/cores.hpp"
#include "fathom/core/seed.hpp"

namespace fathom {

/// Threads for LibTorch and OpenCV alike; 0 means `default_threads()`, which is `usable_cores()` unless the
/// user has set OMP_NUM_THREADS. LibTorch 1.13 uses half the cores by default, so every program calls this
/// function once. It must not be called from two threads at the same time. Throws InvalidArgument below 0 or
/// above 1024.
void set_threads(int threads);
int threads();

/// Keeps freed memory for later tensors. By default, glibc returns it to the system, which clears it page by
/// page when it is requested again. Large images on a CPU become twice as fast. The process then keeps its
/// peak memory until it ends. Call it before the first tensor is created. It has no effect with C libraries
/// other than glibc.
void keep_freed_memory();

/// "auto" (CUDA if LibTorch supports it and there is a GPU, otherwise the CPU), "cpu", "cuda" or "cuda:N".
/// Throws DeviceError if CUDA is requested but not available, InvalidArgument for any other word.
torch::Device select_device(const std::string& name);

/// The BLAS behind `libblas.so.3` in this process: "OpenBLAS 0.3.21 (openmp)", "reference BLAS", ...
std::string blas_name();

/// One line that explains why matrix products are slow here and which package fixes it; empty if the BLAS is
/// fine. Slow: the reference BLAS; OpenBLAS with a thread pool of its own beside LibTorch's OpenMP (4 to 6
/// times slower).
std::optional<std::string> blas_diagnosis();

/// Whether the CPU multiplies bfloat16 natively (AVX512-BF16 or AMX); without it bf16 is slower than float32.
bool cpu_has_bf16();

/// What decides how sums are rounded here, for records: "OpenBLAS 0.3.21 SkylakeX, LibTorch AVX2". With other
/// kernels, the same computation may give other bits.
std::string kernels_name();

/// "0.1.0"
std::string fathom_version();

/// Names and versions of fathom, LibTorch, OpenCV, CPU capability and BLAS, and which of
/// its kernels run and why, one per line.
std::string version_text();

/// A CPU random generator seeded with `seed` alone.
torch::Generator make_generator(std::uint64_t seed);

}  // namespace fathom
