#include "fathom/explain/faithfulness/deletion_insertion.hpp"

#include <gtest/gtest.h>

#include <set>

#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/image/blur.hpp"

namespace fathom::explain {
namespace {

torch::Tensor total(const torch::Tensor& x) { return x.flatten(1).sum(1); }

DeletionInsertion measure(const torch::Tensor& image, const torch::Tensor& map,
                          const DeletionInsertionOptions& options, std::uint64_t seed = 0) {
  return deletion_insertion(total, image, map, options, make_generator(seed));
}

TEST(DeletionInsertion, OfFourPixelsIsWorkedOutByHand) {
  const torch::Tensor image = two_by_two({0.5F, 0.25F, 0.75F, 1.0F});
  const DeletionInsertion d =
      measure(image, image[0][0], {.deletion = black(), .insertion = black(), .steps = 4});
  EXPECT_EQ(d.fractions, (std::vector<double>{0, 0.25, 0.5, 0.75, 1}));
  // The sum of 2.5 loses 1, 0.75, 0.5 and 0.25 in that order.
  EXPECT_EQ(d.deletion.score, (std::vector<double>{2.5, 1.5, 0.75, 0.25, 0}));
  EXPECT_EQ(d.insertion.score, (std::vector<double>{0, 1, 1.75, 2.25, 2.5}));
  EXPECT_DOUBLE_EQ(d.deletion.area, 0.25 * (1.25 + 1.5 + 0.75 + 0.25));
  EXPECT_DOUBLE_EQ(d.insertion.area, 0.25 * (1 + 1.75 + 2.25 + 1.25));
}

TEST(DeletionInsertion, PixelsBecomeTheSubstrate) {
  const torch::Tensor image = two_by_two({0.5F, 0.25F, 0.75F, 1.0F});
  const Substrate grey = {.colour = torch::tensor({0.5F})};
  const DeletionInsertion d = measure(image, image[0][0], {.deletion = grey, .insertion = grey, .steps = 4});
  EXPECT_EQ(d.deletion.score, (std::vector<double>{2.5, 2.0, 1.75, 1.75, 2.0}));  // the last one rises
  EXPECT_EQ(d.insertion.score, (std::vector<double>{2.0, 2.5, 2.75, 2.75, 2.5}));
}

TEST(DeletionInsertion, AllChannelsOfAPixelGoAtOnce) {
  const torch::Tensor image = torch::tensor({1.F, 2.F, 10.F, 20.F}).view({1, 2, 1, 2});
  const Substrate colour = {.colour = torch::tensor({0.F, 5.F})};
  const DeletionInsertion d =
      measure(image, torch::tensor({{0.F, 1.F}}), {.deletion = colour, .insertion = colour, .steps = 2});
  EXPECT_EQ(d.deletion.score, (std::vector<double>{33, 33 - 2 - 15, 33 - 2 - 15 - 1 - 5}));
}

TEST(DeletionInsertion, RanksByMagnitudeWhereASignIsADirection) {
  const torch::Tensor image = two_by_two({0.5F, 0.25F, 0.75F, 1.0F});
  const torch::Tensor map = torch::tensor({{3.F, -4.F}, {-1.F, 2.F}});
  DeletionInsertionOptions options{.deletion = black(), .insertion = black(), .steps = 4};
  EXPECT_EQ(measure(image, map, options).insertion.score, (std::vector<double>{0, 0.5, 1.5, 2.25, 2.5}));
  options.by_magnitude = true;
  EXPECT_EQ(measure(image, map, options).insertion.score, (std::vector<double>{0, 0.25, 0.75, 1.75, 2.5}));
}

TEST(DeletionInsertion, InsertionStartsFromTheBlurredImage) {
  const torch::Tensor image = torch::rand({1, 3, 8, 12}, make_generator(3));
  const torch::Tensor blurred = substrate_picture({.blur = 0.25}, image);
  EXPECT_TRUE(torch::equal(blurred, image::gaussian_blur(image, 2)));  // a quarter of 8
  const DeletionInsertion d = measure(image, image[0][0], {.insertion = {.blur = 0.25}});
  EXPECT_NEAR(d.insertion.score.front(), total(blurred).item<double>(), 1e-4);
  EXPECT_NEAR(d.insertion.score.back(), total(image).item<double>(), 1e-4);
}

TEST(DeletionInsertion, APerfectRankingBeatsItsReverse) {
  const torch::Tensor image = torch::rand({1, 1, 6, 6}, make_generator(3));
  const DeletionInsertionOptions options{.deletion = black(), .insertion = black()};
  const DeletionInsertion right = measure(image, image[0][0], options);
  const DeletionInsertion wrong = measure(image, -image[0][0], options);
  EXPECT_GT(right.insertion.area, wrong.insertion.area);
  EXPECT_LT(right.deletion.area, wrong.deletion.area);
}

TEST(DeletionInsertion, StepsMoveAsManyPixelsEach) {
  const torch::Tensor image = torch::ones({1, 1, 5, 5});
  const DeletionInsertion d =
      measure(image, torch::rand({5, 5}), {.deletion = black(), .insertion = black(), .steps = 2});
  EXPECT_EQ(d.insertion.score, (std::vector<double>{0, 13, 25}));  // half of 25, rounded
  EXPECT_EQ(d.fractions, (std::vector<double>{0, 13.0 / 25, 1}));
  // More steps than pixels: one pixel each.
  EXPECT_EQ(measure(image, torch::rand({5, 5}), {.steps = 1000}).fractions.size(), 26U);
}

TEST(DeletionInsertion, EqualPixelsGoInAnOrderThatIsDrawn) {
  // Pixel i is worth 2^i, so every order has curves of its own.
  const torch::Tensor image = torch::pow(2, torch::arange(9)).to(torch::kFloat).view({1, 1, 3, 3});
  const DeletionInsertionOptions options{.deletion = black(), .insertion = black()};
  std::set<std::vector<double>> curves;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    curves.insert(measure(image, torch::zeros({3, 3}), options, seed).deletion.score);
  EXPECT_GT(curves.size(), 15U);
  EXPECT_EQ(measure(image, torch::zeros({3, 3}), options, 7).deletion.score,
            measure(image, torch::zeros({3, 3}), options, 7).deletion.score);
  // Where no two are equal, the generator decides nothing.
  EXPECT_EQ(measure(image, image[0][0], options, 1).deletion.score,
            measure(image, image[0][0], options, 2).deletion.score);
}

TEST(DeletionInsertion, BatchChangesNothing) {
  const torch::Tensor image = torch::rand({1, 3, 7, 7}, make_generator(3)), map = torch::rand({7, 7});
  EXPECT_EQ(measure(image, map, {.batch = 1}).insertion.score,
            measure(image, map, {.batch = 100}).insertion.score);
}

TEST(DeletionInsertion, RefusesWhatCannotBeRanked) {
  const torch::Tensor image = torch::rand({1, 1, 4, 4}), map = torch::rand({4, 4});
  EXPECT_THROW(measure(image[0], map, {}), InvalidArgument);
  EXPECT_THROW(measure(image, torch::rand({4, 5}), {}), InvalidArgument);
  EXPECT_THROW(measure(image, torch::full({4, 4}, NAN), {}), InvalidArgument);
  EXPECT_THROW(measure(image, map, {.steps = 0}), InvalidArgument);
  EXPECT_THROW(measure(image, map, {.batch = 0}), InvalidArgument);
  EXPECT_THROW(measure(image, map, {.deletion = {.colour = torch::zeros({3})}}), InvalidArgument);
  EXPECT_THROW(measure(image, map, {.insertion = {.blur = 0}}), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
