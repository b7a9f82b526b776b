/// Quadrature points and weights on [0, 1].
///
///   const Quadrature q = gauss_legendre(50);
///   double integral = 0;
///   for (std::size_t i = 0; i < q.points.size(); ++i) integral += q.weights[i] * f(q.points[i]);
#pragma once

#include <cstdint>
#include <vector>

namespace fathom::explain {

struct Quadrature {
  std::vector<double> points;   ///< in (0, 1), ascending
  std::vector<double> weights;  ///< positive, their sum is 1
};

/// Gauss-Legendre: n points integrate polynomials of degree 2n - 1 exactly. The points are the roots of the
/// Legendre polynomial P_n.
/// Throws InvalidArgument unless 1 <= points <= 10000.
Quadrature gauss_legendre(std::int64_t points);

}  // namespace fathom::explain
