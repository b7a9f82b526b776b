/// Derives seeds from other seeds.
#pragma once

#include <cstdint>

namespace fathom {

/// Turns any number, such as a counter, into a well mixed one: one step of SplitMix64 (Steele 2014). Inline,
/// because augmentation draws several numbers for every small picture.
inline std::uint64_t split_mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// A seed for a purpose: mixes `seed` with two more numbers (epoch, index, a constant per purpose), so that
/// streams do not overlap.
inline std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t a, std::uint64_t b = 0) {
  return split_mix(split_mix(split_mix(seed) ^ a) ^ b);
}

}  // namespace fathom
