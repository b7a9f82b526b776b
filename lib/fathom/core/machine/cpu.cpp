#include "fathom/core/machine/cpu.hpp"

#if defined(__x86_64__)
#include <cpuid.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#endif

namespace fathom {

#if defined(__x86_64__)
namespace {

struct Registers {
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
};

/// A leaf that the CPU does not have is all zeros.
Registers leaf(std::uint32_t number, std::uint32_t sub_leaf = 0) {
  Registers r;
  if (__get_cpuid_count(number, sub_leaf, &r.a, &r.b, &r.c, &r.d) == 0) return {};
  return r;
}

bool bit(std::uint32_t word, int index) { return ((word >> index) & 1u) != 0; }

/// The registers that the operating system saves (XCR0). Only for CPUs with OSXSAVE.
std::uint32_t saved_registers() {
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

/// The size of the L2 cache by leaf 4, which lists the caches of Intel's CPUs.
int l2_by_leaf4() {
  for (std::uint32_t i = 0; i < 16; ++i) {
    const Registers r = leaf(4, i);
    if ((r.a & 31u) == 0) return 0;
    if (((r.a >> 5) & 7u) != 2) continue;
    const std::uint64_t ways = (r.b >> 22) + 1, parts = ((r.b >> 12) & 0x3ffu) + 1, line = (r.b & 0xfffu) + 1;
    return static_cast<int>(ways * parts * line * (r.c + 1ULL) / 1024);
  }
  return 0;
}

}  // namespace

Cpu this_cpu() {
  Cpu cpu;
  const Registers vendor = leaf(0), features = leaf(1), more = leaf(7);
  char name[12];
  std::memcpy(name, &vendor.b, 4);
  std::memcpy(name + 4, &vendor.d, 4);
  std::memcpy(name + 8, &vendor.c, 4);
  cpu.intel = std::memcmp(name, "GenuineIntel", 12) == 0;
  const std::uint32_t family = (features.a >> 8) & 15u, extended = (features.a >> 20) & 255u;
  cpu.family = static_cast<int>(family == 15 ? family + extended : family);
  cpu.model = static_cast<int>(((features.a >> 4) & 15u) | ((features.a >> 12) & 0xf0u));
  const std::uint32_t saved = bit(features.c, 27) ? saved_registers() : 0;
  cpu.avx = bit(features.c, 28) && (saved & 0x6u) == 0x6u;
  cpu.avx2 = cpu.avx && bit(more.b, 5) && bit(features.c, 12);
  cpu.avx512 = cpu.avx2 && (saved & 0xe0u) == 0xe0u;
  for (const int each : {16, 17, 28, 30, 31}) cpu.avx512 = cpu.avx512 && bit(more.b, each);  // F DQ CD BW VL
  cpu.l2_kibibytes = static_cast<int>(leaf(0x80000006u).c >> 16);
  cpu.l2_leaf4_kibibytes = l2_by_leaf4();
  return cpu;
}
#else
Cpu this_cpu() { return {}; }
#endif

}  // namespace fathom
