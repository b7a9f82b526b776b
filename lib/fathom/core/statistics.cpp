#include "fathom/core/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "fathom/core/error.hpp"

namespace fathom {
namespace {

/// Ranks from 1, double [N]; a run of equal values shares the mean of its ranks.
torch::Tensor mean_ranks(const torch::Tensor& values) {
  const auto [sorted, order] = values.sort();
  const std::int64_t count = values.numel();
  torch::Tensor ranks = torch::empty({count}, torch::kFloat64);
  const double* const value = sorted.data_ptr<double>();
  const std::int64_t* const place = order.data_ptr<std::int64_t>();
  double* const rank = ranks.data_ptr<double>();
  for (std::int64_t begin = 0, end = 0; begin < count; begin = end) {
    while (end < count && value[end] == value[begin]) ++end;
    const double shared = static_cast<double>(begin + 1 + end) / 2;
    for (std::int64_t i = begin; i < end; ++i) rank[place[i]] = shared;
  }
  return ranks;
}

torch::Tensor flat(const torch::Tensor& tensor) {
  return tensor.detach().to(torch::kCPU, torch::kFloat64).flatten().contiguous();
}

}  // namespace

Interval wilson95(std::int64_t successes, std::int64_t trials) {
  if (successes < 0 || trials < 0 || successes > trials)
    throw InvalidArgument(fmt::format("not a proportion: {} of {}", successes, trials));
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

Estimate mean95(const std::vector<double>& values) {
  if (values.empty()) throw InvalidArgument("a mean needs at least one value");
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (values.size() == 1) return {mean, {-infinity, infinity}};
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  const double half = t * std::sqrt(squares / (n - 1) / n);
  return {mean, {mean - half, mean + half}};
}

double spearman_correlation(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.numel() != b.numel() || a.numel() < 2)
    throw InvalidArgument(
        fmt::format("a rank correlation needs two tensors of the same size, at least 2, not {} and {}",
                    a.numel(), b.numel()));
  const torch::Tensor x = flat(a), y = flat(b);
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  if (x.isnan().any().item<bool>() || y.isnan().any().item<bool>()) return undefined;
  const torch::Tensor p = mean_ranks(x), q = mean_ranks(y);
  const torch::Tensor from_mean_p = p - p.mean(), from_mean_q = q - q.mean();
  const double spread =
      std::sqrt(from_mean_p.square().sum().item<double>() * from_mean_q.square().sum().item<double>());
  if (spread == 0) return undefined;
  return std::clamp((from_mean_p * from_mean_q).sum().item<double>() / spread, -1.0, 1.0);
}

}  // namespace fathom
