#include "fathom/explain/attribution/methods.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "explain/small_networks.hpp"
#include "explain/small_scores.hpp"
#include "fathom/core/error.hpp"
#include "fathom/explain/attribution/grad_cam.hpp"
#include "fathom/explain/attribution/guided_grad_cam.hpp"
#include "fathom/explain/attribution/integrated_gradients.hpp"
#include "fathom/explain/attribution/occlusion.hpp"
#include "fathom/explain/attribution/smoothgrad.hpp"
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
  options.of<OcclusionOptions>().window = {1, 1};
  options.of<IntegratedGradientsOptions>().points = 5;
  for (const Method& method : attribution_methods()) {
    const AttributionFunction explain = attribution_method(method.name, model, 0, options);
    const Attribution first = explain(four_greys());
    const bool is_the_same = torch::equal(first.map, explain(four_greys()).map);
    EXPECT_EQ(is_the_same, method.name != kFloorMethod) << method.name;  // which is noise, new at every call
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

const MethodOption& option_of(const char* method, const std::string& name) {
  const std::vector<MethodOption>& options = find_attribution_method(method).options;
  return *std::find_if(options.begin(), options.end(), [&](const auto& o) { return o.name == name; });
}

TEST(AttributionMethod, OptionsAreSetByTheirNames) {
  MethodOptions options;
  option_of("smoothgrad", "samples").set(options, std::int64_t{7});
  option_of("smoothgrad", "noise").set(options, 0.5);
  option_of("guided-grad-cam", "stage").set(options, std::string("conv1"));
  option_of("grad-cam", "no-relu").set(options, true);
  option_of("integrated-gradients", "baseline").set(options, torch::ones({1}));
  EXPECT_EQ(options.of<SmoothGradOptions>().samples, 7);
  EXPECT_EQ(options.of<SmoothGradOptions>().noise, 0.5);
  EXPECT_EQ(options.of<GradCamOptions>().stage, "conv1");
  EXPECT_FALSE(options.of<GradCamOptions>().relu);
  EXPECT_TRUE(options.of<IntegratedGradientsOptions>().baseline.defined());
  EXPECT_FALSE(options.of<OcclusionOptions>().baseline.defined());  // its own
}

TEST(AttributionMethod, DefaultsOfOptionsAreThoseOfTheirStructs) {
  MethodOptions options;
  for (const Method& method : attribution_methods())
    for (const MethodOption& option : method.options) option.set(options, option.default_value);
  EXPECT_EQ(options.of<SmoothGradOptions>().samples, SmoothGradOptions{}.samples);
  EXPECT_EQ(options.of<SmoothGradOptions>().noise, SmoothGradOptions{}.noise);
  EXPECT_EQ(options.of<IntegratedGradientsOptions>().points, IntegratedGradientsOptions{}.points);
  EXPECT_TRUE(options.of<GradCamOptions>().relu);
  EXPECT_EQ(options.of<OcclusionOptions>().window, OcclusionOptions{}.window);
}

TEST(AttributionMethod, ASmallWindowTakesTheStrideDownWithIt) {
  MethodOptions options;
  find_attribution_method("occlusion").suit(options, {32, 24});
  EXPECT_EQ(options.of<OcclusionOptions>().window, (Extent{8, 6}));
  EXPECT_EQ(options.of<OcclusionOptions>().stride, (Extent{4, 3}));
  option_of("occlusion", "window").set(options, Extent{9, 2});
  EXPECT_EQ(options.of<OcclusionOptions>().window, (Extent{9, 2}));
  EXPECT_EQ(options.of<OcclusionOptions>().stride, (Extent{4, 2}));
}

TEST(AttributionMethod, SaysWhyAClassifierCannotBeExplained) {
  const auto reason = [](const char* name, const checkpoint::Classifier& model) {
    return why_not(find_attribution_method(name), model);
  };
  const checkpoint::Classifier relu = classifier(sum_and_difference({1, 0, 0, 1}));
  EXPECT_EQ(reason("grad-cam", relu), "grad-cam needs a convolutional stage, but this mlp has none");
  EXPECT_EQ(reason("saliency", relu), "");
  EXPECT_THROW(attribution_method("grad-cam", relu, 0), InvalidArgument);

  const checkpoint::Classifier tanh = classifier(
      models::build(models::CnnOptions{.classes = 2, .activation = nn::Activation::tanh}, make_generator(0)));
  EXPECT_EQ(reason("grad-cam", tanh), "");
  EXPECT_NE(reason("guided-grad-cam", tanh).find("needs a network with ReLUs"), std::string::npos);

  const auto program = [](const torch::Tensor& x) { return x.mean({2, 3}); };
  const checkpoint::Classifier box(program, {.input_size = {4, 4}}, torch::kCPU);
  EXPECT_NE(reason("guided-grad-cam", box).find("shows none"), std::string::npos);
  EXPECT_EQ(reason("integrated-gradients", box), "");
}

TEST(AttributionMethod, RefusesWhatThereIsNot) {
  const checkpoint::Classifier model = classifier(copy_and_neighbour({1, -2, 2, 1}));
  EXPECT_THROW(attribution_method("gradcam", model, 0), InvalidArgument);
  EXPECT_THROW(attribution_method("saliency", model, 2), InvalidArgument);
  MethodOptions options;
  options.of<GradCamOptions>().stage = "conv7";
  EXPECT_THROW(attribution_method("grad-cam", model, 0, options), InvalidArgument);
}

}  // namespace
}  // namespace fathom::explain
