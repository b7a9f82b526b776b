#include "fathom/augment/operation.hpp"

#include <cmath>
#include <limits>
#include <set>

#include "augment/pictures.hpp"
#include "augment/uniformity.hpp"
#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"

namespace fathom::augment {
namespace {

/// What an exception says.
template <typename Function>
std::string complaint_of(const Function& f) {
  try {
    f();
  } catch (const InvalidArgument& e) {
    return e.what();
  }
  return "no complaint";
}

TEST(Catalogue, StandsInTheDocumentation) {
  const std::string page = io::read_file(FATHOM_SOURCE "/docs/augmentation.md");
  for (const OperationKind& kind : operation_kinds()) {
    const std::size_t at = page.find("| `" + kind.name + "`: " + kind.summary + " |");
    ASSERT_NE(at, std::string::npos) << kind.name;
    const std::string row = page.substr(at, page.find('\n', at) - at);
    EXPECT_NE(row.find(kind.label), std::string::npos) << kind.name;
    for (const Parameter& p : kind.parameters) {
      const bool told_for_all = p.name == "border" || p.name == "fill" || p.name == "noise" || p.drawn_only;
      const bool is_corner = kind.name == "perspective" && p.name != "distortion";
      if (told_for_all || is_corner) continue;
      const std::string usual = p.scale == Scale::choice ? std::string(p.word(p.usual.low))
                                : p.usual.low == p.usual.high
                                    ? fmt::format("{:.4g}", p.usual.low)
                                    : fmt::format("{:.4g}..{:.4g}", p.usual.low, p.usual.high);
      EXPECT_NE(row.find(fmt::format("`{}` {}: ", p.name, usual)), std::string::npos)
          << kind.name << " " << p.name;
    }
  }
}

TEST(Catalogue, DescribesEveryKind) {
  std::set<std::string> names;
  for (const OperationKind& kind : operation_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name << " is there twice";
    EXPECT_FALSE(kind.summary.empty()) << kind.name;
    EXPECT_FALSE(kind.label.empty()) << kind.name;
    EXPECT_LE(kind.parameters.size(), kMostParameters) << kind.name;
    EXPECT_EQ(kind.apply == nullptr, kind.is_composition()) << kind.name;
    EXPECT_EQ(&operation_kind(kind.name), &kind);
    for (const Parameter& p : kind.parameters) {
      SCOPED_TRACE(fmt::format("{}'s {}", kind.name, p.name));
      EXPECT_NE(p.name, "p");
      EXPECT_EQ(&p, &kind.parameters[parameter_index(kind, p.name)]) << "its name is there twice";
      EXPECT_FALSE(p.meaning.empty());
      EXPECT_LE(p.usual.low, p.usual.high);
      EXPECT_GE(p.usual.low, p.allowed.low);
      EXPECT_LE(p.usual.high, p.allowed.high);
      if (p.neutral) {
        EXPECT_GE(std::min(*p.neutral, p.strong), p.allowed.low);
        EXPECT_LE(std::max(*p.neutral, p.strong), p.allowed.high);
      }
      if (p.scale == Scale::logarithmic) {
        EXPECT_GT(p.allowed.low, 0);
      }
      EXPECT_EQ(p.scale == Scale::choice, !p.choices.empty());
      if (p.symmetric) {
        EXPECT_EQ(p.allowed.low, -p.allowed.high);
      }
    }
  }
  EXPECT_GE(names.size(), 37U);
}

TEST(Catalogue, SuggestsTheClosestName) {
  EXPECT_EQ(complaint_of([] { operation_kind("rotat"); }), "no operation 'rotat'; did you mean 'rotate'?");
  EXPECT_EQ(complaint_of([] { parameter_index(operation_kind("rotate"), "degree"); }),
            "rotate has no parameter 'degree'; did you mean 'degrees'?");
  EXPECT_EQ(complaint_of([] { parameter_index(operation_kind("hflip"), "x"); }),
            "hflip has only the parameter p, not 'x'");
}

TEST(Operation, RefusesRangesThatAreNone) {
  Operation rotate = usual(operation_kind("rotate")), posterize = usual(operation_kind("posterize")),
            mix = usual(operation_kind("aug-mix"));
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(complaint_of([&] {
              set(rotate, "degrees", {10, -10});
            }),
            "rotate's degrees must go from a lower to a higher value, not 10 to -10");
  EXPECT_EQ(complaint_of([&] {
              set(rotate, "degrees", {-400, 10});
            }),
            "rotate's degrees must be in [-360, 360], not -400");
  EXPECT_EQ(complaint_of([&] {
              set(rotate, "degrees", {0, 361});
            }),
            "rotate's degrees must be in [-360, 360], not 361");
  EXPECT_EQ(complaint_of([&] {
              set(posterize, "bits", {2, 4.5});
            }),
            "posterize's bits must be whole, not 4.5");
  EXPECT_EQ(complaint_of([&] {
              set(rotate, "border", {0, 0});
            }),
            "rotate's border must be one of constant, reflect, replicate, wrap");
  EXPECT_EQ(complaint_of([&] {
              set(mix, "mixture", {0, 1});
            }),
            "aug-mix's mixture is drawn by the operation and cannot be set");
  for (const Range range : {Range{nan, 1}, Range{0, nan}, Range{-infinite, 1}, Range{0, infinite}})
    EXPECT_THROW(set(rotate, "degrees", range), InvalidArgument);
  EXPECT_EQ(rotate.ranges[0], (Range{-15, 15})) << "what was refused changes nothing";
}

TEST(Operation, ChoosesWords) {
  Operation rotate = usual(operation_kind("rotate"));
  choose(rotate, "border", "wrap");
  EXPECT_EQ(rotate.ranges[1], (Range{3, 3}));
  EXPECT_EQ(complaint_of([&] { choose(rotate, "border", "mirror"); }),
            "rotate's border cannot be 'mirror'; one of: constant, reflect, replicate, wrap");
  EXPECT_EQ(complaint_of([&] { choose(rotate, "border", "reflct"); }),
            "rotate's border cannot be 'reflct'; did you mean 'reflect'?");
  EXPECT_EQ(complaint_of([&] { choose(rotate, "degrees", "some"); }),
            "rotate's degrees must be a number or a range, not 'some'");
}

/// Every parameter of every kind is uniform over its usual range, or over all that is allowed where it is
/// usually fixed: in its logarithm where it is a ratio, both ends among whole numbers.
TEST(Draws, AreUniformOverTheirRanges) {
  constexpr int kDraws = 3000;
  int tested = 0;
  for (const OperationKind& kind : operation_kinds()) {
    if (kind.is_composition()) continue;
    Operation operation = usual(kind);
    for (std::size_t i = 0; i < kind.parameters.size(); ++i)
      if (const Parameter& p = kind.parameters[i]; p.scale != Scale::choice && p.usual.low == p.usual.high)
        set(operation, p.name, p.scale == Scale::whole ? Range{p.allowed.low, p.allowed.low + 9} : p.allowed);
    std::vector<Step> steps;
    for (std::uint64_t i = 0; i < kDraws; ++i) draw(operation, derive_seed(11, i), steps);
    ASSERT_EQ(steps.size(), static_cast<std::size_t>(kDraws));
    for (std::size_t i = 0; i < kind.parameters.size(); ++i) {
      const Parameter& p = kind.parameters[i];
      const Range range = operation.ranges[i];
      if (p.scale == Scale::choice) continue;
      const bool logarithmic = p.scale == Scale::logarithmic;
      const bool few = p.scale == Scale::whole && range.high - range.low < 100;
      const double low = few ? range.low - 0.5 : logarithmic ? std::log(range.low) : range.low;
      const double high = few ? range.high + 0.5 : logarithmic ? std::log(range.high) : range.high;
      Histogram histogram(low, high, few ? static_cast<std::size_t>(high - low) : 20);
      for (const Step& step : steps) {
        const double value = step.values[i];
        ASSERT_TRUE(value >= range.low && value <= range.high);
        if (p.scale == Scale::whole) {
          ASSERT_EQ(value, std::floor(value));
        }
        histogram.add(logarithmic ? std::log(value) : value);
      }
      EXPECT_LE(histogram.outside(), logarithmic ? 2 : 0);  // the ends' logarithms
      EXPECT_LT(unevenness(histogram.counts()), 1.3) << kind.name << "'s " << p.name;
      ++tested;
    }
  }
  EXPECT_GT(tested, 80);
}

TEST(Draws, OfOneValueGiveExactlyIt) {
  for (const OperationKind& kind : operation_kinds()) {
    Operation operation = usual(kind);
    if (kind.takes_operations) operation.operations = {usual(operation_kind("hflip"))};
    for (const Parameter& p : kind.parameters)
      if (p.scale != Scale::choice && !p.drawn_only && p.name != "count" && p.name != "width")
        set(operation, p.name, {p.allowed.high, p.allowed.high});
    std::vector<Step> steps;
    draw(operation, 3, steps);
    for (const Parameter& p : kind.parameters)
      if (p.scale != Scale::choice && !p.drawn_only && p.name != "count" && p.name != "width") {
        EXPECT_EQ(value_of(steps.at(0), p.name), p.allowed.high) << kind.name << "'s " << p.name;
      }
  }
}

TEST(Draws, HappenWithTheProbabilityGiven) {
  Operation flip = usual(operation_kind("hflip"));
  const auto happened = [&](double p) {
    flip.probability = p;
    std::vector<Step> steps;
    for (std::uint64_t i = 0; i < 10'000; ++i) draw(flip, i, steps);
    return static_cast<double>(steps.size());
  };
  EXPECT_NEAR(happened(0.3), 3000, 3.3 * std::sqrt(10'000 * 0.3 * 0.7));
  EXPECT_EQ(happened(0), 0);
  EXPECT_EQ(happened(1), 10'000);
}

TEST(Magnitude, ZeroChangesNothing) {
  int tested = 0;
  for (const OperationKind& kind : operation_kinds()) {
    // JPEG loses something at any quality, CLAHE's smallest limit is not nothing.
    if (!has_magnitude(kind) || kind.is_composition() || kind.name == "jpeg" || kind.name == "clahe")
      continue;
    on_each_form(12, 12, [&](const torch::Tensor& picture) {
      EXPECT_LT(largest_gap(replay({at_magnitude(kind, 0)}, picture), picture), 1e-6) << kind.name;
    });
    ++tested;
  }
  EXPECT_GE(tested, 25);
}

TEST(Magnitude, OneIsStrongAndAHalfBetween) {
  const auto at = [](const char* kind, const char* parameter, double magnitude) {
    return value_of(at_magnitude(operation_kind(kind), magnitude), parameter);
  };
  EXPECT_DOUBLE_EQ(at("rotate", "degrees", 1), 45);
  EXPECT_DOUBLE_EQ(at("rotate", "degrees", 0.5), 22.5);
  EXPECT_DOUBLE_EQ(at("gamma", "gamma", 0.5), std::sqrt(3));  // halfway in its logarithm
  EXPECT_DOUBLE_EQ(at("posterize", "bits", 0.5), 4);          // of 8 and 1, a whole number
  EXPECT_FALSE(has_magnitude(operation_kind("hflip")));
  EXPECT_FALSE(has_magnitude(operation_kind("crop")));
}

TEST(Magnitude, EveryKindDoesSomethingAtFullStrength) {
  for (const OperationKind& kind : operation_kinds())
    if (has_magnitude(kind) && !kind.is_composition()) {
      const torch::Tensor picture = noise_picture(3, 24, 24);
      const torch::Tensor result = replay({at_magnitude(kind, 1)}, picture);
      EXPECT_GT(largest_gap(result, picture), 10) << kind.name;
    }
}

TEST(Scaled, MovesRangesToAndFromWhatChangesNothing) {
  Operation sequence = usual(operation_kind("sequence"));
  sequence.operations = {usual(operation_kind("rotate")), usual(operation_kind("brightness")),
                         usual(operation_kind("crop"))};
  const Operation half = scaled(sequence, 0.5), large = scaled(sequence, 100), same = scaled(sequence, 1);
  EXPECT_EQ(half.operations[0].ranges[0], (Range{-7.5, 7.5}));
  EXPECT_DOUBLE_EQ(half.operations[1].ranges[0].low, 0.9);
  EXPECT_DOUBLE_EQ(half.operations[1].ranges[0].high, 1.1);
  EXPECT_EQ(half.operations[2].ranges[0], (Range{4, 4})) << "padding has no magnitude";
  EXPECT_EQ(large.operations[0].ranges[0], (Range{-360, 360})) << "within what is allowed";
  EXPECT_EQ(large.operations[1].ranges[0], (Range{0, 20}));
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(same.operations[i].ranges, sequence.operations[i].ranges) << sequence.operations[i].kind->name;
}

/// Blurs, colours and noise see no opacity: they leave it, and make of an RGBA picture's colours what they
/// make of an RGB picture.
TEST(Opacity, IsLeftByColoursAndMovedByGeometry) {
  for (const OperationKind& kind : operation_kinds()) {
    if (kind.is_composition()) continue;
    SCOPED_TRACE(kind.name);
    for (const torch::ScalarType type : {torch::kByte, torch::kFloat}) {
      const torch::Tensor picture = noise_picture(4, 19, 26, type);
      std::vector<Step> steps;
      draw(usual(kind), 5, steps);
      const torch::Tensor result = replay(steps, picture);
      const torch::Tensor colours = replay(steps, picture.narrow(0, 0, 3));
      EXPECT_LE(largest_gap(colours_of(result), colours), type == torch::kByte ? 0 : 1e-5);
      if (kind.group == Group::geometry) {
        const torch::Tensor opacity = replay(steps, picture.narrow(0, 3, 1));  // the fill is black
        EXPECT_LE(largest_gap(result[3], opacity[0]), type == torch::kByte ? 0 : 1e-5);
      } else if (kind.group != Group::erasing) {
        EXPECT_TRUE(result[3].equal(picture[3]));
      }
    }
  }
}

TEST(InPlace, IsTheSameAsIntoAnotherPicture) {
  for (const OperationKind& kind : operation_kinds()) {
    if (!kind.in_place) continue;
    on_each_form(15, 22, [&](const torch::Tensor& picture) {
      std::vector<Step> steps = {step_of("invert")};
      draw(usual(kind), 8, steps);
      const torch::Tensor negative = replay({steps[0]}, picture);
      EXPECT_TRUE(replay(steps, picture).equal(replay({steps[1]}, negative))) << kind.name;
    });
  }
}

}  // namespace
}  // namespace fathom::augment
