#include "fathom/explain/faithfulness/randomisation.hpp"

#include <gtest/gtest.h>

#include <torch/csrc/autograd/autograd.h>

#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::explain {
namespace {

using Network = std::shared_ptr<models::ImageModel>;

Network small_cnn() {
  return models::build(models::CnnOptions{.input = {1, 8, 8}, .classes = 3, .stem = 4, .blocks = {6}},
                       make_generator(1));
}

/// Names of the parameters that differ.
std::vector<std::string> changed(const models::ImageModel& before, const models::ImageModel& after) {
  std::vector<std::string> names;
  const auto old_parameters = before.named_parameters();
  for (const auto& item : after.named_parameters())
    if (!torch::equal(item.value(), old_parameters[item.key()])) names.push_back(item.key());
  return names;
}

TEST(RandomisedFromTheTop, ForgetsOneLayerMoreEachTime) {
  const Network net = small_cnn();
  // Biases and batch norm start where an untrained network has them, so that the filters alone differ.
  const std::vector<RandomisedNetwork> networks = randomised_from_the_top(*net, make_generator(2));
  ASSERT_EQ(networks.size(), 4U);
  using Names = std::vector<std::string>;
  EXPECT_EQ(networks[0].layer, "head");
  EXPECT_EQ(changed(*net, *networks[0].network), (Names{"head.weight"}));
  EXPECT_EQ(networks[1].layer, "conv3");
  EXPECT_EQ(changed(*net, *networks[1].network), (Names{"conv3.weight", "head.weight"}));
  EXPECT_EQ(networks[3].layer, "conv1");
  EXPECT_EQ(changed(*net, *networks[3].network),
            (Names{"conv1.weight", "conv2.weight", "conv3.weight", "head.weight"}));
  EXPECT_TRUE(changed(*networks[2].network, *networks[3].network) == Names{"conv1.weight"});
}

TEST(RandomisedFromTheTop, DrawsWeightsAsTrainingWouldStartThem) {
  const Network net =
      models::build(models::MlpOptions{.input = {1, 20, 20}, .hidden = {100}}, make_generator(1));
  {
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& p : net->parameters()) p.fill_(3);
    for (const auto& item : net->named_buffers())
      if (item.key().find("running") != std::string::npos) item.value().fill_(5);
  }
  const Network forgot = randomised_from_the_top(*net, make_generator(2)).back().network;
  const auto parameters = forgot->named_parameters(), buffers = forgot->named_buffers();
  EXPECT_NEAR(parameters["dense1.weight"].std().item<double>(), std::sqrt(2.0 / 400), 0.001);  // He 2015
  EXPECT_NEAR(parameters["dense1.weight"].mean().item<double>(), 0, 0.002);                    // not U(0, 1)
  EXPECT_EQ(parameters["head.bias"].abs().max().item<float>(), 0);
  EXPECT_EQ(parameters["norm1.weight"].min().item<float>(), 1);
  EXPECT_EQ(buffers["norm1.running_mean"].max().item<float>(), 0);
  EXPECT_EQ(buffers["norm1.running_var"].max().item<float>(), 1);
  EXPECT_FALSE(forgot->is_training());
}

TEST(RandomisedFromTheTop, LeavesTheNetworkAlone) {
  const Network net = small_cnn(), before = models::copy_of(*net);
  randomised_from_the_top(*net, make_generator(2));
  EXPECT_TRUE(changed(*before, *net).empty());
}

TEST(RandomisedFromTheTop, IsRepeatable) {
  const Network net = small_cnn();
  const auto last = [&](std::uint64_t seed) {
    return randomised_from_the_top(*net, make_generator(seed)).back().network;
  };
  EXPECT_TRUE(changed(*last(2), *last(2)).empty());
  EXPECT_FALSE(changed(*last(2), *last(3)).empty());
}

TEST(Randomisation, OfAMapThatIgnoresTheNetworkIsOne) {
  const torch::Tensor image = torch::rand({1, 1, 8, 8});
  const MethodOfNetwork edges = [](const Network&) -> AttributionFunction {
    return [](const torch::Tensor& x) { return attribution_of(x[0] - 0.5); };
  };
  const auto networks = randomised_from_the_top(*small_cnn(), make_generator(2));
  const Randomisation r = randomisation(edges, networks, image, edges({})(image));
  EXPECT_EQ(r.layers, (std::vector<std::string>{"head", "conv3", "conv2", "conv1"}));
  EXPECT_EQ(r.absolute, (std::vector<double>{1, 1, 1, 1}));
  EXPECT_EQ(r.signed_maps, (std::vector<double>{1, 1, 1, 1}));
  EXPECT_EQ(r.final, 1);
}

TEST(Randomisation, TellsASignFromASize) {
  // The map of any other network is the trained one's, turned round.
  const torch::Tensor image = torch::rand({1, 1, 8, 8});
  const Network net = small_cnn();
  const MethodOfNetwork method = [&](const Network& of) -> AttributionFunction {
    const double sign = of == net ? 1 : -1;
    return [sign](const torch::Tensor& x) { return attribution_of(sign * (x[0] - 0.5)); };
  };
  const Randomisation r =
      randomisation(method, randomised_from_the_top(*net, make_generator(2)), image, method(net)(image));
  EXPECT_DOUBLE_EQ(r.signed_maps.back(), -1);
  EXPECT_DOUBLE_EQ(r.final, 1);
}

TEST(Randomisation, OfTheGradientFallsAsLayersForget) {
  const Network net = small_cnn();
  const torch::Tensor image = torch::rand({1, 1, 8, 8}, make_generator(3));
  const MethodOfNetwork gradient = [](const Network& of) -> AttributionFunction {
    return [of](const torch::Tensor& picture) {
      of->eval();
      const torch::Tensor x = picture.clone().requires_grad_(true);
      return attribution_of(torch::autograd::grad({of->forward(x)[0][1]}, {x})[0][0].detach());
    };
  };
  const Randomisation r =
      randomisation(gradient, randomised_from_the_top(*net, make_generator(2)), image, gradient(net)(image));
  EXPECT_LT(std::abs(r.final), 0.5);
  EXPECT_LT(r.absolute.front(), 1);
}

TEST(Randomisation, OfAMapWithoutAnOrderIsZero) {
  const torch::Tensor image = torch::rand({1, 1, 8, 8});
  const MethodOfNetwork nothing = [](const Network&) -> AttributionFunction {
    return [](const torch::Tensor& x) { return attribution_of(torch::zeros_like(x[0])); };
  };
  const auto networks = randomised_from_the_top(*small_cnn(), make_generator(2));
  EXPECT_EQ(randomisation(nothing, networks, image, attribution_of(image[0])).final, 0);
  EXPECT_THROW(randomisation(nothing, {}, image, attribution_of(image[0])), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
