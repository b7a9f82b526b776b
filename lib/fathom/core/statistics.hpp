/// Confidence intervals and rank correlation.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

namespace fathom {

struct Interval {
  double low = 0, high = 0;
};

/// Whether every number in `a` is below every number in `b`.
inline bool is_below(Interval a, Interval b) { return a.high < b.low; }

/// 95 % score interval of a proportion (Wilson, 1927): k of n succeeded. n = 0 gives [0, 1].
/// Throws InvalidArgument unless 0 <= k <= n.
Interval wilson95(std::int64_t successes, std::int64_t trials);

/// A proportion and its interval as text: "92.87 % [92.35, 93.36]".
std::string percent_text(double proportion, Interval interval);

/// A mean with its confidence interval.
struct Estimate {
  double mean = 0;
  Interval ci95;
};

/// The mean with its 95 % interval by Student's t (1908): mean +- t(0.975; n - 1) s / sqrt(n). A single value
/// says nothing about the spread, so its interval is infinite. Throws InvalidArgument if there are no values.
Estimate mean95(const std::vector<double>& values);

/// Spearman's rank correlation (1904) of two tensors of the same size, in [-1, 1]; equal numbers share the
/// mean of their ranks. NaN if either tensor has no order (all values equal, or one is NaN). Throws
/// InvalidArgument if the sizes differ or there are fewer than two numbers.
double spearman_correlation(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace fathom
