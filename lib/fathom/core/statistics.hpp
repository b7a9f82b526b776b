/// Intervals that figures are printed with.
#pragma once

#include <cstdint>
#include <string>

namespace fathom {

struct Interval {
  double low = 0, high = 0;
};

/// 95 % score interval of a proportion (Wilson, 1927): k of n succeeded. n = 0 gives [0, 1].
/// Throws InvalidArgument unless 0 <= k <= n.
Interval wilson95(std::int64_t successes, std::int64_t trials);

/// "92.87 % [92.35, 93.36]" of a proportion and its interval.
std::string percent_text(double proportion, Interval interval);

}  // namespace fathom
