#include "fathom/experiment/claim.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/names.hpp"

namespace fathom::experiment {
namespace {

constexpr Names<Verdict, 3> kVerdicts = {{{Verdict::supported, "supported"},
                                          {Verdict::refuted, "refuted"},
                                          {Verdict::inconclusive, "inconclusive"}}};
constexpr Names<Unit, 4> kUnits = {
    {{Unit::number, "number"}, {Unit::percent, "percent"}, {Unit::points, "points"}, {Unit::times, "times"}}};

bool is_within(const Claim& claim, double value) { return value >= claim.low && value <= claim.high; }

/// How far it is from the nearer bound; below 0 outside, and least for what is no number.
double distance_to_failing(const Claim& claim, double value) {
  if (std::isnan(value)) return -HUGE_VAL;
  const double above = std::isinf(claim.low) ? HUGE_VAL : value - claim.low,
               below = std::isinf(claim.high) ? HUGE_VAL : claim.high - value;
  return std::min(above, below);
}

Judgement judged_one_by_one(Judgement judgement) {
  const Claim& claim = judgement.claim;
  const auto& values = judgement.values;
  const auto nearer = [&](double a, double b) {
    return distance_to_failing(claim, a) < distance_to_failing(claim, b);
  };
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  judgement.estimate = {*std::min_element(values.begin(), values.end(), nearer), {*low, *high}};
  const bool all = std::all_of(values.begin(), values.end(), [&](double v) { return is_within(claim, v); });
  judgement.verdict = all ? Verdict::supported : Verdict::refuted;
  return judgement;
}

/// The mean of the logarithms. These two replace values that are 0 or infinite.
Estimate logarithmic_mean95(const std::vector<double>& values, double for_zero, double for_infinity) {
  std::vector<double> logarithms;
  for (const double value : values)
    logarithms.push_back(std::log(value == 0                       ? for_zero
                                  : std::isinf(value) && value > 0 ? for_infinity
                                                                   : value));
  return mean95(logarithms);
}

/// A ratio that became 0 or infinite is outside the range of floating-point numbers: its true value is
/// between the outermost of the other values and the end of that range. The interval covers both.
Estimate geometric_mean95(const std::vector<double>& values) {
  constexpr double smallest = std::numeric_limits<double>::min(),
                   largest = std::numeric_limits<double>::max();
  double low = largest, high = smallest;  // of the others
  for (const double value : values) {
    if (!(value > 0) || std::isinf(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  const bool others = low <= high;
  const Estimate below = logarithmic_mean95(values, smallest, others ? high : largest),
                 above = logarithmic_mean95(values, others ? low : smallest, largest);
  return {std::exp((below.mean + above.mean) / 2), {std::exp(below.ci95.low), std::exp(above.ci95.high)}};
}

bool is_share(Unit unit) { return unit == Unit::percent || unit == Unit::points; }

/// Shares to a tenth of a percent, others to three digits.
std::string amount(double value, Unit unit) {
  if (!is_share(unit)) return fmt::format("{:.3g}", value);
  return unit == Unit::points ? fmt::format("{:+.1f}", 100 * value) : fmt::format("{:.1f}", 100 * value);
}

/// As `amount`, without a nought behind the point: bounds are round numbers.
std::string bound(double value, Unit unit) {
  if (unit == Unit::points) return fmt::format("{:+.3g}", 100 * value);
  return fmt::format("{:.3g}", is_share(unit) ? 100 * value : value);
}

/// What follows the number.
std::string unit_text(Unit unit) {
  constexpr Names<Unit, 4> texts = {
      {{Unit::number, ""}, {Unit::percent, " %"}, {Unit::points, " points"}, {Unit::times, " x"}}};
  return name_of(texts, unit);
}

}  // namespace

std::string to_string(Verdict verdict) { return name_of(kVerdicts, verdict); }
std::string to_string(Unit unit) { return name_of(kUnits, unit); }
Unit unit_from(const std::string& name) { return value_of(kUnits, "unit", name); }

Claim at_least(std::string text, double margin, Unit unit) {
  return {.text = std::move(text), .low = margin, .unit = unit};
}

Claim at_most(std::string text, double margin, Unit unit) {
  return {.text = std::move(text), .high = margin, .unit = unit};
}

Claim between(std::string text, double low, double high, Unit unit) {
  return {.text = std::move(text), .low = low, .high = high, .unit = unit};
}

Claim geometric(Claim claim) {
  claim.statistic = Statistic::geometric_mean;
  return claim;
}

Claim on_every_seed(Claim claim) {
  claim.statistic = Statistic::every_seed;
  return claim;
}

Claim caveat(std::string sentence, Claim claim) {
  claim.caveat = std::move(sentence);
  return claim;
}

Judgement judge(const Claim& claim, std::vector<double> values) {
  if (values.empty()) throw InvalidArgument(fmt::format("there are no values of '{}'", claim.text));
  Judgement judgement{claim, std::move(values), {}, Verdict::inconclusive};
  if (claim.statistic == Statistic::every_seed) return judged_one_by_one(std::move(judgement));
  judgement.estimate =
      claim.statistic == Statistic::mean ? mean95(judgement.values) : geometric_mean95(judgement.values);
  const Interval ci = judgement.estimate.ci95;
  if (ci.low >= claim.low && ci.high <= claim.high)
    judgement.verdict = Verdict::supported;
  else if (ci.high < claim.low || ci.low > claim.high)
    judgement.verdict = Verdict::refuted;
  return judgement;
}

Verdict overall(const std::vector<Judgement>& claims, const std::vector<Judgement>& controls) {
  const auto any = [](const std::vector<Judgement>& all, auto condition) {
    return std::any_of(all.begin(), all.end(), [&](const Judgement& j) { return condition(j.verdict); });
  };
  const auto not_supported = [](Verdict v) { return v != Verdict::supported; };
  if (any(controls, not_supported)) return Verdict::inconclusive;
  if (any(claims, [](Verdict v) { return v == Verdict::refuted; })) return Verdict::refuted;
  return any(claims, not_supported) ? Verdict::inconclusive : Verdict::supported;
}

std::string figure_text(const Judgement& j) {
  const Unit unit = j.claim.unit;
  return fmt::format("{}{} [{}, {}]", amount(j.estimate.mean, unit), unit_text(unit),
                     amount(j.estimate.ci95.low, unit), amount(j.estimate.ci95.high, unit));
}

std::string bounds_text(const Claim& claim) {
  const std::string unit = unit_text(claim.unit),
                    whose = claim.statistic == Statistic::every_seed ? ", every seed" : "";
  if (std::isinf(claim.high)) return "at least " + bound(claim.low, claim.unit) + unit + whose;
  if (std::isinf(claim.low)) return "at most " + bound(claim.high, claim.unit) + unit + whose;
  return fmt::format("from {} to {}{}{}", bound(claim.low, claim.unit), bound(claim.high, claim.unit), unit,
                     whose);
}

}  // namespace fathom::experiment
