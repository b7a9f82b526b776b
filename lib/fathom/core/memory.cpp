#include "fathom/core/memory.hpp"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <sys/resource.h>
#include <torch/types.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <limits>
#include <memory>
#include <new>
#include <string_view>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/parallel.hpp"

namespace fathom {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// The number behind `key` in a file of lines "key number"; unlimited where there is none.
std::uint64_t number_behind(const std::string& key, const std::string& file) {
  std::ifstream stream(file);
  for (std::string word; stream >> word;) {
    std::uint64_t number = 0;
    if (word == key && stream >> number) return number;
  }
  return kUnlimited;
}

/// The same in /proc, where numbers are in kilobytes.
std::uint64_t kibibytes_behind(const std::string& key, const std::string& file) {
  const std::uint64_t number = number_behind(key, file);
  return number == kUnlimited ? kUnlimited : number * 1024;
}

std::uint64_t number_in(const std::string& file) {
  std::ifstream stream(file);
  std::uint64_t number = kUnlimited;
  return stream >> number ? number : kUnlimited;  // "max" is no number
}

std::uint64_t left_of(std::uint64_t limit, std::uint64_t used) {
  return limit == kUnlimited || used == kUnlimited ? kUnlimited : limit - std::min(limit, used);
}

/// Of control groups, version 2. The cache of files counts as used there, but makes room when it is needed.
std::uint64_t left_in_group() {
  const std::string folder = "/sys/fs/cgroup/";
  const std::uint64_t used = number_in(folder + "memory.current");
  if (used == kUnlimited) return kUnlimited;
  std::uint64_t cached = 0;
  for (const char* key : {"inactive_file", "active_file"}) {
    const std::uint64_t bytes = number_behind(key, folder + "memory.stat");
    if (bytes != kUnlimited) cached += bytes;
  }
  return left_of(number_in(folder + "memory.max"), used - std::min(used, cached));
}

std::uint64_t left_of_address_space() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimited;
  return left_of(limit.rlim_cur, kibibytes_behind("VmSize:", "/proc/self/status"));
}

/// LibTorch 1.13 reports totals as std::int64_t, 2.x as std::size_t.
template <typename Function>
struct TotalOf;
template <typename Total>
struct TotalOf<void (c10::MemoryReportingInfoBase::*)(void*, std::int64_t, Total, Total, c10::Device)> {
  using type = Total;
};
using Total = TotalOf<decltype(&c10::MemoryReportingInfoBase::reportMemoryUsage)>::type;

/// Counts what LibTorch's allocator reports.
class Counter final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t size, Total, Total, c10::Device device) override {
    if (!device.is_cpu()) return;
    const std::int64_t now = now_ += size;
    for (std::int64_t most = most_; now > most && !most_.compare_exchange_weak(most, now);) {
    }
  }
  bool memoryProfilingEnabled() const override { return true; }
  std::uint64_t most() const { return static_cast<std::uint64_t>(std::max<std::int64_t>(most_, 0)); }

 private:
  std::atomic<std::int64_t> now_ = 0, most_ = 0;
};

}  // namespace

std::uint64_t available_memory() {
  return std::min(
      {kibibytes_behind("MemAvailable:", "/proc/meminfo"), left_in_group(), left_of_address_space()});
}

void require_memory(std::uint64_t bytes, const std::string& what) {
  const std::uint64_t available = available_memory();
  if (bytes > available)
    throw MemoryError(fmt::format("{} needs {} of memory, but {} are available", what, memory_text(bytes),
                                  memory_text(available)));
}

std::uint64_t peak_tensor_memory(const std::function<void()>& computation) {
  const auto counter = std::make_shared<Counter>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, counter);
  try {
    computation();
  } catch (const std::exception& e) {
    if (!is_out_of_memory(e)) throw;
    throw MemoryError(
        fmt::format("more memory is needed than the {} that are available", memory_text(available_memory())));
  }
  return counter->most();
}

void reserve_blas_buffers() {
  const std::uint64_t left = left_of_address_space();
  if (left == kUnlimited) return;
  static std::atomic<int> reserved = 0;  // threads
  const int threads = at::get_num_threads();
  if (reserved >= threads) return;
  // Each thread: a buffer of 128 MiB, a stack, and a heap that begins with 64 MiB. And the rest of a program.
  constexpr std::uint64_t kForThread = 256ULL << 20, kForTheRest = 256ULL << 20;
  const std::uint64_t needed = kForThread * static_cast<std::uint64_t>(threads) + kForTheRest;
  if (needed > left)
    throw MemoryError(fmt::format("computing on {} threads needs {} of address space, but {} are available",
                                  threads, memory_text(needed), memory_text(left)));
  const torch::NoGradGuard no_grad;
  const torch::Tensor large = torch::ones({512, 512}), small = torch::ones({256, 256});
  torch::mm(large, large);  // by all threads
  at::parallel_for(0, threads, 1, [&](std::int64_t, std::int64_t) { torch::mm(small, small); });  // by each
  reserved = threads;
}

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const MemoryError*>(&error)) return true;
  const std::string_view text = error.what();
  return text.find("can't allocate memory") != text.npos || text.find("out of memory") != text.npos;
}

std::string memory_text(std::uint64_t bytes) {
  constexpr double kMega = 1e6, kGiga = 1e9;
  const auto size = static_cast<double>(bytes);
  return size >= kGiga ? fmt::format("{:.1f} GB", size / kGiga) : fmt::format("{:.0f} MB", size / kMega);
}

}  // namespace fathom
