#include "fathom/explain/attribution/grad_cam.hpp"

#include <gtest/gtest.h>

#include "explain/small_networks.hpp"
#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::explain {
namespace {

// The gradient of a maximum is 1 at its place, so a channel's weight is a quarter of the head's.

TEST(GradCam, KeepsWhatSpeaksForTheClass) {
  const auto net = copy_and_neighbour({1, -2, 2, 1});
  const GradCam cam = grad_cam(*net, four_greys(), 0);
  // x / 4 - neighbour / 2 = [[.0625, 0], [.1875, -.125]]
  EXPECT_EQ(numbers(cam.cam), (std::vector<float>{0.0625F, 0, 0.1875F, 0}));
  EXPECT_EQ(numbers(cam.attribution.map), numbers(cam.cam));  // the stage has the image's size
  EXPECT_EQ(cam.attribution.score, 1 - 2 * 0.75F);
  EXPECT_EQ(cam.stage, "conv1");
  EXPECT_FALSE(cam.attribution.is_signed);
}

TEST(GradCam, WithoutTheReluKeepsWhatSpeaksAgainstItToo) {
  const auto net = copy_and_neighbour({1, -2, 2, 1});
  const GradCam cam = grad_cam(*net, four_greys(), 0, {.relu = false});
  EXPECT_EQ(numbers(cam.cam), (std::vector<float>{0.0625F, 0, 0.1875F, -0.125F}));
  EXPECT_TRUE(cam.attribution.is_signed);
  // x / 2 + neighbour / 4
  EXPECT_EQ(numbers(grad_cam(*net, four_greys(), 1, {.relu = false}).cam),
            (std::vector<float>{0.125F, 0.3125F, 0.375F, 0.6875F}));
}

/// Every convolution copies: the stages are x, and its largest of each 2x2 twice.
std::shared_ptr<models::ImageModel> copying_pyramid() {
  const auto net = models::build(
      models::CnnOptions{.input = {1, 4, 4}, .classes = 1, .stem = 1, .blocks = {1}, .batch_norm = false},
      make_generator(0));
  for (const char* conv : {"conv1", "conv2", "conv3"}) {
    set_parameter(*net, std::string(conv) + ".weight", {0, 0, 0, 0, 1, 0, 0, 0, 0});
    set_parameter(*net, std::string(conv) + ".bias", {0});
  }
  set_parameter(*net, "head.weight", {4});
  set_parameter(*net, "head.bias", {0});
  net->eval();
  return net;
}

TEST(GradCam, ASmallStageIsBroughtToTheImageByLinearInterpolation) {
  const auto net = copying_pyramid();
  torch::Tensor image = torch::zeros({1, 1, 4, 4});
  image[0][0][1][1] = 0.25;
  image[0][0][1][3] = 0.75;
  image[0][0][3][0] = 1;
  const GradCam cam = grad_cam(*net, image, 0);
  EXPECT_EQ(cam.stage, "conv3");
  EXPECT_EQ(numbers(cam.cam), (std::vector<float>{0.25F, 0.75F, 1, 0}));  // weight 4 / 4 places
  EXPECT_EQ(numbers(cam.attribution.map[0]), (std::vector<float>{0.25F, 0.375F, 0.625F, 0.75F}));
  EXPECT_EQ(numbers(cam.attribution.map[3]), (std::vector<float>{1, 0.75F, 0.25F, 0}));
  // A quarter of the way down: 3/4 of the first row, 1/4 of the last.
  EXPECT_EQ(cam.attribution.map[1][0].item<float>(), 0.4375F);
}

TEST(GradCam, AnyConvolutionalStageCanBeLookedAt) {
  const auto net = copying_pyramid();
  const torch::Tensor image = torch::arange(16).to(torch::kFloat).view({1, 1, 4, 4}) / 16;
  EXPECT_EQ(grad_cam(*net, image, 0, {.stage = "conv2"}).cam.sizes(), torch::IntArrayRef({2, 2}));
  const GradCam first = grad_cam(*net, image, 0, {.stage = "conv1"});
  EXPECT_TRUE(torch::equal(first.cam, image[0][0] * 0.25));  // one of 16 places has the gradient, 4
}

TEST(GradCam, ValuesSumToTheMapOverTheChannels) {
  const auto net = models::build(
      models::CnnOptions{.input = {3, 8, 8}, .classes = 3, .stem = 4, .blocks = {4}}, make_generator(1));
  net->eval();
  const torch::Tensor image = torch::rand({1, 3, 8, 8}, make_generator(2));
  const Attribution a = grad_cam(*net, image, 1, {.relu = false}).attribution;
  EXPECT_EQ(a.values.sizes(), torch::IntArrayRef({3, 8, 8}));
  EXPECT_TRUE(torch::allclose(a.values.sum(0), a.map, 1e-5, 1e-7));
  for (const torch::Tensor& parameter : net->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(GradCam, WorksWithFrozenWeightsAndUnderANoGradGuard) {
  const auto net = copy_and_neighbour({1, -2, 2, 1});
  for (const torch::Tensor& parameter : net->parameters()) parameter.set_requires_grad(false);
  const torch::NoGradGuard no_grad;
  EXPECT_EQ(numbers(grad_cam(*net, four_greys(), 0).cam), (std::vector<float>{0.0625F, 0, 0.1875F, 0}));
}

std::string refusal(models::ImageModel& network, const std::string& stage) {
  try {
    require_convolutional_stage(network, stage);
  } catch (const InvalidArgument& e) {
    return e.what();
  }
  return "";
}

TEST(GradCam, RefusesStagesThatHaveNoPlaces) {
  const auto cnn = copying_pyramid();
  EXPECT_EQ(convolutional_stages(*cnn), (std::vector<std::string>{"conv1", "conv2", "conv3"}));
  EXPECT_NE(refusal(*cnn, "conf2").find("did you mean 'conv"), std::string::npos) << refusal(*cnn, "conf2");
  EXPECT_NE(refusal(*cnn, "logits").find("conv1, conv2, conv3"), std::string::npos);
  const auto mlp = sum_and_difference({1, 0, 0, 1});
  EXPECT_TRUE(convolutional_stages(*mlp).empty());
  EXPECT_NE(refusal(*mlp, "").find("(mlp) has none"), std::string::npos) << refusal(*mlp, "");
  const auto lstm = models::build(models::BiLstmOptions{.hidden = 4}, make_generator(0));
  EXPECT_TRUE(convolutional_stages(*lstm).empty());
}

TEST(GradCam, RefusesAnotherImageOrTarget) {
  const auto net = copy_and_neighbour({1, -2, 2, 1});
  EXPECT_THROW(grad_cam(*net, torch::ones({2, 1, 2, 2}), 0), InvalidArgument);
  EXPECT_THROW(grad_cam(*net, four_greys(), 2), InvalidArgument);
  EXPECT_THROW(grad_cam(*net, four_greys(), -1), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
