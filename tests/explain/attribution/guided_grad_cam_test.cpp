#include "fathom/explain/attribution/guided_grad_cam.hpp"

#include <gtest/gtest.h>

#include "explain/small_networks.hpp"
#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/explain/attribution/gradient.hpp"

namespace fathom::explain {
namespace {

TEST(GuidedBackpropagation, LetsPositiveGradientsAloneThrough) {
  const auto net = sum_and_difference({1, -1, 2, 3});
  const torch::Tensor open = picture({0.75F, 0.25F}, {1, 1, 1, 2});  // sum 1, difference .5: both open
  const auto score = [&](const torch::Tensor& x) { return net->forward(x).select(1, 0); };
  EXPECT_EQ(numbers(score_gradient(score, open).gradient), (std::vector<float>{0, 2}));  // (1, 1) - (1, -1)
  EXPECT_EQ(numbers(guided_backpropagation(*net, open, 0)), (std::vector<float>{1, 1}));
  EXPECT_EQ(numbers(guided_backpropagation(*net, open, 1)), (std::vector<float>{5, -1}));
}

TEST(GuidedBackpropagation, ClosedUnitsPassNothing) {
  const auto net = sum_and_difference({1, -1, 2, 3});
  const torch::Tensor closed = picture({0.25F, 0.75F}, {1, 1, 1, 2});  // the difference is negative
  EXPECT_EQ(numbers(guided_backpropagation(*net, closed, 1)), (std::vector<float>{2, 2}));
}

TEST(GuidedBackpropagation, LeavesTheNetworkAsItWas) {
  const auto net = sum_and_difference({1, -1, 2, 3});
  const torch::Tensor image = picture({0.75F, 0.25F}, {1, 1, 1, 2});
  guided_backpropagation(*net, image, 0);
  const auto score = [&](const torch::Tensor& x) { return net->forward(x).select(1, 0); };
  EXPECT_EQ(numbers(score_gradient(score, image).gradient), (std::vector<float>{0, 2}));
  for (const torch::Tensor& parameter : net->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(GuidedGradCam, IsTheProductOfBoth) {
  const auto net = copy_and_neighbour({1, -2, 2, 1});
  // Class 1: the maxima are at the last place; the copy passes 2 to it, the neighbour 1 to the pixel left of
  // it. Grad-CAM: [[.125, .3125], [.375, .6875]].
  const Attribution a = guided_grad_cam(*net, four_greys(), 1);
  EXPECT_EQ(numbers(a.map), (std::vector<float>{0, 0, 0.375F, 1.375F}));
  EXPECT_EQ(a.score, 2 + 0.75F);
  EXPECT_TRUE(a.is_signed);
}

TEST(GuidedGradCam, TheReluOfGradCamDecidesWhatSpeaksAgainstTheClass) {
  const auto net = copy_and_neighbour({1, -2, 2, 1});
  // Class 0: guided backpropagation reaches the last place alone, where Grad-CAM is -.125.
  EXPECT_EQ(numbers(guided_grad_cam(*net, four_greys(), 0).map), (std::vector<float>{0, 0, 0, 0}));
  EXPECT_EQ(numbers(guided_grad_cam(*net, four_greys(), 0, {.relu = false}).map),
            (std::vector<float>{0, 0, 0, -0.125F}));
}

TEST(GuidedGradCam, RefusesNetworksOfOtherActivations) {
  const torch::Tensor image = picture({0.75F, 0.25F}, {1, 1, 1, 2});
  const auto tanh = sum_and_difference({1, -1, 2, 3}, nn::Activation::tanh);
  EXPECT_FALSE(tanh->is_built_of_relus());
  EXPECT_THROW(guided_backpropagation(*tanh, image, 0), InvalidArgument);
  const auto lstm = models::build(models::BiLstmOptions{.input = {1, 1, 2}, .hidden = 4}, make_generator(0));
  EXPECT_THROW(guided_backpropagation(*lstm, image, 0), InvalidArgument);
  const auto relu = sum_and_difference({1, -1, 2, 3});
  EXPECT_THROW(guided_backpropagation(*relu, image, 2), InvalidArgument);
  EXPECT_THROW(guided_grad_cam(*relu, image, 0), InvalidArgument);  // no convolutional stage
}

}  // namespace
}  // namespace fathom::explain
