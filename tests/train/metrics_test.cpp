#include "fathom/train/metrics.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "train/small_set.hpp"

namespace fathom::train {
namespace {

/// Two classes with probability p for the first.
torch::Tensor two_class_logits(const std::vector<double>& p) {
  const torch::Tensor first = torch::tensor(p);
  return torch::stack({first.log(), (1 - first).log()}, 1).to(torch::kFloat);
}

TEST(EvaluateLogits, FiguresByHand) {
  // Predicted: 0 with 0.9 (right), 0 with 0.8 (wrong), 1 with 0.7 (right), 0 with 0.6 (right).
  const Evaluation e =
      evaluate_logits(two_class_logits({0.9, 0.8, 0.3, 0.6}), torch::tensor({0, 1, 1, 0}, torch::kLong));
  EXPECT_EQ(e.images, 4);
  EXPECT_DOUBLE_EQ(e.accuracy, 0.75);
  EXPECT_NEAR(e.loss, -(std::log(0.9) + std::log(0.2) + std::log(0.7) + std::log(0.6)) / 4, 1e-6);
  EXPECT_TRUE(e.confusion.equal(torch::tensor({{2, 0}, {1, 1}}, torch::kLong)));
  EXPECT_TRUE(e.predictions.equal(torch::tensor({0, 0, 1, 0}, torch::kLong)));
  EXPECT_TRUE(e.probabilities.allclose(torch::tensor({0.9F, 0.8F, 0.7F, 0.6F})));
  EXPECT_DOUBLE_EQ(e.per_class.at(0), 1);
  EXPECT_DOUBLE_EQ(e.per_class.at(1), 0.5);
  // Wilson's interval of 3 out of 4, worked out from its formula.
  EXPECT_NEAR(e.accuracy_ci95.low, 0.3006, 1e-4);
  EXPECT_NEAR(e.accuracy_ci95.high, 0.9544, 1e-4);
}

TEST(EvaluateLogits, CalibrationErrorWeighsTheGapsOfTheBins) {
  // 0.9 right: gap 0.1. 0.82 right and 0.84 wrong share the bin (12/15, 13/15]: |0.83 - 0.5| = 0.33.
  // 0.6 wrong is in the bin (8/15, 9/15]: 0.6.
  const Evaluation e =
      evaluate_logits(two_class_logits({0.9, 0.82, 0.84, 0.59}), torch::tensor({0, 0, 1, 1}, torch::kLong));
  EXPECT_NEAR(e.ece, (1 * 0.1 + 2 * 0.33 + 1 * 0.59) / 4, 1e-6);
  ASSERT_EQ(e.reliability.size(), 15U);
  EXPECT_EQ(e.reliability[12].images, 2);
  EXPECT_NEAR(e.reliability[12].confidence, 0.83, 1e-6);
  EXPECT_NEAR(e.reliability[12].accuracy, 0.5, 1e-9);
  EXPECT_EQ(e.reliability[8].images, 1);
  EXPECT_EQ(e.reliability[8].accuracy, 0);
  EXPECT_EQ(e.reliability[0].images, 0);
}

TEST(EvaluateLogits, OverconfidentMistakesAreWhollyMiscalibrated) {
  const Evaluation e =
      evaluate_logits(torch::tensor({{100.0F, 0.0F}, {100.0F, 0.0F}}), torch::tensor({1, 1}, torch::kLong));
  EXPECT_NEAR(e.ece, 1, 1e-9);
  EXPECT_NEAR(e.loss, 100, 1e-4);
  EXPECT_EQ(e.accuracy, 0);
}

TEST(EvaluateLogits, AClassWithoutImagesHasNoAccuracy) {
  const Evaluation e = evaluate_logits(torch::tensor({{1.0F, 0.0F, 0.0F}}), torch::tensor({0}, torch::kLong));
  EXPECT_EQ(e.per_class.at(0), 1);
  EXPECT_TRUE(std::isnan(e.per_class.at(1)));
  EXPECT_TRUE(std::isnan(e.per_class.at(2)));
}

TEST(EvaluateLogits, RefusesWhatIsNotLogitsAndLabels) {
  const torch::Tensor labels = torch::zeros({2}, torch::kLong);
  EXPECT_THROW(evaluate_logits(torch::zeros({3, 4}), labels), InvalidArgument);
  EXPECT_THROW(evaluate_logits(torch::zeros({2}), labels), InvalidArgument);
  EXPECT_THROW(evaluate_logits(torch::zeros({0, 4}), torch::zeros({0}, torch::kLong)), InvalidArgument);
  EXPECT_THROW(evaluate_logits(torch::zeros({2, 4}, torch::kLong), labels), InvalidArgument);
  EXPECT_THROW(evaluate_logits(torch::zeros({2, 4}), torch::zeros({2})), InvalidArgument);
  EXPECT_THROW(evaluate_logits(torch::zeros({2, 4}), labels + 4), InvalidArgument);
  EXPECT_THROW(evaluate_logits(torch::zeros({2, 4}), labels - 1), InvalidArgument);
}

TEST(EvaluateLogits, NamesTheImageWhoseLogitsAreNaN) {
  torch::Tensor logits = torch::zeros({3, 2});
  logits[1][0] = std::numeric_limits<float>::quiet_NaN();
  try {
    evaluate_logits(logits, torch::zeros({3}, torch::kLong));
    FAIL();
  } catch (const InvalidArgument& e) {
    EXPECT_NE(std::string(e.what()).find("image 1"), std::string::npos) << e.what();
  }
}

TEST(Evaluate, RunsOverTheWholeSetWhateverTheBatch) {
  const data::ImageSet set = small_set(25);
  // A classifier that finds the brightest quarter.
  const models::LogitsFunction brightest = [](const torch::Tensor& x) {
    return torch::adaptive_avg_pool2d(x, {2, 2}).flatten(1) * 50;
  };
  std::vector<std::int64_t> done;
  const Evaluation e = evaluate(brightest, set, 10, [&](std::int64_t images, std::int64_t total) {
    EXPECT_EQ(total, 25);
    done.push_back(images);
  });
  EXPECT_EQ(done, (std::vector<std::int64_t>{10, 20, 25}));
  EXPECT_EQ(e.images, 25);
  EXPECT_GT(e.accuracy, 0.9);
  EXPECT_GT(e.seconds, 0);
  EXPECT_TRUE(e.predictions.equal(evaluate(brightest, set, 25).predictions));
}

TEST(Evaluate, RefusesAModelOfOtherClasses) {
  const models::LogitsFunction three = [](const torch::Tensor& x) { return torch::zeros({x.size(0), 3}); };
  EXPECT_THROW(evaluate(three, small_set(8)), InvalidArgument);
  EXPECT_THROW(evaluate(three, small_set(8), 0), InvalidArgument);
}

}  // namespace
}  // namespace fathom::train
