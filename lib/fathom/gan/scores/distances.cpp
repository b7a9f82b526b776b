#include "fathom/gan/scores/distances.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::gan {
namespace {

void require_vectors(const torch::Tensor& features) {
  if (features.dim() != 2 || features.size(0) < 2)
    throw InvalidArgument(fmt::format("a distance needs sets of at least two vectors, not [{}]",
                                      fmt::join(features.sizes(), ", ")));
}

/// A set as a Gaussian sees it.
struct Fit {
  torch::Tensor mean;     // double [F]
  torch::Tensor centred;  // double [N, F]: centred' centred is the covariance
};

Fit fit(const torch::Tensor& features) {
  require_vectors(features);
  const torch::Tensor x = features.to(torch::kCPU, torch::kDouble);
  const torch::Tensor mean = x.mean(0);
  return {mean, (x - mean) / std::sqrt(static_cast<double>(x.size(0) - 1))};
}

/// The same covariance in the fewest rows: [min(N, F), F].
torch::Tensor short_factor(const torch::Tensor& centred) {
  if (centred.size(0) <= centred.size(1)) return centred;
  const auto [values, vectors] = at::linalg_eigh(torch::mm(centred.t(), centred));
  return (vectors * values.clamp_min(0).sqrt()).t().contiguous();
}

/// Sum of the kernel over all pairs of rows.
double kernel_sum(const torch::Tensor& a, const torch::Tensor& b) {
  const double scale = 1.0 / static_cast<double>(a.size(1));
  double sum = 0;
  for (const torch::Tensor& rows : a.split(1000)) {
    const torch::Tensor base = torch::mm(rows, b.t()).mul_(scale).add_(1);
    sum += (base * base * base).sum(torch::kDouble).item<double>();
  }
  return sum;
}

/// Mean of the kernel over all pairs of different rows of one set.
double mean_within(const torch::Tensor& x) {
  const auto n = static_cast<double>(x.size(0));
  const torch::Tensor self = (x.square().sum(1) / static_cast<double>(x.size(1)) + 1).pow(3);
  return (kernel_sum(x, x) - self.sum(torch::kDouble).item<double>()) / (n * (n - 1));
}

}  // namespace

FrechetReference::FrechetReference(const torch::Tensor& features) {
  const Fit real = fit(features);
  mean_ = real.mean;
  trace_ = real.centred.square().sum().item<double>();
  factor_ = short_factor(real.centred);
}

double FrechetReference::distance(const torch::Tensor& features) const {
  const Fit other = fit(features);
  if (other.mean.size(0) != mean_.size(0))
    throw InvalidArgument(
        fmt::format("the reference's vectors have {} values, not {}", mean_.size(0), other.mean.size(0)));
  // (C1 C2)^(1/2) has the trace of (F C2 F')^(1/2), where C1 = F' F: both products have the same eigenvalues
  // but for zeros.
  const torch::Tensor across = torch::mm(factor_, other.centred.t());  // [R, N]
  const double shared =
      at::linalg_eigvalsh(torch::mm(across, across.t())).clamp_min(0).sqrt().sum().item<double>();
  const double means = (mean_ - other.mean).square().sum().item<double>();
  return std::max(0.0, means + trace_ + other.centred.square().sum().item<double>() - 2 * shared);
}

KernelReference::KernelReference(const torch::Tensor& features) {
  require_vectors(features);
  features_ = features.to(torch::kCPU, torch::kFloat);
  within_ = mean_within(features_);
}

double KernelReference::distance(const torch::Tensor& features) const {
  require_vectors(features);
  if (features.size(1) != features_.size(1))
    throw InvalidArgument(fmt::format("vectors of {} and of {} values cannot be compared", features_.size(1),
                                      features.size(1)));
  const torch::Tensor other = features.to(torch::kCPU, torch::kFloat);
  const double pairs = static_cast<double>(features_.size(0)) * static_cast<double>(other.size(0));
  return within_ + mean_within(other) - 2 * kernel_sum(features_, other) / pairs;
}

}  // namespace fathom::gan
