#include "fathom/explain/attribution/methods.hpp"

#include <gtest/gtest.h>

#include "explain/small_networks.hpp"
#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/explain/attribution/guided_grad_cam.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::explain {
namespace {

checkpoint::Classifier classifier(std::shared_ptr<models::ImageModel> network) {
  checkpoint::ModelCard card;
  card.architecture = network->architecture();
  card.classes = {"cat", "dog"};
  card.mean = {0.5F};
  card.std = {1};
  return {std::move(network), card, torch::kCPU};
}

TEST(AttributionMethod, ByItsNameIsTheFunction) {
  const auto net = copy_and_neighbour({1, -2, 2, 1});
  const checkpoint::Classifier model = classifier(net);
  const auto map = [&](const char* name) { return attribution_method(name, model, 1)(four_greys()).map; };
  // 2 max x + max neighbour: at the last place, and at the pixel left of it.
  EXPECT_EQ(numbers(map("saliency")), (std::vector<float>{0, 0, 1, 2}));
  EXPECT_EQ(numbers(map("input-x-gradient")), (std::vector<float>{0, 0, 0.75F, 2}));
  EXPECT_TRUE(torch::equal(map("grad-cam"), grad_cam(*net, four_greys(), 1).attribution.map));
  EXPECT_TRUE(torch::equal(map("guided-grad-cam"), guided_grad_cam(*net, four_greys(), 1).map));
}

TEST(AttributionMethod, EveryOneIsAFunctionOfTheImageAlone) {
  const checkpoint::Classifier model = classifier(copy_and_neighbour({1, -2, 2, 1}));
  MethodOptions options;
  options.occlusion.window = {1, 1};
  options.integrated_gradients.points = 5;
  ASSERT_EQ(attribution_methods().size(), 8U);
  for (const Method& method : attribution_methods()) {
    const AttributionFunction explain = attribution_method(method.name, model, 0, options);
    const Attribution first = explain(four_greys());
    const bool is_the_same = torch::equal(first.map, explain(four_greys()).map);
    EXPECT_EQ(is_the_same, method.name != "random") << method.name;  // which is noise, new at every call
    EXPECT_EQ(first.map.sizes(), torch::IntArrayRef({2, 2})) << method.name;
    EXPECT_EQ(first.values.sizes(), torch::IntArrayRef({1, 2, 2})) << method.name;
    EXPECT_EQ(first.score, -0.5F) << method.name;
  }
}

TEST(AttributionMethod, TheSeedDecidesWhatIsRandom) {
  const checkpoint::Classifier model = classifier(copy_and_neighbour({1, -2, 2, 1}));
  MethodOptions other;
  other.seed = 1;
  EXPECT_FALSE(torch::equal(attribution_method("random", model, 0)(four_greys()).map,
                            attribution_method("random", model, 0, other)(four_greys()).map));
}

TEST(AttributionMethod, SaysWhyAClassifierCannotBeExplained) {
  const auto reason = [](const char* name, const checkpoint::Classifier& model) {
    return why_not(find_attribution_method(name), model);
  };
  const checkpoint::Classifier relu = classifier(sum_and_difference({1, 0, 0, 1}));
  EXPECT_EQ(reason("grad-cam", relu), "grad-cam needs a convolutional stage, and this mlp has none");
  EXPECT_EQ(reason("saliency", relu), "");
  EXPECT_THROW(attribution_method("grad-cam", relu, 0), InvalidArgument);

  const checkpoint::Classifier tanh = classifier(
      models::build(models::CnnOptions{.classes = 2, .activation = nn::Activation::tanh}, make_generator(0)));
  EXPECT_EQ(reason("grad-cam", tanh), "");
  EXPECT_NE(reason("guided-grad-cam", tanh).find("needs a network of ReLUs"), std::string::npos);

  const auto program = [](const torch::Tensor& x) { return x.mean({2, 3}); };
  const checkpoint::Classifier box(program, {.input_size = 4}, torch::kCPU);
  EXPECT_NE(reason("guided-grad-cam", box).find("shows none"), std::string::npos);
  EXPECT_EQ(reason("integrated-gradients", box), "");
}

TEST(AttributionMethod, RefusesWhatThereIsNot) {
  const checkpoint::Classifier model = classifier(copy_and_neighbour({1, -2, 2, 1}));
  EXPECT_THROW(attribution_method("gradcam", model, 0), InvalidArgument);
  EXPECT_THROW(attribution_method("saliency", model, 2), InvalidArgument);
  MethodOptions options;
  options.grad_cam.stage = "conv7";
  EXPECT_THROW(attribution_method("grad-cam", model, 0, options), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
