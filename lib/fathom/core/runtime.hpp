/// What the program runs on: threads, device, BLAS; and where its random numbers come from.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <optional>
#include <string>

#include "fathom/core/seed.hpp"

namespace fathom {

/// Cores that this process may use (its CPU affinity), at least 1.
int usable_cores();

/// Threads for LibTorch and OpenCV alike; 0 means `usable_cores()`. LibTorch 1.13 starts at half the cores,
/// so every program calls this, once: no two threads may at the same time. Throws InvalidArgument below 0 or
/// above 1024.
void set_threads(int threads);
int threads();

/// Keeps memory that was freed for the next tensor of the process, which glibc would give back to the system
/// and ask for again, cleared, page by page: twice the speed of large images on a CPU. What the process has
/// had at its peak it then has to its end. Call it before the first tensor; other libraries than glibc are
/// left alone.
void keep_freed_memory();

/// "auto" (CUDA where LibTorch has it and a GPU answers, else the CPU), "cpu", "cuda" or "cuda:N".
/// Throws DeviceError where CUDA is asked for and absent, InvalidArgument for any other word.
torch::Device select_device(const std::string& name);

/// What reads `libblas.so.3` in this process: "OpenBLAS 0.3.21 (openmp)", "reference BLAS", ...
std::string blas_name();

/// One line that says why matrix products are slow here and which package cures it, or nothing where the BLAS
/// is fine. Slow: the reference BLAS; OpenBLAS with a thread pool of its own beside LibTorch's OpenMP (4 to 6
/// times slower).
std::optional<std::string> blas_diagnosis();

/// Whether the CPU multiplies bfloat16 natively (AVX512-BF16 or AMX); without it bf16 is slower than float32.
bool cpu_has_bf16();

/// "0.1.0"
std::string fathom_version();

/// Name and version of fathom, LibTorch, OpenCV, CPU capability and BLAS, a line each.
std::string version_text();

/// A CPU random generator seeded with `seed` alone.
torch::Generator make_generator(std::uint64_t seed);

}  // namespace fathom
