#include "fathom/core/runtime.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <malloc.h>
#include <torch/cuda.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <opencv2/core.hpp>
#include <string_view>

#include "fathom/core/error.hpp"
#include "fathom/core/machine/blas.hpp"
#include "fathom/core/machine/cpu.hpp"

namespace fathom {
namespace {

constexpr int kMostThreads = 1024;

enum class Blas { mkl, openblas_serial, openblas_pthread, openblas_openmp, reference, other };

/// A function of the libraries in this process by its name; null where none has it.
template <typename Function>
Function* function_named(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

/// The file that the matrix product comes from, links resolved: Debian puts one library in the place of
/// another by links (/etc/alternatives), so that the name `libblas.so.3` says nothing.
std::string blas_file() {
  Dl_info info = {};
  void* const product = ::dlsym(RTLD_DEFAULT, "sgemm_");
  if (!product || ::dladdr(product, &info) == 0 || !info.dli_fname) return "";
  std::error_code error;
  const auto file = std::filesystem::canonical(info.dli_fname, error);
  return error ? info.dli_fname : file.string();
}

Blas blas_of(const std::string& file) {
  if (at::hasMKL()) return Blas::mkl;
  if (file.find("openblas") != file.npos) {
    const auto parallel = function_named<int()>("openblas_get_parallel");
    const int kind = parallel ? parallel() : 0;
    return kind == 2 ? Blas::openblas_openmp : kind == 1 ? Blas::openblas_pthread : Blas::openblas_serial;
  }
  const std::string name = std::filesystem::path(file).filename();
  return name.starts_with("libblas.so") ? Blas::reference : Blas::other;
}

/// "OpenBLAS 0.3.21" from OpenBLAS's own "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...".
std::string openblas_name() {
  const auto config = function_named<char*()>("openblas_get_config");
  if (!config) return "OpenBLAS";
  const std::string text = config();
  const std::size_t after_name = text.find(' ');
  return text.substr(0, after_name == text.npos ? text.npos : text.find(' ', after_name + 1));
}

/// "AVX2" from "CPU capability usage: AVX2", a line of LibTorch's description of itself.
std::string cpu_capability() {
  const std::string config = at::show_config();
  constexpr std::string_view key = "CPU capability usage: ";
  const std::size_t at = config.find(key);
  if (at == config.npos) return "unknown";
  const std::size_t begin = at + key.size();
  return config.substr(begin, config.find('\n', begin) - begin);
}

torch::Device cuda_device(int index) {
  const int count = static_cast<int>(torch::cuda::device_count());
  if (count == 0)
    throw DeviceError(fmt::format(
        "LibTorch {} finds no CUDA GPU here: use the device 'cpu', or a LibTorch built for CUDA and a "
        "machine with a GPU",
        TORCH_VERSION));
  if (index >= count)
    throw DeviceError(fmt::format("no GPU {}: LibTorch finds {}, counted from 0", index, count));
  return torch::Device(torch::kCUDA, static_cast<torch::DeviceIndex>(index));
}

}  // namespace

void set_threads(int threads) {
  if (threads < 0 || threads > kMostThreads)
    throw InvalidArgument(fmt::format("{} threads are not possible: 1 to {}, or 0 for every usable core",
                                      threads, kMostThreads));
  const int count = threads == 0 ? default_threads() : threads;
  torch::set_num_threads(count);
  cv::setNumThreads(count);
  // OpenBLAS with threads of its own does not hear LibTorch's word.
  const auto openblas = function_named<void(int)>("openblas_set_num_threads");
  if (openblas && blas_of(blas_file()) == Blas::openblas_pthread) openblas(count);
}

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);  // or every block of 32 MB and more would be mapped anew
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

int threads() { return torch::get_num_threads(); }

torch::Device select_device(const std::string& name) {
  if (name == "auto") return torch::cuda::is_available() ? cuda_device(0) : torch::Device(torch::kCPU);
  if (name == "cpu") return torch::Device(torch::kCPU);
  if (name == "cuda") return cuda_device(0);
  constexpr std::string_view prefix = "cuda:";
  int index = -1;
  if (name.starts_with(prefix)) {
    const char* const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + prefix.size(), end, index);
    if (error != std::errc() || stop != end || index > 127) index = -1;
  }
  if (index < 0) throw InvalidArgument(fmt::format("no device '{}': auto, cpu, cuda or cuda:N", name));
  return cuda_device(index);
}

std::string blas_name() {
  const std::string file = blas_file();
  switch (blas_of(file)) {
    case Blas::mkl:
      return "MKL";
    case Blas::openblas_serial:
      return openblas_name() + " (serial)";
    case Blas::openblas_pthread:
      return openblas_name() + " (pthread)";
    case Blas::openblas_openmp:
      return openblas_name() + " (openmp)";
    case Blas::reference:
      return "reference BLAS";
    case Blas::other:
      break;
  }
  return file.empty() ? "unknown BLAS" : std::filesystem::path(file).filename().string();
}

std::optional<std::string> blas_diagnosis() {
  switch (blas_of(blas_file())) {
    case Blas::reference:
      return "matrix products are slow: LibTorch uses the reference BLAS; install libopenblas0-openmp";
    case Blas::openblas_pthread:
      return "matrix products are slow: OpenBLAS's own threads (libopenblas0-pthread) compete with "
             "LibTorch's OpenMP threads; install libopenblas0-openmp and remove libopenblas0-pthread";
    case Blas::openblas_serial:
      return "matrix products are slow: this OpenBLAS uses one core; install libopenblas0-openmp";
    default:
      return std::nullopt;
  }
}

bool cpu_has_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");  // every CPU with AMX has it too
#else
  return false;
#endif
}

std::string fathom_version() { return FATHOM_VERSION; }

std::string kernels_name() {
  const std::string core = kernels_in_use().core;
  return fmt::format("{}, LibTorch {}", core.empty() ? blas_name() : openblas_name() + " " + core,
                     cpu_capability());
}

std::string version_text() {
  return fmt::format("fathom {}\nLibTorch {}\nOpenCV {}\nCPU {}{}, {} usable cores\nBLAS {}\nKernels {}\n",
                     FATHOM_VERSION, TORCH_VERSION, cv::getVersionString(), cpu_capability(),
                     cpu_has_bf16() ? " with bfloat16" : "", usable_cores(), blas_name(),
                     kernels_text(kernels_in_use(), this_cpu()));
}

torch::Generator make_generator(std::uint64_t seed) {
  // LibTorch's Mersenne Twister takes the lower 32 bits only; folding lets the upper ones count.
  return at::detail::createCPUGenerator(seed ^ (seed >> 32));
}

}  // namespace fathom
