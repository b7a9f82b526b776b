/// Seeds of the noise in explanations. What judges a map (infidelity's changes, sensitivity's neighbours, the
/// order of equal pixels) must not be drawn from the stream that the method drew the map from, so each
/// purpose has its own.
#pragma once

#include <cstdint>

#include "fathom/core/seed.hpp"

namespace fathom::explain {

/// For what a method itself draws for a picture (MethodOptions::seed); `picture` counts the pictures of a
/// run.
inline std::uint64_t method_seed(std::uint64_t seed, std::uint64_t picture) {
  return derive_seed(seed, picture);
}

/// For what is drawn to judge the maps of a picture, the same for all methods.
inline std::uint64_t judging_seed(std::uint64_t seed, std::uint64_t picture) {
  constexpr std::uint64_t kJudging = 0x9d6e'c0de'0000'0001;  // no number of a picture
  return derive_seed(seed, kJudging, picture);
}

}  // namespace fathom::explain
