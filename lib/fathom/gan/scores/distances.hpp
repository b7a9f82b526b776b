/// Distances between the distributions of two sets of feature vectors.
///
///   const FrechetReference real(features_of_real);
///   const double distance = real.distance(features_of_generated);
///
/// Features are float [N, F], as models::ImageModel::features computes them from pictures. Distances depend
/// on the features and on the number of samples, so compare them with the distance between two sets of real
/// pictures.
#pragma once

#include <torch/types.h>
#include <cstdint>

namespace fathom::gan {

/// Frechet distance of the Gaussians that fit two sets (Dowson & Landau 1982; Heusel et al. 2017, there with
/// the features of an Inception network): |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)).
class FrechetReference {
 public:
  /// At least two vectors. With N < F vectors, a distance costs an eigendecomposition of [N, N], otherwise of
  /// [F, F]. Throws InvalidArgument.
  explicit FrechetReference(const torch::Tensor& features);

  /// At least two vectors as long as the reference's; never below 0. Throws InvalidArgument.
  double distance(const torch::Tensor& features) const;

 private:
  torch::Tensor mean_, factor_;  // double [F], [R, F] with R = min(N, F): factor' factor is the covariance
  double trace_ = 0;
};

/// Squared maximum mean discrepancy with the kernel (x . y / F + 1)^3 (Binkowski et al. 2018), unbiased: for
/// two sets from the same distribution, its expected value is 0, so it can be negative.
class KernelReference {
 public:
  /// At least two vectors. Throws InvalidArgument.
  explicit KernelReference(const torch::Tensor& features);

  std::int64_t size() const { return features_.size(0); }  ///< vectors

  /// At least two vectors as long as the reference's. Throws InvalidArgument.
  double distance(const torch::Tensor& features) const;

 private:
  torch::Tensor features_;
  double within_;  // mean of the kernel over its own pairs
};

}  // namespace fathom::gan
