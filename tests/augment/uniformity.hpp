/// Pearson's chi-square test (1900) that counts are of equally likely outcomes.
#pragma once

#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

namespace fathom::augment {

/// The sum of (count - expected)^2 / expected as a multiple of what one in 1000 fair draws exceeds (Wilson &
/// Hilferty 1931): below 1 where nothing speaks against equal chances.
inline double unevenness(const std::vector<int>& counts) {
  const double expected =
      std::accumulate(counts.begin(), counts.end(), 0.) / static_cast<double>(counts.size());
  double sum = 0;
  for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
  const auto freedom = static_cast<double>(counts.size() - 1);
  const double ninth = 2 / (9 * freedom);
  return sum / (freedom * std::pow(1 - ninth + 3.09 * std::sqrt(ninth), 3));
}

/// Counts numbers of [low, high) in equal bins; the last takes `high` too.
class Histogram {
 public:
  Histogram(double low, double high, std::size_t bins) : low_(low), high_(high), counts_(bins) {}

  void add(double value) {
    const double place = (value - low_) / (high_ - low_) * static_cast<double>(counts_.size());
    if (place < 0 || place > static_cast<double>(counts_.size()))
      ++outside_;
    else
      ++counts_[std::min(counts_.size() - 1, static_cast<std::size_t>(place))];
  }
  const std::vector<int>& counts() const { return counts_; }
  int outside() const { return outside_; }

 private:
  double low_, high_;
  std::vector<int> counts_;
  int outside_ = 0;
};

}  // namespace fathom::augment
