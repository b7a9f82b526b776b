#include "fathom/augment/random.hpp"

#include <algorithm>
#include <cmath>

#include "fathom/core/runtime.hpp"

namespace fathom::augment {

Random::result_type Random::operator()() { return derive_seed(seed_, count_++); }

double Random::uniform() { return static_cast<double>((*this)() >> 11U) * 0x1p-53; }

std::int64_t Random::whole(std::int64_t low, std::int64_t high) {
  const auto count = static_cast<double>(high - low) + 1;
  return std::min(high, low + static_cast<std::int64_t>(std::floor(uniform() * count)));
}

}  // namespace fathom::augment
