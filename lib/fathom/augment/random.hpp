/// Random numbers for one operation on one picture.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "fathom/core/seed.hpp"

namespace fathom::augment {

/// A random generator whose numbers depend only on the seed and their position. Construction costs nothing,
/// so every operation on every picture has its own. SplitMix64 (Steele 2014) in counter mode; works with the
/// distributions of <random>.
class Random {
 public:
  using result_type = std::uint64_t;
  explicit Random(std::uint64_t seed) : stream_(split_mix(seed)) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return UINT64_MAX; }
  /// derive_seed(seed, 0), derive_seed(seed, 1), ...
  result_type operator()() { return split_mix(split_mix(stream_ ^ count_++)); }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>((*this)() >> 11U) * 0x1p-53; }
  /// Uniform in [low, high); `low` if both are equal.
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Skips one number, so that later numbers do not change.
  void skip() { ++count_; }
  /// low, low + 1, ... high, all equally likely.
  std::int64_t whole(std::int64_t low, std::int64_t high) {
    const auto count = static_cast<double>(high - low) + 1;
    return std::min(high, low + static_cast<std::int64_t>(std::floor(uniform() * count)));
  }

 private:
  std::uint64_t stream_, count_ = 0;
};

}  // namespace fathom::augment
