#include "fathom/gan/sampling.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/gan/generator.hpp"

namespace fathom::gan {
namespace {

std::shared_ptr<Generator> small_generator(std::int64_t classes = 0) {
  auto generator = build_generator(
      DcganOptions{.image = {1, 8, 8}, .latent = 5, .classes = classes, .widths = {4}}, make_generator(1));
  generator->eval();
  return generator;
}

TEST(Slerp, KeepsToTheArc) {
  const torch::Tensor a = torch::tensor({2.0F, 0.0F}), b = torch::tensor({0.0F, 2.0F});
  const torch::Tensor way = slerp(a, b, 3);
  const float half = 2 * std::sqrt(0.5F);
  EXPECT_TRUE(way.allclose(torch::tensor({{2.0F, 0.0F}, {half, half}, {0.0F, 2.0F}}), 1e-5, 1e-5));
}

TEST(Slerp, ChangesLengthEvenly) {
  const torch::Tensor way = slerp(torch::tensor({1.0F, 0.0F}), torch::tensor({0.0F, 3.0F}), 5);
  EXPECT_TRUE(way.norm(2, 1).allclose(torch::tensor({1.0F, 1.5F, 2.0F, 2.5F, 3.0F}), 1e-5, 1e-5));
}

TEST(Slerp, GoesStraightWhereThereIsNoArc) {
  const torch::Tensor a = torch::tensor({1.0F, 1.0F});
  EXPECT_TRUE(
      slerp(a, 3 * a, 3).allclose(torch::tensor({{1.0F, 1.0F}, {2.0F, 2.0F}, {3.0F, 3.0F}}), 1e-4, 1e-4));
  EXPECT_THROW(slerp(a, a, 1), InvalidArgument);
}

TEST(Samples, FollowFromTheSeedAlone) {
  const auto generator = small_generator();
  const Samples once = draw_samples(*generator, 600, make_generator(3));
  EXPECT_EQ(once.values.sizes(), (std::vector<std::int64_t>{600, 1, 8, 8}));
  EXPECT_EQ(once.values.scalar_type(), torch::kByte);
  EXPECT_FALSE(once.labels.defined());
  EXPECT_TRUE(once.values.equal(draw_samples(*generator, 600, make_generator(3)).values));
  EXPECT_FALSE(once.values.equal(draw_samples(*generator, 600, make_generator(4)).values));
}

TEST(Samples, OfAConditionalGeneratorAreOfAllClassesInTurn) {
  const auto generator = small_generator(3);
  EXPECT_TRUE(draw_samples(*generator, 7, make_generator(3))
                  .labels.equal(torch::tensor({0, 1, 2, 0, 1, 2, 0}, torch::kLong)));
  EXPECT_TRUE(draw_samples(*generator, 4, make_generator(3), 2).labels.eq(2).all().item<bool>());
  EXPECT_THROW(draw_samples(*generator, 4, make_generator(3), 3), InvalidArgument);
  EXPECT_THROW(draw_samples(*small_generator(), 4, make_generator(3), 0), InvalidArgument);
}

TEST(Samples, AreOfClassesAsFrequentAsInTheData) {
  const auto generator = small_generator(3);
  const auto asked = [&](const torch::Tensor& labels, std::int64_t count) {
    return draw_samples_like(*generator, labels, count, make_generator(3)).labels;
  };
  EXPECT_TRUE(asked(torch::tensor({2, 1, 0}, torch::kLong), 7)
                  .equal(torch::tensor({0, 1, 2, 0, 1, 2, 0}, torch::kLong)));
  const torch::Tensor uneven = torch::tensor({1, 1, 1, 2}, torch::kLong);
  EXPECT_TRUE(torch::bincount(asked(uneven, 400), {}, 3).equal(torch::tensor({0, 300, 100}, torch::kLong)));
  EXPECT_TRUE(torch::bincount(asked(uneven, 8), {}, 3).equal(torch::tensor({0, 6, 2}, torch::kLong)));
  EXPECT_FALSE(draw_samples_like(*small_generator(), uneven, 4, make_generator(3)).labels.defined());
  EXPECT_THROW(asked(torch::tensor({0, 3}, torch::kLong), 4), InvalidArgument);
  EXPECT_THROW(asked({}, 4), InvalidArgument);
}

TEST(Interpolation, GoesFromSampleToSampleOfOneClass) {
  const auto generator = small_generator(3);
  const torch::Tensor rows = interpolation(*generator, 2, 4, {}, 5);
  ASSERT_EQ(rows.size(0), 8);
  const torch::Tensor ends = torch::randn({2, 2, 5}, make_generator(5));
  const torch::Tensor second = torch::full({1}, 1, torch::kLong);
  EXPECT_TRUE(rows[4].equal(samples_of(*generator, ends[1][0].unsqueeze(0), second)[0]));
  EXPECT_TRUE(rows[7].equal(samples_of(*generator, ends[1][1].unsqueeze(0), second)[0]));
  EXPECT_THROW(interpolation(*generator, 0, 4, {}, 5), InvalidArgument);
}

TEST(NearestPictures, FindsTheCopy) {
  const torch::Tensor others = torch::randint(256, {50, 3, 4, 4}, make_generator(1), torch::kByte);
  torch::Tensor pictures = others.index_select(0, torch::tensor({7, 30}));
  const Nearest exact = nearest_pictures(pictures, others);
  EXPECT_TRUE(exact.index.equal(torch::tensor({7, 30}, torch::kLong)));
  EXPECT_EQ(exact.distance.max().item<float>(), 0);
}

TEST(NearestPictures, TellsACopyFromAPictureThatIsAlmostOne) {
  // More than are compared at once; a copy of 1,500 is the last, and one with another pixel the first.
  torch::Tensor others = torch::randint(256, {2100, 3, 32, 32}, make_generator(1), torch::kByte);
  const torch::Tensor pictures = others.slice(0, 1500, 1501).clone();
  others[1500].fill_(0);
  others[0].copy_(pictures[0]);
  others[0][0][0][0] = others[0][0][0][0].item<int>() ^ 1;
  others[2099].copy_(pictures[0]);
  const Nearest nearest = nearest_pictures(pictures, others);
  EXPECT_EQ(nearest.index.item<std::int64_t>(), 2099);
  EXPECT_EQ(nearest.distance.item<float>(), 0);
  EXPECT_THROW(nearest_pictures(pictures, others.to(torch::kFloat)), InvalidArgument);
}

TEST(NearestPictures, MeasuresInUnitsOfPixels) {
  const torch::Tensor black = torch::zeros({1, 1, 4, 4}, torch::kByte),
                      grey = torch::full({1, 1, 4, 4}, 51, torch::kByte);
  EXPECT_NEAR(nearest_pictures(black, grey).distance.item<float>(), 0.2, 1e-5);
}

}  // namespace
}  // namespace fathom::gan
