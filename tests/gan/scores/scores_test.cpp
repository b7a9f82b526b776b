#include "fathom/gan/scores/scores.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/gan/scores/distances.hpp"

namespace fathom::gan {
namespace {

TEST(ClassScores, CountedByHand) {
  // Two pictures of class 0, one of them sure; one of class 2, sure; none of class 1.
  const torch::Tensor logits = torch::tensor({{9.0F, 0.0F, 0.0F}, {1.0F, 0.0F, 0.0F}, {0.0F, 0.0F, 9.0F}});
  const ClassScores scores = class_scores(logits, torch::tensor({0, 1, 2}, torch::kLong));
  EXPECT_EQ(scores.histogram, (std::vector<std::int64_t>{2, 0, 1}));
  EXPECT_NEAR(scores.kl, 2.0 / 3 * std::log(2.0) + 1.0 / 3 * std::log(1.0), 1e-9);
  EXPECT_NEAR(scores.named_share, 2.0 / 3, 1e-9);
  EXPECT_NEAR(*scores.accuracy, 2.0 / 3, 1e-9);
  EXPECT_FALSE(class_scores(logits).accuracy.has_value());
}

TEST(Judge, GivesTheFeaturesThatTheLogitsHangOn) {
  const checkpoint::Classifier judge =
      checkpoint::load_classifier(FATHOM_SOURCE "/models/fashion-cnn.pt", torch::kCPU);
  const torch::Tensor images = torch::randint(256, {7, 1, 28, 28}, make_generator(1), torch::kByte);
  const Judged judged = gan::judge(judge, images);
  EXPECT_EQ(judged.features.sizes(), (std::vector<std::int64_t>{7, 3136}));
  EXPECT_TRUE(judged.logits.equal(judge.logits(data::to_unit_range(images))));
  EXPECT_TRUE(features_of(judge, images).equal(judged.features));
  EXPECT_THROW(gan::judge(judge, images.slice(2, 0, 27)), InvalidArgument);
  EXPECT_THROW(features_of(judge, images.slice(2, 0, 27)), InvalidArgument);
}

/// Features around a centre; logits that name class 0.
Judged around(double centre, std::uint64_t seed) {
  torch::Tensor logits = torch::zeros({400, 2});
  logits.select(1, 0).fill_(5);
  return {torch::randn({400, 3}, make_generator(seed)) + centre, logits};
}

TEST(Score, StandsBesideWhatRealPicturesReach) {
  const Judged reference = around(0, 1), held_out = around(0, 2), generated = around(2, 3);
  const GanScores scores = score(reference, held_out, generated);
  EXPECT_EQ(scores.samples, 400);
  EXPECT_NEAR(scores.frechet, 3 * 4, 1.5);  // 2 in each of three directions
  EXPECT_LT(scores.frechet_floor, 0.2);
  EXPECT_EQ(scores.kernel, KernelReference(reference.features).distance(generated.features));
  EXPECT_EQ(scores.kernel_floor, KernelReference(reference.features).distance(held_out.features));
  EXPECT_LT(scores.neighbours.coverage, 0.5);
  EXPECT_GT(scores.neighbours_floor.coverage, 0.9);
  EXPECT_NEAR(scores.classes.kl, std::log(2), 1e-9);
  EXPECT_THROW(score(reference, held_out, {generated.features.slice(0, 0, 9), generated.logits}),
               InvalidArgument);
}

}  // namespace
}  // namespace fathom::gan
