#include "fathom/core/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fathom/core/error.hpp"

namespace fathom {

Interval wilson95(std::int64_t successes, std::int64_t trials) {
  if (successes < 0 || trials < 0 || successes > trials) {
    throw InvalidArgument(fmt::format("no proportion: {} of {}", successes, trials));
  }
  if (trials == 0) return {0.0, 1.0};
  constexpr double z = 1.959963984540054;  // the normal distribution's 97.5 % quantile
  const double n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double scale = 1.0 + z * z / n;
  const double centre = (p + z * z / (2.0 * n)) / scale;
  const double half = z * std::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / scale;
  // The formula gives 0 and 1 at the ends exactly; rounding would not.
  const double low = successes == 0 ? 0.0 : std::max(0.0, centre - half);
  const double high = successes == trials ? 1.0 : std::min(1.0, centre + half);
  return {low, high};
}

std::string percent_text(double proportion, Interval interval) {
  return fmt::format("{:.2f} % [{:.2f}, {:.2f}]", 100.0 * proportion, 100.0 * interval.low,
                     100.0 * interval.high);
}

}  // namespace fathom
