/// The claims that an experiment makes before it runs, as data, and the verdicts on them.
///
///   const Claim claim = at_least("test accuracy gained by ReLU over the identity", 0.25, Unit::points);
///   const Judgement judgement = judge(claim, {0.47, 0.51, 0.44});   // one value per seed
///   // judgement.verdict == Verdict::supported: the whole 95 % interval is above 0.25
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "fathom/core/statistics.hpp"

namespace fathom::experiment {

enum class Verdict { supported, refuted, inconclusive };
std::string to_string(Verdict verdict);

/// How a quantity is written: 0.25 as "0.25", "25 %", "+25 points" or "0.25 x".
enum class Unit { number, percent, points, times };
std::string to_string(Unit unit);
Unit unit_from(const std::string& name);  ///< throws InvalidArgument

/// How the values, one per seed, are judged.
enum class Statistic {
  mean,            ///< the 95 % t-interval of their mean
  geometric_mean,  ///< the same of their logarithms: for ratios and for orders of magnitude
  every_seed,      ///< each value separately: for exact results, and for effects far from their bound
};

/// A quantity that must be in [low, high]. A comparison of two arms is their difference or ratio within one
/// seed, so that the values are paired.
struct Claim {
  std::string text;  ///< names the quantity, its arms and its data
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  Unit unit = Unit::number;
  Statistic statistic = Statistic::mean;
  /// How the usual answer is too simple, in one sentence, which holds if the claim is supported. May be
  /// empty.
  std::string caveat;
};

Claim at_least(std::string text, double margin, Unit unit = Unit::number);
Claim at_most(std::string text, double margin, Unit unit = Unit::number);
Claim between(std::string text, double low, double high, Unit unit = Unit::number);
/// The same claim with another statistic.
Claim geometric(Claim claim);
Claim on_every_seed(Claim claim);
/// The same claim with a sentence on how the usual answer is too simple.
Claim caveat(std::string sentence, Claim claim);

struct Judgement {
  Claim claim;
  std::vector<double> values;  ///< one per seed
  Estimate estimate;           ///< every_seed: the value closest to failing, and the range of all values
  Verdict verdict = Verdict::inconclusive;
};

/// By interval: supported if the interval is within the bounds, refuted if it is outside, otherwise (or if a
/// value is NaN) inconclusive. In a geometric mean, a value of 0 is a ratio too small for a number, and an
/// infinite one a ratio too large: for the interval's end on that side it counts as the smallest (largest)
/// number, for the other end as the smallest (largest) of the other values. Every seed: supported if all
/// values are within the bounds, otherwise refuted. Throws InvalidArgument if there are no values.
Judgement judge(const Claim& claim, std::vector<double> values);

/// The verdict on an experiment: inconclusive if a control does not hold, refuted if a claim is refuted,
/// supported if all claims are supported, otherwise inconclusive.
Verdict overall(const std::vector<Judgement>& claims, const std::vector<Judgement>& controls);

/// "+47.1 points [+42.0, +52.2]"
std::string figure_text(const Judgement& judgement);
/// "at least +25 points", "at most 1e-05, every seed"
std::string bounds_text(const Claim& claim);

}  // namespace fathom::experiment
