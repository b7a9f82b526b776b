#include "fathom/explain/maximise/objective.hpp"

#include <gtest/gtest.h>
#include <torch/script.h>

#include "explain/small_networks.hpp"
#include "explain/small_scores.hpp"
#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/error.hpp"

namespace fathom::explain {
namespace {

/// Two images, three classes.
Response two_rows() { return {{"logits", torch::tensor({1.F, 2.F, 6.F, 0.F, 3.F, -3.F}).view({2, 3})}}; }

/// One image, two channels of 2 x 3 places.
Response two_maps() { return {{"conv1", torch::arange(12).to(torch::kFloat).view({1, 2, 2, 3})}}; }

checkpoint::Classifier small_classifier() {
  checkpoint::ModelCard card{
      .architecture =
          models::CnnOptions{.input = {1, 2, 2}, .classes = 2, .stem = 2, .blocks = {}, .batch_norm = false}};
  card.classes = {"cat", "dog"};
  card.mean = {0}, card.std = {1};
  return {copy_and_neighbour({1, 0, 0, 1}), card, torch::kCPU};
}

TEST(Objective, TheLogitOfEachImagesOwnClass) {
  EXPECT_EQ(numbers(class_logit({2, 1})(two_rows())), (std::vector<float>{6, 3}));
  EXPECT_EQ(numbers(class_logit({0})(two_rows())), (std::vector<float>{1, 0}));  // one target for all
}

TEST(Objective, TheMarginIsTheLogitMinusTheMeanOfTheOthers) {
  EXPECT_EQ(numbers(class_margin({2, 1})(two_rows())), (std::vector<float>{6 - 1.5F, 3 + 1.5F}));
}

TEST(Objective, TheLogProbabilityIsBelowZeroAndNearItForACertainClass) {
  const Response even = {{"logits", torch::zeros({1, 4})}};
  EXPECT_NEAR(class_log_probability({3})(even)[0].item<float>(), -std::log(4.0), 1e-6);
  const Response certain = {{"logits", torch::tensor({50.F, 0.F}).view({1, 2})}};
  EXPECT_NEAR(class_log_probability({0})(certain)[0].item<float>(), 0, 1e-6);
}

TEST(Objective, AChannelsMeanAndItsUnitInTheMiddle) {
  EXPECT_EQ(numbers(channel_mean("conv1", {0})(two_maps())), (std::vector<float>{2.5F}));
  EXPECT_EQ(numbers(channel_mean("conv1", {1})(two_maps())), (std::vector<float>{8.5F}));
  EXPECT_EQ(numbers(centre_unit("conv1", {1})(two_maps())), (std::vector<float>{10}));  // row 1, column 1
}

TEST(Objective, UnitsOfDenseAndStepsOfRecurrentStages) {
  const Response dense = {{"dense1", torch::tensor({4.F, 7.F}).view({1, 2})}};
  EXPECT_EQ(numbers(channel_mean("dense1", {1})(dense)), (std::vector<float>{7}));
  EXPECT_EQ(numbers(centre_unit("dense1", {1})(dense)), (std::vector<float>{7}));
  const Response steps = {{"states", torch::tensor({1.F, 2.F, 3.F, 4.F, 8.F, 9.F}).view({1, 3, 2})}};
  EXPECT_EQ(numbers(channel_mean("states", {0})(steps)), (std::vector<float>{4}));  // (1 + 3 + 8) / 3
  EXPECT_EQ(numbers(centre_unit("states", {1})(steps)), (std::vector<float>{4}));
}

TEST(Objective, AddsAndScalesLikeANumber) {
  Response both = two_maps();
  both["logits"] = torch::tensor({1.F, 2.F, 6.F}).view({1, 3});
  const Objective sum = class_logit({2}) + 0.5 * channel_mean("conv1", {0});
  EXPECT_EQ(sum.stages(), (std::set<std::string>{"conv1", "logits"}));
  EXPECT_EQ(numbers(sum(both)), (std::vector<float>{6 + 1.25F}));
}

TEST(Objective, DiversityIsMinusTheSimilarityToTheOthersOfTheGroup) {
  // Groups of two: equal up to a factor, then at right angles.
  const Response dense = {{"dense1", torch::tensor({1.F, 1.F, 2.F, 2.F, 3.F, 0.F, 0.F, 5.F}).view({4, 2})}};
  const torch::Tensor d = diversity("dense1", 2)(dense);
  EXPECT_TRUE(torch::allclose(d, torch::tensor({-1.F, -1.F, 0.F, 0.F}))) << d;
  // The Gram matrix does not know where a channel is active, only with which other.
  const torch::Tensor maps = torch::tensor({1.F, 0.F, 0.F, 1.F}).view({2, 1, 1, 2});
  EXPECT_TRUE(torch::allclose(diversity("conv1", 2)({{"conv1", maps}}), torch::tensor({-1.F, -1.F})));
}

TEST(Objective, SaysWhatItCannotDo) {
  EXPECT_THROW(class_logit({3})(two_rows()), InvalidArgument);
  EXPECT_THROW(class_logit({-1})(two_rows()), InvalidArgument);
  EXPECT_THROW(class_logit({0, 1, 2})(two_rows()), InvalidArgument);
  EXPECT_THROW(channel_mean("conv1", {0})(two_rows()), InvalidArgument);
  EXPECT_THROW(diversity("conv1", 1), InvalidArgument);
  EXPECT_THROW(diversity("logits", 3)(two_rows()), InvalidArgument);
}

TEST(Responses, AreTheStagesOfTheNetworkAndCanBeDifferentiated) {
  const Responses responses = responses_of(small_classifier(), {"conv1", "logits"});
  const torch::Tensor x = four_greys().set_requires_grad(true);
  const Response r = responses(x);
  EXPECT_EQ(numbers(r.at("conv1")[0][1]), (std::vector<float>{0, 0.25F, 0, 0.75F}));
  EXPECT_EQ(numbers(r.at("logits")), (std::vector<float>{1, 0.75F}));  // the largest place of each
  channel_mean("conv1", {0})(r).sum().backward();
  EXPECT_EQ(numbers(x.grad()), (std::vector<float>(4, 0.25F)));
}

TEST(Responses, OfAProgramOfOtherOriginAreItsLogitsAlone) {
  const checkpoint::Classifier program(
      [](const torch::Tensor& x) {
        return x.mean({2, 3});
      },
      {.input_size = {4, 4}}, torch::kCPU);
  EXPECT_EQ(responses_of(program, {"logits"})(torch::ones({2, 3, 4, 4})).at("logits").sizes(),
            (std::vector<std::int64_t>{2, 3}));
  try {
    responses_of(program, {"conv1"});
    FAIL();
  } catch (const InvalidArgument& e) {
    EXPECT_NE(std::string(e.what()).find("TorchScript"), std::string::npos) << e.what();
  }
}

TEST(Responses, SuggestTheClosestStage) {
  try {
    responses_of(small_classifier(), {"cnv1"});
    FAIL();
  } catch (const InvalidArgument& e) {
    EXPECT_NE(std::string(e.what()).find("did you mean 'conv1'?"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace fathom::explain
