#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/rnn.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/models/layers.hpp"
#include "models/images_for.hpp"

namespace fathom::models {
namespace {

const std::vector<Architecture>& architectures() {
  static const std::vector<Architecture> all = {
      MlpOptions{},
      MlpOptions{.input = {3, 8, 8},
                 .classes = 4,
                 .hidden = {12},
                 .batch_norm = false,
                 .activation = nn::Activation::tanh},
      CnnOptions{},
      CnnOptions{.input = {3, 17, 12}, .classes = 5, .stem = 8, .blocks = {16, 24, 8}, .dropout = 0.3},
      CnnOptions{.input = {2, 11, 14}, .stem = 4, .blocks = {6, 5}, .head = Head::flatten, .dropout = 0.3},
      CnnOptions{.input = {1, 8, 8}, .stem = 4, .blocks = {6}, .head = Head::mean_pool},
      CnnOptions{.input = {1, 9, 9},
                 .stem = 4,
                 .blocks = {},
                 .batch_norm = false,
                 .activation = nn::Activation::gelu},
      BiLstmOptions{},
      BiLstmOptions{.input = {3, 6, 5}, .classes = 3, .hidden = 7, .layers = 2, .bidirectional = false}};
  return all;
}

/// Batch norm statistics and scales as training leaves them: away from 0 and 1, some scales negative.
void disturb(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(5);
  for (auto& item : module.named_buffers()) {
    if (item.key().find("running_mean") != std::string::npos) item.value().normal_(0, 0.3);
    if (item.key().find("running_var") != std::string::npos)
      item.value().uniform_(1e-5, 2);  // small enough for epsilon to matter
  }
  for (auto& item : module.named_parameters())
    if (item.key().find("norm") != std::string::npos) item.value().normal_(0.3, 0.5);
}

TEST(Models, MapImagesToLogits) {
  for (const Architecture& a : architectures()) {
    const auto net = build(a, make_generator(1));
    EXPECT_EQ(net->forward(images_for(a, 3)).sizes(), (std::vector<std::int64_t>{3, classes_of(a)}))
        << kind(a);
  }
}

TEST(Models, LogitsAreTheHeadOfTheFeatures) {
  const torch::NoGradGuard no_grad;
  for (const Architecture& a : architectures()) {
    const auto net = build(a, make_generator(1));
    net->eval();
    const torch::Tensor images = images_for(a, 3), features = net->features(images);
    const auto parameters = net->named_parameters();
    const torch::Tensor logits = torch::linear(features, parameters["head.weight"], parameters["head.bias"]);
    EXPECT_TRUE(logits.allclose(net->forward(images), 1e-5, 1e-6)) << kind(a);
  }
}

TEST(Models, InferenceEqualsForwardInEvaluationMode) {
  for (const Architecture& a : architectures()) {
    const auto net = build(a, make_generator(1));
    const std::int64_t channels = input_of(a).channels;
    net->set_normalisation(std::vector<float>(channels, 0.4F), std::vector<float>(channels, 0.3F));
    disturb(*net);
    net->eval();
    const torch::Tensor x = images_for(a, 5);
    const torch::NoGradGuard no_grad;
    const torch::Tensor forward = net->forward(x);
    EXPECT_LE((net->inference()(x) - forward).abs().max().item<float>(),
              2e-5F * forward.abs().max().item<float>())
        << kind(a);
  }
}

/// The last layer by hand.
torch::Tensor head(const ImageModel& net, const torch::Tensor& features) {
  const auto parameters = net.named_parameters();
  return torch::addmm(parameters["head.bias"], features, parameters["head.weight"].t());
}

TEST(Models, RefuseAnUnknownStage) {
  for (const Architecture& a : architectures())
    EXPECT_THROW(build(a, make_generator(1))->forward_to(images_for(a, 1), "conv99"), InvalidArgument);
}

TEST(Cnn, StagesHalveThePicture) {
  const auto net =
      build(CnnOptions{.input = {3, 17, 12}, .classes = 5, .stem = 8, .blocks = {16, 24}}, make_generator(1));
  net->eval();
  const torch::Tensor x = torch::rand({2, 3, 17, 12});
  EXPECT_EQ(net->stages(), (std::vector<std::string>{"conv1", "conv2", "conv3", "conv4", "conv5", "logits"}));
  EXPECT_EQ(net->forward_to(x, "conv1").sizes(), (std::vector<std::int64_t>{2, 8, 17, 12}));
  EXPECT_EQ(net->forward_to(x, "conv2").sizes(), (std::vector<std::int64_t>{2, 16, 8, 6}));
  EXPECT_EQ(net->forward_to(x, "conv3").sizes(), (std::vector<std::int64_t>{2, 16, 8, 6}));
  const torch::Tensor last = net->forward_to(x, "conv5");
  EXPECT_EQ(last.sizes(), (std::vector<std::int64_t>{2, 24, 4, 3}));
  EXPECT_GE(last.min().item<float>(), 0);  // after the ReLU
}

TEST(Cnn, TheHeadSeesTheLastMaps) {
  const torch::Tensor x = torch::rand({2, 3, 17, 12});
  const auto expect_features = [&](Head kind, const std::function<torch::Tensor(torch::Tensor)>& features) {
    const CnnOptions options{.input = {3, 17, 12}, .classes = 5, .stem = 8, .blocks = {16, 24}, .head = kind};
    const auto net = build(options, make_generator(1));
    net->eval();
    const torch::Tensor seen = features(net->forward_to(x, "conv5"));
    EXPECT_EQ(seen.size(1), head_features(options)) << to_string(kind);
    EXPECT_TRUE(torch::allclose(head(*net, seen), net->forward(x))) << to_string(kind);
    EXPECT_EQ(head_from(to_string(kind)), kind);
  };
  expect_features(Head::max_pool, [](const torch::Tensor& maps) { return maps.amax({2, 3}); });
  expect_features(Head::mean_pool, [](const torch::Tensor& maps) { return maps.mean({2, 3}); });
  expect_features(Head::flatten, [](const torch::Tensor& maps) { return maps.flatten(1); });
  EXPECT_THROW(head_from("avg-pool"), InvalidArgument);
}

TEST(Mlp, TheLastDenseStageLeadsToTheLogits) {
  const auto net = build(MlpOptions{.input = {1, 4, 4}, .hidden = {9, 7}}, make_generator(1));
  net->eval();
  const torch::Tensor x = torch::rand({3, 1, 4, 4});
  EXPECT_EQ(net->forward_to(x, "dense1").sizes(), (std::vector<std::int64_t>{3, 9}));
  EXPECT_TRUE(torch::allclose(head(*net, net->forward_to(x, "dense2")), net->forward(x)));
}

TEST(BiLstm, TheLastStateHasReadThePictureInBothDirections) {
  const auto net = build(BiLstmOptions{.input = {2, 6, 4}, .hidden = 5}, make_generator(1));
  net->eval();
  const torch::Tensor x = torch::rand({3, 2, 6, 4});
  const torch::Tensor states = net->forward_to(x, "states");
  EXPECT_EQ(states.sizes(), (std::vector<std::int64_t>{3, 6, 10}));
  const torch::Tensor last =
      torch::cat({states.select(1, 5).narrow(1, 0, 5), states.select(1, 0).narrow(1, 5, 5)}, 1);
  EXPECT_TRUE(torch::equal(net->forward_to(x, "last"), last));
  EXPECT_TRUE(torch::allclose(head(*net, last), net->forward(x)));
}

TEST(BiLstm, AnswersTheSameWithoutGradients) {
  // Widths on both sides of a vector's: oneDNN has had a kernel of its own for each, and for no gradients.
  for (const std::int64_t hidden : {1, 6, 16, 17, 32, 40}) {
    const auto net =
        build(BiLstmOptions{.input = {1, 6, 4}, .hidden = hidden, .layers = 2}, make_generator(1));
    net->eval();
    const torch::Tensor x = torch::rand({3, 1, 6, 4});
    const torch::Tensor expected = net->forward(x);
    EXPECT_TRUE(torch::allclose(net->inference()(x), expected, 1e-4, 1e-5)) << hidden;
    net->to(torch::kDouble);
    EXPECT_TRUE(torch::allclose(net->forward(x.to(torch::kDouble)).to(torch::kFloat), expected, 1e-4, 1e-5))
        << hidden;
  }
}

TEST(Models, ParameterCountIsThatOfTheModule) {
  for (const Architecture& a : architectures()) {
    std::int64_t counted = 0;
    for (const torch::Tensor& p : build(a, make_generator(1))->parameters()) counted += p.numel();
    EXPECT_EQ(parameter_count(a), counted) << kind(a);
  }
}

TEST(Models, ArchitectureSurvivesJson) {
  for (const Architecture& a : architectures())
    EXPECT_EQ(to_json(architecture_from_json(to_json(a))).dump(), to_json(a).dump());
}

TEST(Kinds, EachDescribesItself) {
  const std::vector<std::string> all = kinds();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string& name = all[i];
    const Architecture a = default_architecture(name);
    EXPECT_EQ(a.index(), i) << name;  // no two have one name
    EXPECT_EQ(kind(a), name);
    EXPECT_NO_THROW(validate(a)) << name;
    const auto net = build(a, make_generator(1));
    EXPECT_EQ(kind(net->architecture()), name);
    EXPECT_EQ(net->forward(images_for(a, 2)).sizes(), (std::vector<std::int64_t>{2, classes_of(a)})) << name;
    std::int64_t counted = 0;
    for (const torch::Tensor& p : net->parameters()) counted += p.numel();
    EXPECT_EQ(parameter_count(a), counted) << name;
    EXPECT_EQ(to_json(architecture_from_json(to_json(a))), to_json(a)) << name;
  }
}

TEST(Kinds, EveryOptionIsReadBack) {
  for (const Architecture& a : architectures()) {
    const nlohmann::json json = to_json(a);
    for (const auto& item : json.items()) {
      const std::string& key = item.key();
      nlohmann::json without = json, other = json;
      without.erase(key);
      other[key] = nlohmann::json::object();
      // Cards were written before there were heads to choose from.
      if (key != "head") {
        EXPECT_THROW(architecture_from_json(without), FormatError) << kind(a) << " " << key;
      }
      EXPECT_THROW(architecture_from_json(other), FormatError) << kind(a) << " " << key;
    }
  }
}

TEST(Kinds, ShareTheOptionsTheyHaveInCommon) {
  Architecture cnn = CnnOptions{}, lstm = BiLstmOptions{};
  *shared_options(cnn).dropout = 0.25;
  *shared_options(cnn).batch_norm = false;
  *shared_options(cnn).activation = nn::Activation::gelu;
  EXPECT_EQ(std::get<CnnOptions>(cnn).dropout, 0.25);
  EXPECT_FALSE(std::get<CnnOptions>(cnn).batch_norm);
  EXPECT_EQ(std::get<CnnOptions>(cnn).activation, nn::Activation::gelu);
  EXPECT_NE(shared_options(lstm).dropout, nullptr);
  EXPECT_EQ(shared_options(lstm).batch_norm, nullptr);
  EXPECT_EQ(shared_options(lstm).activation, nullptr);
}

TEST(Models, OnlyWhoAsksForStagesKeepsThem) {
  const torch::NoGradGuard no_grad;
  for (const Architecture& a : architectures()) {
    const auto net = build(a, make_generator(1));
    net->eval();
    const torch::Tensor images = images_for(a, 2);
    const std::vector<std::string> names = net->stages();
    const std::vector<torch::Tensor> all = net->activations(images, names.size());
    ASSERT_EQ(all.size(), names.size()) << kind(a);
    for (std::size_t i = 0; i < names.size(); ++i) {
      EXPECT_TRUE(torch::equal(net->forward_to(images, names[i]), all[i])) << kind(a) << " " << names[i];
      EXPECT_EQ(net->activations(images, i + 1).size(), i + 1) << kind(a) << " " << names[i];
    }
    EXPECT_TRUE(torch::equal(net->forward(images), all.back())) << kind(a);
  }
}

TEST(Models, SameGeneratorSameWeights) {
  for (const Architecture& a : architectures()) {
    const auto one = build(a, make_generator(4)), two = build(a, make_generator(4)),
               other = build(a, make_generator(5));
    EXPECT_TRUE(torch::equal(one->parameters()[0], two->parameters()[0]));
    EXPECT_FALSE(torch::equal(one->parameters()[0], other->parameters()[0]));
  }
}

TEST(Models, RefuseOptionsOutOfRange) {
  const auto make = [](const Architecture& a) { return build(a, make_generator(0)); };
  EXPECT_THROW(make(CnnOptions{.stem = 0}), InvalidArgument);
  EXPECT_THROW(make(CnnOptions{.blocks = {8, 8, 8, 8, 8}}), InvalidArgument);  // 28 halves four times
  EXPECT_THROW(make(MlpOptions{.dropout = 1.0}), InvalidArgument);
  EXPECT_THROW(make(MlpOptions{.hidden = {-3}}), InvalidArgument);
  EXPECT_THROW(make(BiLstmOptions{.hidden = 0}), InvalidArgument);
  EXPECT_THROW(default_architecture("ccn"), InvalidArgument);
}

TEST(Cnn, CountsFlopsOfConvolutionsAndLogits) {
  // 5x5 picture: stem 9*1*2 weights at 25 places, 9*2*3 at 25, 9*3*3 at 4 after halving, logits 3*10.
  const auto net = build(CnnOptions{.input = {1, 5, 5}, .stem = 2, .blocks = {3}}, make_generator(1));
  EXPECT_EQ(net->flops(), 2 * (18 * 25 + 54 * 25 + 81 * 4 + 30));
}

TEST(Cnn, NormalisesItsInput) {
  const auto net = build(CnnOptions{.input = {1, 4, 4}, .stem = 2, .blocks = {}}, make_generator(1));
  net->eval();
  const torch::Tensor x = torch::rand({2, 1, 4, 4});
  const torch::Tensor before = net->forward(x);
  net->set_normalisation({0.5F}, {0.25F});
  EXPECT_TRUE(torch::allclose(net->forward(x * 0.25 + 0.5), before, 1e-4, 1e-5));
  EXPECT_THROW(net->set_normalisation({0.5F, 0.5F}, {1.F, 1.F}), InvalidArgument);
}

TEST(BiLstm, OnlyTheBidirectionalOneSeesTheLastRowFromTheFirstStep) {
  for (const bool bidirectional : {false, true}) {
    const auto net = build(BiLstmOptions{.input = {1, 6, 4}, .hidden = 5, .bidirectional = bidirectional},
                           make_generator(1));
    net->eval();
    torch::Tensor x = torch::rand({1, 1, 6, 4});
    const torch::Tensor before = net->forward_to(x, "states").clone();
    x.select(2, 5).fill_(0);  // the last row
    const torch::Tensor after = net->forward_to(x, "states");
    EXPECT_EQ(torch::equal(before.select(1, 0), after.select(1, 0)), !bidirectional);
    EXPECT_FALSE(torch::equal(before.select(1, 5), after.select(1, 5)));
  }
}

TEST(Dropout, DrawsFromTheGeneratorThatIsSet) {
  const auto net = build(MlpOptions{.input = {1, 4, 4}, .hidden = {64}, .dropout = 0.5, .batch_norm = false},
                         make_generator(1));
  net->train();
  const torch::Tensor x = torch::rand({1, 1, 4, 4});
  const auto draw = [&](std::uint64_t seed) {
    net->set_dropout_generator(make_generator(seed));
    return net->forward(x);
  };
  EXPECT_TRUE(torch::equal(draw(1), draw(1)));
  EXPECT_FALSE(torch::equal(draw(1), draw(2)));
  net->eval();
  EXPECT_TRUE(torch::equal(draw(1), draw(2)));
}

TEST(Initialisation, HasTheLiteraturesVariance) {
  torch::nn::Linear layer(400, 100);
  const auto deviation = [&](nn::Init init) {
    nn::initialise(*layer, init, make_generator(0));
    return layer->weight.std().item<double>();
  };
  EXPECT_NEAR(deviation(nn::Init::he), std::sqrt(2.0 / 400), 0.001);  // 40,000 draws: standard error 0.35 %
  EXPECT_NEAR(deviation(nn::Init::xavier), std::sqrt(2.0 / 500), 0.001);
  EXPECT_NEAR(deviation(nn::Init::lecun), std::sqrt(1.0 / 400), 0.001);
  EXPECT_EQ(deviation(nn::Init::constant), 0);
  EXPECT_EQ(layer->bias.abs().max().item<float>(), 0);
}

TEST(Initialisation, RecurrentMatricesAreOrthogonalAndForgetGatesOpen) {
  torch::nn::LSTM lstm(torch::nn::LSTMOptions(3, 8));
  nn::initialise(*lstm, nn::Init::lecun, make_generator(0));
  const auto parameters = lstm->named_parameters();
  const torch::Tensor gate = parameters["weight_hh_l0"].narrow(0, 8, 8).detach();
  EXPECT_LE((gate.mm(gate.t()) - torch::eye(8)).abs().max().item<float>(), 1e-5F);
  const torch::Tensor bias = parameters["bias_ih_l0"] + parameters["bias_hh_l0"];
  EXPECT_TRUE(torch::equal(bias.narrow(0, 8, 8), torch::ones({8})));
  EXPECT_EQ(bias.abs().sum().item<float>(), 8);
}

TEST(Initialisation, BatchNormForgetsWhatItCounted) {
  const auto net = build(CnnOptions{.input = {1, 4, 4}, .stem = 3, .blocks = {5}}, make_generator(1));
  net->set_normalisation({0.5F}, {0.25F});
  disturb(*net);
  nn::initialise(*net, nn::Init::he, make_generator(0));
  const auto buffers = net->named_buffers();
  for (const char* norm : {"norm1.", "norm2.", "norm3."}) {
    EXPECT_TRUE(torch::equal(buffers[std::string(norm) + "running_mean"],
                             torch::zeros_like(buffers[std::string(norm) + "running_mean"])));
    EXPECT_TRUE(torch::equal(buffers[std::string(norm) + "running_var"],
                             torch::ones_like(buffers[std::string(norm) + "running_var"])));
  }
  EXPECT_EQ(net->mean().item<float>(), 0.5F);  // no weight
  EXPECT_EQ(net->deviation().item<float>(), 0.25F);
}

TEST(Layers, HoldEveryParameterInOrder) {
  const auto names = [](const Architecture& a) {
    const auto net = build(a, make_generator(0));
    std::vector<std::string> all;
    std::int64_t parameters = 0;
    for (const Layer& layer : layers_of(*net)) {
      all.push_back(layer.name);
      for (const auto& module : layer.modules)
        for (const torch::Tensor& p : module->parameters()) parameters += p.numel();
    }
    EXPECT_EQ(parameters, parameter_count(a));
    return all;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(CnnOptions{.blocks = {8}}), (Names{"conv1", "conv2", "conv3", "head"}));
  EXPECT_EQ(names(MlpOptions{.batch_norm = false}), (Names{"dense1", "dense2", "head"}));
  EXPECT_EQ(names(BiLstmOptions{.layers = 2}), (Names{"lstm1", "lstm2", "head"}));
}

TEST(Layers, TellWhetherThereIsBatchNorm) {
  const auto has = [](const Architecture& a) { return has_batch_norm(*build(a, make_generator(0))); };
  EXPECT_TRUE(has(CnnOptions{}));
  EXPECT_TRUE(has(MlpOptions{}));
  EXPECT_FALSE(has(CnnOptions{.batch_norm = false}));
  EXPECT_FALSE(has(MlpOptions{.batch_norm = false}));
  EXPECT_FALSE(has(BiLstmOptions{}));
}

TEST(Layers, AreInitialisedOneByOneWithTheirBatchNorm) {
  const auto net = build(CnnOptions{.input = {1, 4, 4}, .stem = 3, .blocks = {5}}, make_generator(1));
  disturb(*net);
  const auto before = copy_of(*net);
  reinitialise(layers_of(*net)[1], nn::Init::he, make_generator(7));
  const auto old_parameters = before->named_parameters(), new_parameters = net->named_parameters();
  for (const auto& item : new_parameters) {
    const bool second = item.key().starts_with("conv2") || item.key().starts_with("norm2");
    EXPECT_EQ(torch::equal(item.value(), old_parameters[item.key()]), !second) << item.key();
  }
  EXPECT_EQ(net->named_buffers()["norm2.running_var"].min().item<float>(), 1);
  EXPECT_NE(net->named_buffers()["norm1.running_var"].min().item<float>(), 1);
}

}  // namespace
}  // namespace fathom::models
