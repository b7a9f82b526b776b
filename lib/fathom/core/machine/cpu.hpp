/// What the CPU is and which vector instructions it has.
#pragma once

namespace fathom {

/// All fields are those that OpenBLAS looks at when it chooses its kernels. On CPUs other than x86-64,
/// nothing is known.
struct Cpu {
  bool intel = false;
  int family = 0, model = 0;  ///< with the extended bits: 6 and 207 for Emerald Rapids
  bool avx = false;      ///< here and below: the CPU has it, and the operating system saves its registers
  bool avx2 = false;     ///< with FMA
  bool avx512 = false;   ///< F, CD, BW, DQ and VL
  int l2_kibibytes = 0;  ///< L2 cache as CPUID leaf 0x80000006 reports it; 0: not reported
  int l2_leaf4_kibibytes = 0;  ///< the same as leaf 4 reports it; 0: not reported
};

/// The CPU that this process runs on.
Cpu this_cpu();

}  // namespace fathom
