#include "fathom/augment/operations/catalogue.hpp"

#include <map>
#include <optional>
#include <string_view>

#include "augment/pictures.hpp"

namespace fathom::augment {
namespace {

constexpr Parameters kToy({place("x", "0: left, 1: right"), border_parameter(/*reflect=*/true),
                           fill_parameter()});

TEST(Parameters, AreFoundByTheNamesInTheDeclaration) {
  const std::span<const Parameter> declared = kToy;
  ASSERT_EQ(declared.size(), kToy.size());
  EXPECT_EQ(declared[kToy["x"]].name, "x");
  EXPECT_EQ(declared[kToy["border"]].name, "border");
  EXPECT_EQ(declared[kToy["fill"]].name, "fill");
  EXPECT_EQ(declared[kToy["border"]].choices[1], "reflect");
  EXPECT_EQ(declared[kToy["border"]].usual, (Range{1, 1}));
  EXPECT_EQ(kToy.choice("border", "wrap"), 3);
}

/// Values at which every parameter counts: what is beyond the border is seen, and is white.
std::optional<double> telling_value(std::string_view kind, std::string_view parameter) {
  static const std::map<std::string_view, double> of_any = {{"height", 23}, {"width", 23},  {"padding", 6},
                                                            {"fill", 1},    {"ratio", 0.8}, {"noise", 123},
                                                            {"border", 0}};
  if (kind == "scale" && parameter == "factor") return 0.7;
  if (kind == "crop" && (parameter == "x" || parameter == "y")) return 0.3;
  if (kind == "clahe" && parameter == "tiles") return 2;
  if (kind == "grid-distortion" && parameter == "noise") return 7;
  const auto found = of_any.find(parameter);
  return found == of_any.end() ? std::nullopt : std::optional(found->second);
}

Step telling_step(const OperationKind& kind) {
  Step step = at_magnitude(kind, 0.5);
  for (std::size_t i = 0; i < kind.parameters.size(); ++i)
    step.values[i] = telling_value(kind.name, kind.parameters[i].name).value_or(step.values[i]);
  return step;
}

/// Another value of a parameter, well apart.
double other_value(const Parameter& p, double value) {
  if (p.scale == Scale::choice || p.scale == Scale::whole) return value + 1;
  return value == p.allowed.high ? (p.allowed.low + p.allowed.high) / 2 : (value + p.allowed.high) / 2;
}

/// Reading a value under another's name, or one operation's values by another's declaration, leaves a
/// parameter without effect or gives it that of another.
TEST(Catalogue, EveryParameterHasAnEffectOfItsOwn) {
  const torch::Tensor picture = noise_picture(3, 20, 20);
  int tested = 0;
  for (const OperationKind& kind : operation_kinds()) {
    if (kind.is_composition()) continue;
    const Step step = telling_step(kind);
    std::vector<torch::Tensor> results = {replay({step}, picture)};
    for (std::size_t i = 0; i < kind.parameters.size(); ++i) {
      const Parameter& p = kind.parameters[i];
      Step other = step;
      other.values[i] = other_value(p, step.values[i]);
      if (kind.name == "erasing" && p.name == "noise") other.values[parameter_index(kind, "with")] = 1;
      results.push_back(replay({other}, picture));
      ++tested;
    }
    for (std::size_t i = 0; i < results.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        EXPECT_FALSE(results[i].equal(results[j])) << kind.name << "'s parameters " << i << " and " << j;
  }
  EXPECT_GT(tested, 90);
}

}  // namespace
}  // namespace fathom::augment
