#include "fathom/explain/attribution/quadrature.hpp"

#include <boost/math/special_functions/legendre.hpp>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::explain {

Quadrature gauss_legendre(std::int64_t points) {
  if (points < 1 || points > 10000)
    throw InvalidArgument(fmt::format("the number of points must be from 1 to 10000, not {}", points));
  const auto n = static_cast<int>(points);
  Quadrature q;
  const auto add = [&](double root) {
    const double slope = boost::math::legendre_p_prime(n, root);
    q.points.push_back((1 + root) / 2);  // from [-1, 1] to [0, 1]; the weights halve
    q.weights.push_back(1 / ((1 - root * root) * slope * slope));
  };
  const std::vector<double> roots = boost::math::legendre_p_zeros<double>(n);  // rising from 0 on
  for (auto root = roots.rbegin(); root != roots.rend() && *root > 0; ++root) add(-*root);
  for (const double root : roots) add(root);
  return q;
}

}  // namespace fathom::explain
