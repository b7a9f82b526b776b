#include "fathom/optim/optimizer.hpp"

#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "train/small_set.hpp"

namespace fathom::optim {
namespace {

/// A convolution with batch norm and a linear layer, so that every kind of parameter occurs.
struct Net : torch::nn::Module {
  Net() {
    const torch::Generator generator = make_generator(5);
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& p : parameters()) p.normal_(0, 0.3, generator);
  }
  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(norm->forward(conv->forward(x)));
    return linear->forward(x.mean({2, 3}));
  }
  torch::nn::Conv2d conv =
      register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 5, 3).bias(false)));
  torch::nn::BatchNorm2d norm = register_module("norm", torch::nn::BatchNorm2d(5));
  torch::nn::Linear linear = register_module("linear", torch::nn::Linear(5, 4));
};

/// One of two numbers, for figures that can be worked out by hand: w = (3, 4), its "bias" b = 2.
struct Pair : torch::nn::Module {
  torch::Tensor b = register_parameter("b", torch::tensor({2.0F}));
  torch::Tensor w = register_parameter("w", torch::tensor({{3.0F, 4.0F}}));
};

torch::Tensor loss_of(Net& net, std::int64_t step) {
  const torch::Generator generator = make_generator(100 + static_cast<std::uint64_t>(step));
  const torch::Tensor x = torch::randn({16, 3, 7, 7}, generator);
  const torch::Tensor y = torch::randint(0, 4, {16}, generator, torch::kLong);
  return torch::nn::functional::cross_entropy(net.forward(x), y);
}

/// Weights with two or more dimensions in the first group, the others in a second one without weight decay.
template <typename Options>
std::vector<torch::optim::OptimizerParamGroup> groups(torch::nn::Module& net, Options options) {
  std::vector<torch::Tensor> weights, rest;
  for (const torch::Tensor& p : net.parameters()) (p.dim() >= 2 ? weights : rest).push_back(p);
  Options without = options;
  without.weight_decay(0);
  return {{weights, std::make_unique<Options>(options)}, {rest, std::make_unique<Options>(without)}};
}

/// The largest difference of any weight after 20 steps of this optimizer and of LibTorch's.
double difference(const OptimizerOptions& options, torch::optim::Optimizer& theirs, Net& reference) {
  Net net;
  FlatParameters flat(net);
  Optimizer ours(flat, options);
  for (std::int64_t step = 0; step < 20; ++step) {
    flat.zero_grad();
    loss_of(net, step).backward();
    ours.step();
    theirs.zero_grad();
    loss_of(reference, step).backward();
    theirs.step();
  }
  double largest = 0;
  const auto expected = reference.named_parameters();
  for (const auto& item : net.named_parameters())
    largest = std::max(largest, (item.value() - expected[item.key()]).abs().max().item<double>());
  return largest;
}

TEST(Optimizer, UpdatesLargeNetworksPieceByPieceToTheSameBits) {
  // More numbers than a piece, and not a multiple of it.
  const auto trained = [](OptimizerKind kind, int threads) {
    set_threads(threads);
    torch::nn::Linear net(700, 301);
    const torch::Generator generator = make_generator(1);
    {
      const torch::NoGradGuard no_grad;
      for (torch::Tensor& p : net->parameters()) p.normal_(0, 0.1, generator);
    }
    FlatParameters flat(*net);
    Optimizer optimizer(flat, {.kind = kind, .learning_rate = 1e-2, .weight_decay = 1e-2});
    for (int step = 0; step < 3; ++step) {
      flat.gradients().normal_(0, 1, generator);
      optimizer.step();
    }
    set_threads(1);
    return flat.values().clone();
  };
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw}) {
    const torch::Tensor one = trained(kind, 1);
    EXPECT_TRUE(one.equal(trained(kind, 2))) << to_string(kind);
    EXPECT_EQ(one.numel(), 700 * 301 + 301);
  }

  // Adam's first step goes by the rate against the gradient's sign, in every piece.
  torch::nn::Linear net(700, 301);
  FlatParameters flat(*net);
  Optimizer optimizer(flat, {.kind = OptimizerKind::adam, .learning_rate = 1e-2});
  const torch::Tensor before = flat.values().clone();
  flat.gradients().copy_(torch::linspace(-2, 2, flat.values().numel()).sin());
  flat.gradients().masked_fill_(flat.gradients().abs() < 1e-3, 1e-3);
  optimizer.step();
  EXPECT_TRUE((before - flat.values()).allclose(1e-2 * flat.gradients().sign(), 1e-3, 1e-6));
}

TEST(FlatParameters, LeavesTheValuesAndTheOutputAsTheyWere) {
  Net net, untouched;
  FlatParameters flat(net);
  const auto expected = untouched.named_parameters();
  for (const auto& item : net.named_parameters())
    EXPECT_TRUE(item.value().equal(expected[item.key()])) << item.key();
  EXPECT_NEAR(loss_of(net, 0).item<double>(), loss_of(untouched, 0).item<double>(), 1e-6);
  EXPECT_EQ(flat.values().numel(), 5 * 3 * 9 + 5 + 5 + 20 + 4);
}

TEST(FlatParameters, PutsWeightsBeforeBiasesAndBatchNorm) {
  Net net;
  FlatParameters flat(net);
  EXPECT_EQ(flat.decayed(), 5 * 3 * 9 + 20);
  flat.values().narrow(0, 0, flat.decayed()).fill_(1);
  flat.values().narrow(0, flat.decayed(), 14).fill_(2);
  for (const auto& item : net.named_parameters())
    EXPECT_TRUE((item.value() == (item.value().dim() >= 2 ? 1 : 2)).all().item<bool>()) << item.key();
}

TEST(FlatParameters, BackwardWritesIntoTheFlatGradients) {
  Net net, reference;
  FlatParameters flat(net);
  loss_of(net, 0).backward();
  loss_of(reference, 0).backward();
  const auto expected = reference.named_parameters();
  double squares = 0;
  for (const auto& item : net.named_parameters()) {
    const torch::Tensor gradient = expected[item.key()].grad();
    EXPECT_TRUE(item.value().grad().is_alias_of(flat.gradients())) << item.key();
    EXPECT_TRUE(item.value().grad().allclose(gradient, 1e-4, 1e-6)) << item.key();
    squares += gradient.square().sum().item<double>();
  }
  EXPECT_NEAR(flat.gradients().square().sum().item<double>(), squares, 1e-5);
  flat.zero_grad();
  EXPECT_EQ(net.conv->weight.grad().abs().sum().item<double>(), 0);
}

TEST(FlatParameters, KeepsFiltersInChannelsLastOrder) {
  Net net;
  const FlatParameters flat(net);
  EXPECT_TRUE(net.conv->weight.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(net.conv->weight.grad().is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST(FlatParameters, AnLstmFollowsItsFlatWeights) {
  torch::nn::LSTM lstm(3, 4);
  {
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& p : lstm->parameters()) p.fill_(0.1);
  }
  const torch::Tensor x = torch::ones({5, 2, 3});
  FlatParameters flat(*lstm);
  Optimizer optimizer(flat, {.learning_rate = 0.01});
  const torch::Tensor before = std::get<0>(lstm->forward(x));
  before.square().sum().backward();
  EXPECT_GT(flat.gradients().abs().max().item<double>(), 0);
  optimizer.step();
  const torch::Tensor after = std::get<0>(lstm->forward(x));
  EXPECT_GT((after - before).abs().max().item<double>(), 1e-3);
  EXPECT_LT(after.square().sum().item<double>(), before.square().sum().item<double>());
}

TEST(FlatParameters, LeavesFrozenParametersWhereTheyAre) {
  Net net;
  net.linear->weight.set_requires_grad(false);
  const FlatParameters flat(net);
  EXPECT_EQ(flat.decayed(), 5 * 3 * 9);
  EXPECT_FALSE(net.linear->weight.is_alias_of(flat.values()));
}

TEST(FlatParameters, RefusesAModuleWithoutParameters) {
  torch::nn::Dropout nothing;
  EXPECT_THROW(FlatParameters{*nothing}, InvalidArgument);
}

TEST(Optimizer, NesterovSgdByHand) {
  Pair pair;
  FlatParameters flat(pair);
  Optimizer optimizer(flat, {.learning_rate = 0.1, .momentum = 0.5, .weight_decay = 0.01});
  flat.gradients().fill_(1);
  optimizer.step();
  // g = 1 + 0.01 * 3; v = g; w = 3 - 0.1 * (g + 0.5 v). The bias has no decay.
  EXPECT_NEAR(pair.w[0][0].item<double>(), 3 - 0.1 * 1.5 * 1.03, 1e-6);
  EXPECT_NEAR(pair.w[0][1].item<double>(), 4 - 0.1 * 1.5 * 1.04, 1e-6);
  EXPECT_NEAR(pair.b[0].item<double>(), 2 - 0.1 * 1.5, 1e-6);
  optimizer.step();
  // v = 0.5 * 1 + 1; b -= 0.1 * (1 + 0.5 * 1.5).
  EXPECT_NEAR(pair.b[0].item<double>(), 2 - 0.15 - 0.175, 1e-6);
  EXPECT_EQ(flat.gradients().sum().item<double>(), 3) << "a step leaves the gradients as they are";
}

TEST(Optimizer, AdamWMovesByTheRateAtFirstAndDecaysBesides) {
  Pair pair;
  FlatParameters flat(pair);
  Optimizer optimizer(flat, {.kind = OptimizerKind::adamw, .learning_rate = 0.1, .weight_decay = 0.01});
  flat.gradients().fill_(-7);
  optimizer.step();
  EXPECT_NEAR(pair.w[0][0].item<double>(), 3 * 0.999 + 0.1, 1e-6);
  EXPECT_NEAR(pair.b[0].item<double>(), 2.1, 1e-6);
}

TEST(Optimizer, SgdEqualsLibTorchs) {
  for (const double momentum : {0.0, 0.9})
    for (const double decay : {0.0, 0.05}) {
      Net net;
      const auto options =
          torch::optim::SGDOptions(0.1).momentum(momentum).nesterov(momentum > 0).weight_decay(decay);
      torch::optim::SGD theirs(groups(net, options), options);
      EXPECT_LT(difference({.learning_rate = 0.1, .momentum = momentum, .weight_decay = decay}, theirs, net),
                2e-6)
          << momentum << " " << decay;
    }
}

TEST(Optimizer, AdamEqualsLibTorchs) {
  for (const double decay : {0.0, 0.05}) {
    Net net;
    const auto options = torch::optim::AdamOptions(0.01).weight_decay(decay);
    torch::optim::Adam theirs(groups(net, options), options);
    EXPECT_LT(
        difference({.kind = OptimizerKind::adam, .learning_rate = 0.01, .weight_decay = decay}, theirs, net),
        5e-6)
        << decay;
  }
}

TEST(Optimizer, AdamWEqualsLibTorchs) {
  for (const double decay : {0.0, 0.05}) {
    Net net;
    const auto options = torch::optim::AdamWOptions(0.01).weight_decay(decay);
    torch::optim::AdamW theirs(groups(net, options), options);
    EXPECT_LT(
        difference({.kind = OptimizerKind::adamw, .learning_rate = 0.01, .weight_decay = decay}, theirs, net),
        5e-6)
        << decay;
  }
}

TEST(Optimizer, GoesOnFromItsMomentsAsIfNeverStopped) {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw}) {
    Pair whole, parted;
    FlatParameters flat_whole(whole), flat_parted(parted);
    const OptimizerOptions options{.kind = kind, .learning_rate = 0.1, .weight_decay = 0.01};
    Optimizer through(flat_whole, options), first(flat_parted, options), second(flat_parted, options);
    flat_whole.gradients().fill_(0.5);
    flat_parted.gradients().fill_(0.5);
    through.step();
    through.step();
    first.step();
    second.restore(first.moments(), first.steps());
    second.step();
    EXPECT_TRUE(flat_whole.values().equal(flat_parted.values())) << to_string(kind);
    EXPECT_EQ(second.steps(), 2);
  }
}

TEST(Optimizer, RefusesMomentsOfAnotherNetwork) {
  Pair pair;
  FlatParameters flat(pair);
  Optimizer optimizer(flat, {});
  EXPECT_THROW(optimizer.restore({}, 1), FormatError);
  EXPECT_THROW(optimizer.restore({torch::zeros({4})}, 1), FormatError);
  EXPECT_THROW(optimizer.restore({torch::zeros({3}, torch::kDouble)}, 1), FormatError);
  EXPECT_THROW(optimizer.restore({torch::zeros({3})}, -1), FormatError);
  EXPECT_NO_THROW(optimizer.restore({torch::zeros({3})}, 1));
}

TEST(Optimizer, RefusesOptionsOutOfRange) {
  const auto refused = [](const std::function<void(OptimizerOptions&)>& change) {
    OptimizerOptions options;
    change(options);
    EXPECT_THROW(validate(options), InvalidArgument);
  };
  for (const double rate : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()})
    refused([&](OptimizerOptions& o) { o.learning_rate = rate; });
  for (const double share : {-0.1, 1.0, std::nan("")}) {
    refused([&](OptimizerOptions& o) { o.momentum = share; });
    refused([&](OptimizerOptions& o) { o.beta1 = share; });
    refused([&](OptimizerOptions& o) { o.beta2 = share; });
  }
  refused([](OptimizerOptions& o) { o.epsilon = 0; });
  for (const double decay : {-0.1, std::nan("")})
    refused([&](OptimizerOptions& o) { o.weight_decay = decay; });
  EXPECT_NO_THROW(validate(OptimizerOptions{.momentum = 0}));
}

TEST(Optimizer, NamesAreReadBackAndOthersRefused) {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw})
    EXPECT_EQ(optimizer_from(to_string(kind)), kind);
  EXPECT_THROW(optimizer_from("rmsprop"), InvalidArgument);
}

TEST(Clipping, NormIsScaledToTheLimitAndOnlyDown) {
  Pair pair;
  FlatParameters flat(pair);
  flat.gradients().copy_(torch::tensor({2.0F, 3.0F, 6.0F}));
  EXPECT_NEAR(clip_norm(flat, 10), 7, 1e-6);
  EXPECT_TRUE(flat.gradients().equal(torch::tensor({2.0F, 3.0F, 6.0F})));
  EXPECT_NEAR(clip_norm(flat, 3.5), 7, 1e-6);
  EXPECT_TRUE(flat.gradients().allclose(torch::tensor({1.0F, 1.5F, 3.0F})));
}

TEST(Clipping, NormOfHugeGradientsDoesNotOverflow) {
  Pair pair;
  FlatParameters flat(pair);
  flat.gradients().copy_(torch::tensor({0.0F, 3e30F, 4e30F}));
  EXPECT_NEAR(clip_norm(flat, 1) / 5e30, 1, 1e-6);
  EXPECT_TRUE(flat.gradients().allclose(torch::tensor({0.0F, 0.6F, 0.8F})));
}

TEST(Clipping, ValueIsClampedOnBothSides) {
  Pair pair;
  FlatParameters flat(pair);
  flat.gradients().copy_(torch::tensor({-2.0F, 0.25F, 6.0F}));
  clip_value(flat, 0.5);
  EXPECT_TRUE(flat.gradients().equal(torch::tensor({-0.5F, 0.25F, 0.5F})));
}

}  // namespace
}  // namespace fathom::optim
