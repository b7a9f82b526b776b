#include "fathom/checkpoint/foreign/output_scale.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::checkpoint {
namespace {

torch::Tensor drawn(std::int64_t rows, std::int64_t columns, double spread) {
  return torch::randn({rows, columns}, make_generator(5)) * spread;
}

using Head = std::function<torch::Tensor(const torch::Tensor&)>;

OutputScale scale_of(const Head& head, OutputEnding ending = OutputEnding::other) {
  return output_scale(head(drawn(3, 4, 1)), head(drawn(6, 4, 1000)), ending);
}

/// What is said of scores that are taken as logits.
std::string oddity_of(const Head& head) {
  return oddity(head(drawn(3, 4, 1)), head(drawn(6, 4, 1000)), OutputScale::logits);
}

bool has_part(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

TEST(OutputScale, IsReadFromRows) {
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return torch::softmax(z, 1); }),
            OutputScale::probabilities);
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return torch::log_softmax(z, 1); }),
            OutputScale::log_probabilities);
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return torch::sigmoid(z); }), OutputScale::sigmoids);
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return torch::sigmoid(z.narrow(1, 0, 1)); }),
            OutputScale::sigmoids);
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return z; }), OutputScale::logits);
}

TEST(OutputScale, PercentagesAndLogarithmsOfSigmoidsAreRead) {
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return 100 * torch::softmax(z, 1); }),
            OutputScale::percentages);
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return torch::log_sigmoid(z); }, OutputEnding::log_sigmoid),
            OutputScale::log_sigmoids);
  EXPECT_EQ(output_scale(torch::tensor({{30.F, 70.F}, {50.F, 50.F}}), torch::tensor({{0.F, 300.F}})),
            OutputScale::logits);
}

TEST(OutputScale, ProbabilitiesMayBeRounded) {
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return (100 * torch::softmax(z, 1)).round() / 100; }),
            OutputScale::probabilities);
}

TEST(OutputScale, NegativeDistancesAndShiftedLogitsAreNoLogarithms) {
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return -(z - 3).square(); }), OutputScale::logits);
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return z - z.amax(1, true); }), OutputScale::logits);
}

TEST(Oddity, IsTold) {
  const auto told = [](const std::function<torch::Tensor(const torch::Tensor&)>& head) {
    return oddity(head(drawn(2, 4, 1)), head(drawn(6, 4, 1000)), OutputScale::logits);
  };
  EXPECT_NE(told([](const torch::Tensor& z) { return std::get<0>(z.topk(4)); }).find("descending order"),
            std::string::npos);
  EXPECT_NE(
      told([](const torch::Tensor& z) { return (z == z.amax(1, true)).to(torch::kFloat); }).find("one-hot"),
      std::string::npos);
  EXPECT_NE(told([](const torch::Tensor& z) { return 0 * z + 1; }).find("the same scores"),
            std::string::npos);
  EXPECT_NE(told([](const torch::Tensor& z) { return torch::tanh(z); }).find("in [-1, 1]"),
            std::string::npos);
  EXPECT_NE(told([](const torch::Tensor& z) { return -z.abs() - 0.1; }).find("at most 0"), std::string::npos);
  EXPECT_EQ(told([](const torch::Tensor& z) { return z; }), "");
  EXPECT_EQ(told([](const torch::Tensor& z) { return 0.1 * z; }), "");  // small only for usual pictures
}

TEST(GivenScale, IsCheckedByRangeAndSum) {
  const torch::Tensor scores = torch::tensor({{-3.F, 2.F}}), half = torch::tensor({{0.5F, 0.2F}});
  EXPECT_EQ(why_not_in(scores, OutputScale::logits), "");
  EXPECT_EQ(why_not_in(scores, OutputScale::probabilities), "are in [-3, 2]");
  EXPECT_EQ(why_not_in(scores, OutputScale::log_sigmoids), "are in [-3, 2]");
  EXPECT_EQ(why_not_in(half, OutputScale::sigmoids), "");
  EXPECT_EQ(why_not_in(half, OutputScale::probabilities), "sum to 0.7 per picture, not to 1");
  EXPECT_EQ(why_not_in(100 * half, OutputScale::percentages), "sum to 70 per picture, not to 100");
  EXPECT_EQ(why_out_of_range(half, OutputScale::probabilities), "");
  EXPECT_EQ(why_out_of_range(torch::full({1, 2}, NAN), OutputScale::sigmoids), "");
}

TEST(SoftmaxOverBatch, IsToldFromOneOverClasses) {
  const torch::Tensor z = drawn(2, 4, 1);
  const auto is_over = [&](std::int64_t dimension, bool logarithm) {
    const auto end = [&](const torch::Tensor& x) {
      return logarithm ? torch::log_softmax(x, dimension) : torch::softmax(x, dimension);
    };
    return is_softmax_over_batch(end(z.narrow(0, 0, 1)), end(z));
  };
  for (const bool logarithm : {false, true}) {
    EXPECT_TRUE(is_over(0, logarithm));
    EXPECT_FALSE(is_over(1, logarithm));
  }
  EXPECT_FALSE(is_softmax_over_batch(torch::ones({1, 3}), torch::ones({2, 3})));
}

/// Logits of an untrained network are small, and may all be in (0, 1) for usual pictures.
TEST(OutputScale, LogitsBetween0And1AreNoSigmoids) {
  EXPECT_EQ(scale_of([](const torch::Tensor& z) { return 0.5 + 0.01 * z; }), OutputScale::logits);
  EXPECT_EQ(output_scale(torch::full({2, 3}, 0.4F), torch::full({6, 3}, 0.4F)), OutputScale::logits);
  EXPECT_EQ(output_scale(torch::tensor({{0.2F, 0.3F}, {0.1F, 0.6F}}), torch::empty({0, 2})),
            OutputScale::logits);  // nothing confirms it
}

/// In float32, a sigmoid is exactly 1 from a logit of 17 on, and 0 from -104 on.
TEST(OutputScale, SaturatedSigmoidsAreSigmoids) {
  const torch::Tensor usual = torch::tensor({{1.F, 0.F, 0.3F}, {0.F, 1.F, 1.F}}),
                      far = torch::tensor({{0.F, 1.F, 0.F}});
  const auto sigmoid = OutputEnding::sigmoid;
  EXPECT_EQ(output_scale(usual, far, sigmoid), OutputScale::sigmoids);
  EXPECT_EQ(output_scale(usual.narrow(1, 0, 1), far.narrow(1, 0, 1), sigmoid), OutputScale::sigmoids);
  EXPECT_EQ(output_scale(usual, torch::tensor({{0.F, 1.5F, 0.F}}), sigmoid), OutputScale::logits);
}

/// Without the code, they may have been clamped or scaled.
TEST(OutputScale, ScoresThatAreExactly0Or1ForAUsualPictureAreNoSigmoids) {
  const Head clamped = [](const torch::Tensor& z) { return z.clamp(0, 1); };
  const Head scaled = [](const torch::Tensor& z) {
    return (z - z.amin(1, true)) / (z.amax(1, true) - z.amin(1, true));
  };
  for (const Head& head : {clamped, scaled}) {
    EXPECT_EQ(scale_of(head), OutputScale::logits);
    EXPECT_TRUE(has_part(oddity_of(head), "clamped or scaled to this range")) << oddity_of(head);
    EXPECT_TRUE(has_part(oddity_of(head), "set the output scale to sigmoids")) << oddity_of(head);
  }
  const Head inside = [](const torch::Tensor& z) { return (0.5 + 0.01 * z).clamp(0, 1); };
  EXPECT_EQ(scale_of(inside, OutputEnding::clamp), OutputScale::logits);
  EXPECT_TRUE(has_part(oddity_of(inside), "clamped or scaled to this range")) << oddity_of(inside);
}

/// Sigmoids of extreme pictures are near 0 or 1, unless the network bounds its logits.
TEST(OutputScale, ScoresInside0And1ThatNeverSaturateAreSigmoidsOnlyIfTheProgramEndsInOne) {
  const Head bounded = [](const torch::Tensor& z) { return torch::sigmoid(torch::tanh(z)); };  // 0.27 to 0.73
  EXPECT_EQ(scale_of(bounded), OutputScale::logits);
  EXPECT_EQ(scale_of(bounded, OutputEnding::sigmoid), OutputScale::sigmoids);
  EXPECT_TRUE(has_part(oddity_of(bounded), "are in [0.26")) << oddity_of(bounded);
  EXPECT_TRUE(has_part(oddity_of(bounded), "set the output scale to sigmoids")) << oddity_of(bounded);
}

/// The numbers do not tell them from logarithms of sigmoids.
TEST(OutputScale, ScoresAtMost0AreLogitsUnlessTheProgramEndsInALogSigmoid) {
  for (const Head& head : {Head([](const torch::Tensor& z) { return 0.5 * torch::log_softmax(z, 1); }),
                           Head([](const torch::Tensor& z) { return -torch::relu(z) - 0.001; }),
                           Head([](const torch::Tensor& z) { return -torch::relu(z); }),
                           Head([](const torch::Tensor& z) { return 0.5 * torch::log_sigmoid(z); })}) {
    EXPECT_EQ(scale_of(head), OutputScale::logits);
    EXPECT_TRUE(has_part(oddity_of(head), "at most 0")) << oddity_of(head);
  }
}

TEST(OutputScale, RowsThatSumToOneByChanceAreNoProbabilities) {
  EXPECT_EQ(output_scale(torch::tensor({{0.25F, 0.75F}, {0.5F, 0.5F}}), torch::tensor({{0.F, 3.F}})),
            OutputScale::logits);
}

TEST(OutputScale, RowsWithNaNAndOtherTypesAreNotRead) {
  EXPECT_EQ(output_scale(torch::ones({2, 2}, torch::kLong), torch::ones({6, 2}, torch::kLong)),
            OutputScale::logits);
  EXPECT_EQ(output_scale(torch::full({2, 2}, NAN), torch::full({6, 2}, NAN)), OutputScale::logits);
  const torch::Tensor half = torch::full({1, 2}, 0.5F), nan = torch::full({1, 2}, NAN);
  EXPECT_EQ(output_scale(half.expand({2, 2}), torch::cat({nan, half})), OutputScale::probabilities);
}

TEST(ToLogits, GivesTheProbabilitiesBack) {
  const torch::Tensor z = torch::tensor({{2.F, -1.F, 0.5F}}), p = torch::softmax(z, 1);
  const torch::Tensor logits = to_logits(p, OutputScale::probabilities);
  EXPECT_TRUE(torch::allclose(torch::softmax(logits, 1), p));
  EXPECT_TRUE(torch::allclose(logits - logits.select(1, 0), z - z.select(1, 0), 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(to_logits(torch::sigmoid(z), OutputScale::sigmoids), z, 1e-5, 1e-5));
  const torch::Tensor logs = torch::log_softmax(z, 1);
  EXPECT_TRUE(torch::equal(to_logits(logs, OutputScale::log_probabilities), logs));
}

TEST(ToLogits, ReadsPercentagesAndLogarithmsOfSigmoids) {
  const torch::Tensor z = torch::tensor({{2.F, -1.F, 0.5F, 40.F}});
  EXPECT_TRUE(torch::allclose(to_logits(torch::log_sigmoid(z), OutputScale::log_sigmoids), z, 1e-4, 1e-5));
  const torch::Tensor p = torch::softmax(z, 1);
  EXPECT_TRUE(torch::allclose(torch::softmax(to_logits(100 * p, OutputScale::percentages), 1), p));
  const torch::Tensor zero = torch::zeros({1, 2}).requires_grad_();
  const torch::Tensor bound = to_logits(zero, OutputScale::log_sigmoids);
  EXPECT_TRUE(bound.isfinite().all().item<bool>()) << bound;
}

TEST(ToLogits, KnowsWhichLogitsAreOnlyBounds) {
  const auto bounds = [](std::vector<float> outputs, OutputScale scale) {
    const torch::Tensor row = torch::tensor(outputs).unsqueeze(0),
                        flags = are_bounds(to_logits(row, scale), scale);
    return std::vector<bool>{flags[0][0].item<bool>(), flags[0][1].item<bool>()};
  };
  using Flags = std::vector<bool>;
  EXPECT_EQ(bounds({1, 0}, OutputScale::probabilities), (Flags{true, true}));
  EXPECT_EQ(bounds({1, 1e-9F}, OutputScale::probabilities), (Flags{false, false}));
  EXPECT_EQ(bounds({0.75F, 0.25F}, OutputScale::probabilities), (Flags{false, false}));
  EXPECT_EQ(bounds({100, 0}, OutputScale::percentages), (Flags{true, true}));
  EXPECT_EQ(bounds({1, 0.5F}, OutputScale::sigmoids), (Flags{true, false}));
  EXPECT_EQ(bounds({0, -40}, OutputScale::log_probabilities), (Flags{true, false}));
  EXPECT_EQ(bounds({0, -1}, OutputScale::log_sigmoids), (Flags{true, false}));
  EXPECT_EQ(bounds({0, 1}, OutputScale::logits), (Flags{false, false}));
}

TEST(ToLogits, OneOutputIsTheLogitOfTheSecondOfTwoClasses) {
  const torch::Tensor z = torch::tensor({{2.F}, {-3.F}});
  const torch::Tensor expected = torch::tensor({{0.F, 2.F}, {0.F, -3.F}});
  EXPECT_TRUE(torch::equal(to_logits(z, OutputScale::logits), expected));
  EXPECT_TRUE(torch::allclose(to_logits(torch::sigmoid(z), OutputScale::sigmoids), expected, 1e-5, 1e-5));
}

TEST(ToLogits, AreFiniteWhereProbabilitiesWereRounded) {
  const torch::Tensor saturated = torch::tensor({{1.F, 0.F}});
  for (const OutputScale scale : {OutputScale::probabilities, OutputScale::sigmoids}) {
    const torch::Tensor x = saturated.clone().requires_grad_();
    const torch::Tensor logits = to_logits(x, scale);
    EXPECT_TRUE(logits.isfinite().all().item<bool>()) << logits;
    EXPECT_GT((logits[0][0] - logits[0][1]).item<float>(), 80);
    logits.sum().backward();
    EXPECT_TRUE(x.grad().isfinite().all().item<bool>()) << x.grad();
  }
  // 1 - 1e-9 is 1 in float32; the other probability still says it.
  const torch::Tensor sure = to_logits(torch::tensor({{1.F, 1e-9F}}), OutputScale::probabilities);
  EXPECT_NEAR(sure[0][0].item<double>(), -1e-9, 1e-12);
}

/// d log p_0 / d z = (1 - p_0, -p_1, -p_2)
TEST(ToLogits, CarryTheGradientsOfTheLogarithm) {
  const torch::Tensor z = torch::tensor({{1.F, 0.F, -1.F}}).requires_grad_();
  const torch::Tensor p = torch::softmax(z, 1);
  to_logits(p, OutputScale::probabilities)[0][0].backward();
  EXPECT_TRUE(torch::allclose(z.grad(), torch::tensor({{1.F, 0.F, 0.F}}) - p.detach(), 1e-4, 1e-5));
}

TEST(Classifier, ShowsTheProbabilitiesOfAProgramThatEndsInSoftmax) {
  const auto logits = [](const torch::Tensor& x) { return 7 * x.mean({2, 3}); };
  const Classifier plain(logits, {.input_size = {4, 4}}, torch::kCPU);
  const Classifier ends_in_softmax([&](const torch::Tensor& x) { return torch::softmax(logits(x), 1); },
                                   {.input_size = {4, 4}}, torch::kCPU);
  torch::Tensor red = torch::zeros({1, 3, 4, 4});
  red.select(1, 0).fill_(1);
  const torch::Tensor p = torch::softmax(ends_in_softmax.logits(red), 1);
  EXPECT_NEAR(p[0][0].item<double>(), 1 / (1 + 2 * std::exp(-7.0)), 1e-6);
  EXPECT_TRUE(torch::allclose(p, torch::softmax(plain.logits(red), 1), 1e-4, 1e-7));
  EXPECT_TRUE(torch::allclose(ends_in_softmax.differentiable_logits(red), ends_in_softmax.logits(red)));
}

}  // namespace
}  // namespace fathom::checkpoint
