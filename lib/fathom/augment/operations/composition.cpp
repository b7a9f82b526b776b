/// Operations made of operations: in a row, one or some of several, and the policies of RandAugment,
/// TrivialAugment and AugMix with torchvision's magnitude tables.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

#include <opencv2/core.hpp>

#include "fathom/augment/operations/catalogue.hpp"
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

constexpr Parameters kSomeOf({fixed("count", "number of operations", 2, {0, 64}, Scale::whole)});

void draw_count(const Operation& operation, Random& random, Step& step) {
  draw_some(operation, static_cast<std::int64_t>(step.values[kSomeOf["count"]]), random, step);
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
  bool may_keep = false;  ///< one of the operations leaves the picture as it is
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
  if (r.may_keep) all.emplace_back();
  return all;
}

// torchvision 0.14 and later, transforms/autoaugment.py.

/// RandAugment: _augmentation_space; 150 pixels of 331 (Cubuk 2019).
const std::vector<Policy>& rand_augment_table() {
  static const std::vector<Policy> table = policies({0.3, 150. / 331, 30, 0.9, 8, 4, /*may_keep=*/true});
  return table;
}

/// TrivialAugmentWide; its 32 pixels of translation are of pictures 224 pixels wide.
const std::vector<Policy>& trivial_augment_table() {
  static const std::vector<Policy> table = policies({0.99, 1. / 7, 135, 0.99, 8, 6, /*may_keep=*/true});
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

constexpr Parameters kRandAugment(
    {fixed("count", "operations per picture", 2, {0, 14}, Scale::whole),
     graded("magnitude", "0 to 30", {9, 9}, {0, 30}, {.neutral = 0, .strong = 30}), fill_parameter()});

void draw_rand_augment(const Operation&, Random& random, Step& step) {
  const Values& v = step.values;
  const auto count = static_cast<std::int64_t>(v[kRandAugment["count"]]);
  for (std::int64_t i = 0; i < count; ++i)
    draw_from(rand_augment_table(), v[kRandAugment["magnitude"]] / 30, v[kRandAugment["fill"]], random, step);
}

constexpr Parameters kTrivialAugment({fill_parameter()});

/// 31 bins, all equally likely.
void draw_trivial_augment(const Operation&, Random& random, Step& step) {
  const double share = static_cast<double>(random.whole(0, 30)) / 30;
  draw_from(trivial_augment_table(), share, step.values[kTrivialAugment["fill"]], random, step);
}

constexpr std::int64_t kMostChains = 6;

/// A number that is drawn and cannot be given.
constexpr Parameter drawn_share(std::string_view name, std::string_view meaning) {
  Parameter share = fixed(name, meaning, 0, {0, 1});
  share.drawn_only = true;
  return share;
}
constexpr Parameter weight(std::string_view name) {
  return drawn_share(name, "share of that chain in their mixture");
}

constexpr Parameters kAugMix(
    {graded("severity", "magnitudes are drawn from the lowest N of 10", {3, 3}, {1, 10},
            {.neutral = 1, .strong = 10}, Scale::whole),
     fixed("width", "chains", 3, {1, kMostChains}, Scale::whole),
     fixed("depth", "operations per chain; 0: 1 to 3", 0, {0, 8}, Scale::whole),
     fixed("alpha", "parameter of the Dirichlet and Beta distributions", 1, {0.05, 100}), fill_parameter(),
     drawn_share("mixture", "share of the chains in the result"), weight("weight-1"), weight("weight-2"),
     weight("weight-3"), weight("weight-4"), weight("weight-5"), weight("weight-6")});
constexpr std::size_t kWeights = kAugMix["weight-1"];  // the first of the chains' weights
static_assert(kAugMix["weight-6"] + 1 - kWeights == kMostChains);

double gamma_drawn(double alpha, Random& random) {
  return std::gamma_distribution<double>(alpha, 1)(random) + 1e-300;
}

/// Beta(a, a) and Dirichlet(a, ...) from their gamma variates.
void draw_aug_mix(const Operation&, Random& random, Step& step) {
  Values& v = step.values;
  const auto severity = static_cast<std::int64_t>(v[kAugMix["severity"]]);
  const auto width = static_cast<std::size_t>(v[kAugMix["width"]]);
  const auto given_depth = static_cast<std::int64_t>(v[kAugMix["depth"]]);
  const double alpha = v[kAugMix["alpha"]];
  const double one = gamma_drawn(alpha, random), other = gamma_drawn(alpha, random);
  v[kAugMix["mixture"]] = one / (one + other);
  double sum = 0;
  for (std::size_t i = 0; i < width; ++i) sum += v[kWeights + i] = gamma_drawn(alpha, random);
  for (std::size_t i = 0; i < kMostChains; ++i) v[kWeights + i] = i < width ? v[kWeights + i] / sum : 0;
  for (std::size_t i = 0; i < width; ++i) {
    Step chain{.kind = &operation_kind("sequence")};
    const std::int64_t depth = given_depth > 0 ? given_depth : random.whole(1, 3);
    for (std::int64_t d = 0; d < depth; ++d) {
      const double share = static_cast<double>(random.whole(0, severity - 1)) / 9;
      draw_from(aug_mix_table(), share, v[kAugMix["fill"]], random, chain);
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
  const double mixture = step.values[kAugMix["mixture"]];
  cv::Mat sum;
  from.convertTo(sum, CV_32F, 1 - mixture);
  for (std::size_t i = 0; i < step.steps.size(); ++i) {
    const cv::Mat chain = run_steps(step.steps[i].steps, from, target);
    cv::Mat share;
    chain.convertTo(share, CV_32F, mixture * step.values[kWeights + i]);
    sum += share;
  }
  sum.convertTo(to, from.depth());
}

OperationKind policy_kind(std::string name, std::string summary, std::string source,
                          std::span<const Parameter> parameters, decltype(OperationKind::compose) compose) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .label = "keeps it at small magnitude; it may rotate pictures and invert tones, so check its parts",
          .source = std::move(source),
          .group = Group::composition,
          .parameters = parameters,
          .compose = compose};
}

OperationKind group_kind(std::string name, std::string summary, std::span<const Parameter> parameters,
                         decltype(OperationKind::compose) compose, Taken taken) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .label = "same as its parts",
          .source = "",
          .group = Group::composition,
          .parameters = parameters,
          .compose = compose,
          .takes_operations = true,
          .taken = taken};
}

}  // namespace

std::vector<OperationKind> composition_kinds() {
  OperationKind mix =
      policy_kind("aug-mix", "mixes chains of operations with each other and with the picture",
                  "Hendrycks et al. 2020; torchvision AugMix", kAugMix, draw_aug_mix);
  mix.combine = combine_aug_mix;
  return {
      group_kind("sequence", "applies all operations, one after the other", {}, draw_all, Taken::all),
      group_kind("one-of", "applies one of the operations, all equally likely", {}, draw_one, Taken::one),
      group_kind("some-of", "applies some of the operations, in their order", kSomeOf, draw_count,
                 Taken::some),
      policy_kind("rand-augment", "applies operations drawn from 14, all at one magnitude",
                  "Cubuk et al. 2020; torchvision RandAugment", kRandAugment, draw_rand_augment),
      policy_kind("trivial-augment", "applies one operation drawn from 14, at a random magnitude",
                  "Müller & Hutter 2021; torchvision TrivialAugmentWide", kTrivialAugment,
                  draw_trivial_augment),
      std::move(mix),
  };
}

}  // namespace fathom::augment
