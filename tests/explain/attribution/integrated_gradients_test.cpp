#include "fathom/explain/attribution/integrated_gradients.hpp"

#include <gtest/gtest.h>

#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"

namespace fathom::explain {
namespace {

void expect_near(const torch::Tensor& values, const std::vector<float>& expected) {
  const std::vector<float> found = numbers(values);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5F) << i;
}

TEST(IntegratedGradients, OfALinearScoreAreWeightTimesDistanceAtOnePoint) {
  const Attribution a = integrated_gradients(linear({1, -4, -3, 2}), picture({5, 6, 7, 8}, {1, 2, 1, 2}),
                                             {.points = 1, .baseline = torch::tensor({1.F, 2.F})});
  expect_near(a.values, {4, -20, -15, 12});  // channel 0 starts at 1, channel 1 at 2
  expect_near(a.map, {-11, -8});
  ASSERT_TRUE(a.completeness);
  EXPECT_EQ(a.score, 5 - 24 - 21 + 16);
  EXPECT_EQ(a.completeness->baseline_score, 1 - 4 - 6 + 4);
  EXPECT_EQ(a.completeness->score_difference, -19);
  EXPECT_NEAR(a.completeness->sum, -19, 1e-5);
  EXPECT_NEAR(a.completeness->gap(), 0, 1e-5);
  EXPECT_TRUE(a.is_signed);
}

TEST(IntegratedGradients, OfAProductOfTwoSplitItEvenly) {
  const Attribution a = integrated_gradients(product, picture({3, 5}, {1, 1, 1, 2}), {.points = 1});
  expect_near(a.map, {7.5F, 7.5F});  // the gradient is linear along the path: one point is exact
}

TEST(IntegratedGradients, OfAQuadraticScoreAreItsTerms) {
  // 2 x^2 + 3 y^2 from (1, 1): 2 (x^2 - 1) and 3 (y^2 - 1).
  const auto quadratic = [](const torch::Tensor& x) {
    return x.flatten(1).pow(2).mv(torch::tensor({2.F, 3.F}));
  };
  const Attribution a = integrated_gradients(quadratic, picture({3, 2}, {1, 1, 1, 2}),
                                             {.points = 2, .baseline = torch::tensor({1.F})});
  expect_near(a.map, {16, 9});
}

TEST(IntegratedGradients, OfAProductOfThreeNeedTwoPoints) {
  const torch::Tensor image = picture({2, 3, 5}, {1, 1, 1, 3});
  expect_near(integrated_gradients(product, image, {.points = 2}).map, {10, 10, 10});
  // One point sees the gradient at the middle: 30 / 4 each instead of 30 / 3.
  const Attribution coarse = integrated_gradients(product, image, {.points = 1});
  expect_near(coarse.map, {7.5F, 7.5F, 7.5F});
  EXPECT_NEAR(coarse.completeness->gap(), 7.5, 1e-5);
  EXPECT_NEAR(coarse.completeness->relative_gap(), 0.25, 1e-6);
}

TEST(IntegratedGradients, OfAHingeTellHowMuchOfThePathIsOpen) {
  // relu(x + y - 2) at (3, 1) from black: the path opens at half its length.
  const auto hinge = [](const torch::Tensor& x) { return torch::relu(x.flatten(1).sum(1) - 2); };
  const Attribution a = integrated_gradients(hinge, picture({3, 1}, {1, 1, 1, 2}), {.points = 50});
  expect_near(a.map, {1.5F, 0.5F});
  EXPECT_NEAR(a.completeness->relative_gap(), 0, 1e-6);  // 25 points on either side
}

TEST(IntegratedGradients, APictureServesAsBaselineAndFromTheImageItselfThereIsNothing) {
  const torch::Tensor image = picture({3, 5}, {1, 1, 1, 2});
  const Attribution a = integrated_gradients(product, image, {.points = 3, .baseline = image[0]});
  expect_near(a.map, {0, 0});
  EXPECT_EQ(a.completeness->relative_gap(), 0);
}

TEST(IntegratedGradients, TheBatchChangesNothing) {
  const torch::Tensor image = picture({0.2F, 0.7F, 0.9F}, {1, 1, 1, 3});
  const torch::Tensor one = integrated_gradients(product, image, {.points = 7, .batch = 1}).map;
  const torch::Tensor all = integrated_gradients(product, image, {.points = 7, .batch = 100}).map;
  EXPECT_TRUE(torch::allclose(one, all, 1e-6, 1e-8));
}

TEST(IntegratedGradients, RefuseOptionsOutOfRange) {
  const torch::Tensor image = torch::ones({1, 1, 1, 2});
  EXPECT_THROW(integrated_gradients(product, image, {.points = 0}), InvalidArgument);
  EXPECT_THROW(integrated_gradients(product, image, {.batch = 0}), InvalidArgument);
  EXPECT_THROW(integrated_gradients(product, image, {.baseline = torch::zeros({3})}), InvalidArgument);
  EXPECT_THROW(integrated_gradients(product, torch::ones({2, 1, 1, 2})), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
