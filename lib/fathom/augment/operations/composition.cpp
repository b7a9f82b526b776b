/// Operations made of operations: in a row, one or some of several, and the policies of RandAugment,
/// TrivialAugment and AugMix with torchvision's magnitude tables.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

#include <opencv2/core.hpp>

#include "fathom/augment/operations/pixels.hpp"
#include "fathom/augment/run.hpp"

namespace fathom::augment {
namespace {

void draw_all(const Operation& operation, Random& random, Step& step) {
  for (const Operation& each : operation.operations) draw(each, random(), step.steps);
}

/// `count` different ones, in their order.
void draw_some(const Operation& operation, std::int64_t count, Random& random, Step& step) {
  std::vector<std::size_t> order(operation.operations.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto taken = std::min(order.size(), static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < taken; ++i)
    std::swap(
        order[i],
        order[static_cast<std::size_t>(random.whole(static_cast<std::int64_t>(i), std::ssize(order) - 1))]);
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(taken));
  for (std::size_t i = 0; i < taken; ++i) draw(operation.operations[order[i]], random(), step.steps);
}

void draw_one(const Operation& operation, Random& random, Step& step) {
  draw_some(operation, 1, random, step);
}

/// values: count.
void draw_count(const Operation& operation, Random& random, Step& step) {
  draw_some(operation, static_cast<std::int64_t>(step.values[0]), random, step);
}

/// An operation of a policy: its parameter goes from what changes nothing by `reach`, up or down.
struct Policy {
  const char* operation = nullptr;  ///< null: the picture stays as it is
  const char* parameter = nullptr;  ///< null: it has no magnitude
  double start = 0, reach = 0;
  bool is_signed = false;  ///< by reach or by -reach, equally likely
  bool is_slope = false;   ///< a tangent, which the parameter has in degrees
};

/// What torchvision's policies differ in.
struct Reach {
  double slope = 0;        ///< of a shear
  double translation = 0;  ///< share of the side
  double degrees = 0;
  double factor = 0;  ///< of brightness, contrast, saturation and sharpness
  double first_bits = 8, fewer_bits = 0;
};

std::vector<Policy> policies(const Reach& r) {
  std::vector<Policy> all;
  for (const char* axis : {"x", "y"}) {
    all.push_back({"shear", axis, 0, r.slope, true, /*is_slope=*/true});
    all.push_back({"translate", axis, 0, r.translation, true});
  }
  all.push_back({"rotate", "degrees", 0, r.degrees, true});
  for (const char* operation : {"brightness", "saturation", "contrast", "sharpen"})
    all.push_back({operation, "factor", 1, r.factor, true});
  all.push_back({"posterize", "bits", r.first_bits, -r.fewer_bits});
  all.push_back({"solarize", "threshold", 1, -1});
  all.push_back({"autocontrast"});
  all.push_back({"equalize"});
  return all;
}

// torchvision 0.14 and later, transforms/autoaugment.py.

/// RandAugment: _augmentation_space; 150 pixels of 331 (Cubuk 2019).
const std::vector<Policy>& rand_augment_table() {
  static const std::vector<Policy> table = [] {
    std::vector<Policy> all = policies({0.3, 150. / 331, 30, 0.9, 8, 4});
    all.emplace_back();
    return all;
  }();
  return table;
}

/// TrivialAugmentWide; its 32 pixels of translation are of pictures 224 pixels wide.
const std::vector<Policy>& trivial_augment_table() {
  static const std::vector<Policy> table = [] {
    std::vector<Policy> all = policies({0.99, 1. / 7, 135, 0.99, 8, 6});
    all.emplace_back();
    return all;
  }();
  return table;
}

/// AugMix with all_ops; magnitudes in 10 bins, of which the first `severity` are drawn.
const std::vector<Policy>& aug_mix_table() {
  static const std::vector<Policy> table = policies({0.3, 1. / 3, 30, 0.9, 4, 4});
  return table;
}

double drawn_value(const Policy& policy, const Parameter& parameter, double share, double sign) {
  const double value = policy.start + (policy.is_signed ? sign : 1) * policy.reach * share;
  if (policy.is_slope) return std::atan(value) * 180 / std::numbers::pi;
  return parameter.scale == Scale::whole ? std::nearbyint(value) : value;
}

/// One operation of a table at a share of its magnitude. `fill`: of what comes into view.
void draw_from(const std::vector<Policy>& table, double share, double fill, Random& random, Step& step) {
  const Policy& policy = table[static_cast<std::size_t>(random.whole(0, std::ssize(table) - 1))];
  const double sign = random.uniform() < 0.5 ? -1 : 1;
  if (!policy.operation) return;
  const OperationKind& kind = operation_kind(policy.operation);
  Step drawn = at_magnitude(kind, 0);
  if (policy.parameter) {
    const std::size_t index = parameter_index(kind, policy.parameter);
    const Parameter& parameter = kind.parameters[index];
    drawn.values[index] = std::clamp(drawn_value(policy, parameter, share, sign), parameter.allowed.low,
                                     parameter.allowed.high);
  }
  if (kind.group == Group::geometry) drawn.values[parameter_index(kind, "fill")] = fill;
  step.steps.push_back(std::move(drawn));
}

/// values: count, magnitude, fill.
void draw_rand_augment(const Operation&, Random& random, Step& step) {
  const auto count = static_cast<std::int64_t>(step.values[0]);
  for (std::int64_t i = 0; i < count; ++i)
    draw_from(rand_augment_table(), step.values[1] / 30, step.values[2], random, step);
}

/// values: fill. 31 bins, all equally likely.
void draw_trivial_augment(const Operation&, Random& random, Step& step) {
  const double share = static_cast<double>(random.whole(0, 30)) / 30;
  draw_from(trivial_augment_table(), share, step.values[0], random, step);
}

constexpr std::size_t kMixture = 5, kWeights = 6;  // numbers of AugMix's drawn values
constexpr std::int64_t kMostChains = kMostParameters - kWeights;

double gamma_drawn(double alpha, Random& random) {
  return std::gamma_distribution<double>(alpha, 1)(random) + 1e-300;
}

/// values: severity, width, depth, alpha, fill, mixture, weights of the chains. Beta(a, a) and Dirichlet(a,
/// ...) from their gamma variates.
void draw_aug_mix(const Operation&, Random& random, Step& step) {
  Values& v = step.values;
  const auto width = static_cast<std::size_t>(v[1]);
  const double one = gamma_drawn(v[3], random), other = gamma_drawn(v[3], random);
  v[kMixture] = one / (one + other);
  double sum = 0;
  for (std::size_t i = 0; i < width; ++i) sum += v[kWeights + i] = gamma_drawn(v[3], random);
  for (std::size_t i = 0; i < kMostChains; ++i) v[kWeights + i] = i < width ? v[kWeights + i] / sum : 0;
  for (std::size_t i = 0; i < width; ++i) {
    Step chain{.kind = &operation_kind("sequence")};
    const std::int64_t depth = v[2] > 0 ? static_cast<std::int64_t>(v[2]) : random.whole(1, 3);
    for (std::int64_t d = 0; d < depth; ++d) {
      const double share = static_cast<double>(random.whole(0, static_cast<std::int64_t>(v[0]) - 1)) / 9;
      draw_from(aug_mix_table(), share, v[4], random, chain);
    }
    step.steps.push_back(std::move(chain));
  }
}

void combine_aug_mix(const Step& step, const cv::Mat& from, cv::Mat& to, Target target) {
  // A mask cannot be several at once: it stays with the picture that they are mixed into.
  if (target == Target::mask) {
    from.copyTo(to);
    return;
  }
  cv::Mat sum;
  from.convertTo(sum, CV_32F, 1 - step.values[kMixture]);
  for (std::size_t i = 0; i < step.steps.size(); ++i) {
    const cv::Mat chain = run_steps(step.steps[i].steps, from, target);
    cv::Mat share;
    chain.convertTo(share, CV_32F, step.values[kMixture] * step.values[kWeights + i]);
    sum += share;
  }
  sum.convertTo(to, from.depth());
}

OperationKind policy_kind(std::string name, std::string summary, std::string source,
                          std::vector<Parameter> parameters,
                          void (*compose)(const Operation&, Random&, Step&)) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .label = "keeps it at small magnitude; it may turn and mirror tones, so read what its parts say",
          .source = std::move(source),
          .group = Group::composition,
          .parameters = std::move(parameters),
          .compose = compose};
}

OperationKind group_kind(std::string name, std::string summary, std::vector<Parameter> parameters,
                         void (*compose)(const Operation&, Random&, Step&)) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .label = "as its parts",
          .source = "",
          .group = Group::composition,
          .parameters = std::move(parameters),
          .compose = compose,
          .takes_operations = true};
}

}  // namespace

std::vector<OperationKind> composition_kinds() {
  std::vector<Parameter> aug_mix = {
      {.name = "severity",
       .meaning = "how many of the 10 magnitudes are drawn from",
       .usual = {3, 3},
       .allowed = {1, 10},
       .scale = Scale::whole,
       .neutral = 1,
       .strong = 10},
      fixed("width", "chains", 3, {1, static_cast<double>(kMostChains)}, Scale::whole),
      fixed("depth", "operations per chain; 0: 1 to 3", 0, {0, 8}, Scale::whole),
      fixed("alpha", "of the Dirichlet and Beta distributions", 1, {0.05, 100}),
      fill_parameter(),
      fixed("mixture", "share of the chains in the result", 0, {0, 1})};
  for (int i = 1; i <= kMostChains; ++i)
    aug_mix.push_back(
        fixed("weight-" + std::to_string(i), "share of that chain in their mixture", 0, {0, 1}));
  for (std::size_t i = kMixture; i < aug_mix.size(); ++i) aug_mix[i].drawn_only = true;
  OperationKind mix =
      policy_kind("aug-mix", "chains of operations, mixed with each other and with the picture",
                  "Hendrycks et al. 2020; torchvision AugMix", std::move(aug_mix), draw_aug_mix);
  mix.combine = combine_aug_mix;
  return {
      group_kind("sequence", "all, one after the other", {}, draw_all),
      group_kind("one-of", "one of them, all equally likely", {}, draw_one),
      group_kind("some-of", "some of them, in their order",
                 {fixed("count", "how many", 2, {0, 64}, Scale::whole)}, draw_count),
      policy_kind("rand-augment", "operations drawn from 14, all at one magnitude",
                  "Cubuk et al. 2020; torchvision RandAugment",
                  {fixed("count", "operations per picture", 2, {0, 14}, Scale::whole),
                   {.name = "magnitude",
                    .meaning = "0 to 30",
                    .usual = {9, 9},
                    .allowed = {0, 30},
                    .neutral = 0,
                    .strong = 30},
                   fill_parameter()},
                  draw_rand_augment),
      policy_kind("trivial-augment", "one operation drawn from 14, at a magnitude that is drawn too",
                  "Müller & Hutter 2021; torchvision TrivialAugmentWide", {fill_parameter()},
                  draw_trivial_augment),
      std::move(mix),
  };
}

}  // namespace fathom::augment
