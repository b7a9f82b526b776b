#include "fathom/explain/attribution/quadrature.hpp"

#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::explain {
namespace {

struct Legendre {
  double value = 0, slope = 0;
};

/// P_n and its derivative at x in (-1, 1), by the three-term recurrence (k + 1) P_{k+1} = (2k + 1) x P_k - k
/// P_{k-1}.
Legendre legendre(std::int64_t n, double x) {
  double before = 1, here = x;
  for (std::int64_t k = 1; k < n; ++k) {
    const auto d = static_cast<double>(k);
    const double next = ((2 * d + 1) * x * here - d * before) / (d + 1);
    before = here;
    here = next;
  }
  return {here, static_cast<double>(n) * (x * here - before) / (x * x - 1)};
}

double root_near(std::int64_t n, double x) {
  constexpr int most_steps = 20;  // converges quadratically: four or five are enough
  for (int step = 0; step < most_steps; ++step) {
    const Legendre p = legendre(n, x);
    const double change = p.value / p.slope;
    x -= change;
    if (std::abs(change) < 1e-15) break;
  }
  return x;
}

}  // namespace

Quadrature gauss_legendre(std::int64_t points) {
  if (points < 1 || points > 10000)
    throw InvalidArgument(fmt::format("the number of points must be from 1 to 10000, not {}", points));
  const auto n = static_cast<double>(points);
  Quadrature q;
  for (std::int64_t i = points; i >= 1; --i) {
    const double guess = std::cos(std::numbers::pi * (static_cast<double>(i) - 0.25) / (n + 0.5));
    const double x = root_near(points, guess);
    const double slope = legendre(points, x).slope;
    q.points.push_back((1 + x) / 2);  // from [-1, 1] to [0, 1]; the weights halve
    q.weights.push_back(1 / ((1 - x * x) * slope * slope));
  }
  return q;
}

}  // namespace fathom::explain
