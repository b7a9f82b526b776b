#include "fathom/explain/filters.hpp"

#include <gtest/gtest.h>

#include "fathom/core/runtime.hpp"

namespace fathom::explain {
namespace {

torch::Tensor parameter(const models::ImageModel& net, const std::string& name) {
  return net.named_parameters()[name].detach();
}

TEST(FirstLayerFilters, OfACnnAreItsFirstConvolution) {
  const auto net =
      models::build(models::CnnOptions{.input = {3, 8, 8}, .stem = 5, .blocks = {6}}, make_generator(1));
  const Filters f = first_layer_filters(*net);
  EXPECT_EQ(f.stage, "conv1");
  EXPECT_TRUE(torch::equal(f.weights, parameter(*net, "conv1.weight")));
  EXPECT_EQ(f.names, (std::vector<std::string>{"0", "1", "2", "3", "4"}));
}

TEST(FirstLayerFilters, OfAPerceptronHaveTheShapeOfThePicture) {
  const auto net = models::build(models::MlpOptions{.input = {2, 3, 4}, .hidden = {7}}, make_generator(1));
  const Filters f = first_layer_filters(*net);
  EXPECT_EQ(f.stage, "dense1");
  EXPECT_EQ(f.weights.sizes(), (std::vector<std::int64_t>{7, 2, 3, 4}));
  // Channel 1, row 2, column 3 is the last of the flattened picture's 24 numbers.
  EXPECT_EQ(f.weights[6][1][2][3].item<float>(), parameter(*net, "dense1.weight")[6][23].item<float>());
  const auto without_hidden =
      models::build(models::MlpOptions{.input = {1, 2, 2}, .hidden = {}}, make_generator(1));
  EXPECT_EQ(first_layer_filters(*without_hidden).stage, "logits");
  EXPECT_EQ(first_layer_filters(*without_hidden).weights.size(0), 10);
}

TEST(FirstLayerFilters, OfARecurrentNetworkAreItsGates) {
  const auto net = models::build(models::BiLstmOptions{.input = {1, 6, 5}, .hidden = 3}, make_generator(1));
  const Filters f = first_layer_filters(*net);
  EXPECT_EQ(f.weights.sizes(), (std::vector<std::int64_t>{8, 1, 3, 5}));
  EXPECT_EQ(f.names[1], "forget gate, down");
  EXPECT_TRUE(torch::equal(f.weights[1][0], parameter(*net, "lstm1.weight_ih_l0").narrow(0, 3, 3)));
  EXPECT_EQ(f.names[7], "output gate, up");
  EXPECT_TRUE(torch::equal(f.weights[7][0], parameter(*net, "lstm1.weight_ih_l0_reverse").narrow(0, 9, 3)));
}

TEST(FirstLayerFilters, AreACopy) {
  const auto net = models::build(models::CnnOptions{}, make_generator(1));
  first_layer_filters(*net).weights.zero_();
  EXPECT_GT(parameter(*net, "conv1.weight").abs().max().item<float>(), 0);
}

TEST(StrongestFirst, OrdersByNormAndKeepsEquals) {
  torch::Tensor filters = torch::zeros({4, 1, 2, 2});
  filters[1].fill_(-2);
  filters[3][0][0][0] = 1;
  EXPECT_TRUE(torch::equal(strongest_first(filters), torch::tensor({1, 3, 0, 2})));
}

}  // namespace
}  // namespace fathom::explain
