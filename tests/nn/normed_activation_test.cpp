#include "fathom/nn/normed_activation.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <memory>
#include <string>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "nn/any_threads.hpp"

namespace fathom::nn {
namespace {

/// A norm whose weight and bias are drawn.
torch::nn::BatchNorm2d drawn_norm(std::int64_t channels, const torch::Generator& random) {
  torch::nn::BatchNorm2d norm(channels);
  const torch::NoGradGuard no_grad;
  norm->weight.copy_(torch::randn({channels}, random));
  norm->bias.copy_(torch::randn({channels}, random));
  return norm;
}

torch::nn::BatchNorm2d copy_of(torch::nn::BatchNorm2d& norm) {
  return torch::nn::BatchNorm2d(std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(norm->clone()));
}

/// By LibTorch's modules, a pass per batch.
torch::Tensor one_by_one(torch::nn::BatchNorm2d& norm, const torch::Tensor& x, double slope,
                         std::int64_t groups) {
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor& batch : x.chunk(groups))
    parts.push_back(torch::leaky_relu(norm->forward(batch), slope));
  return torch::cat(parts);
}

void expect_close(const torch::Tensor& ours, const torch::Tensor& expected, const std::string& what) {
  EXPECT_TRUE(ours.allclose(expected, 1e-4, 1e-5)) << what << ": " << (ours - expected).abs().max();
}

TEST(NormedActivation, HasTheValuesGradientsAndRunningStatisticsOfBatchNormAndLeakyRelu) {
  const torch::Generator random = make_generator(1);
  for (const std::int64_t channels : {1, 3, 8, 21}) {
    for (const std::int64_t groups : {1, 2, 3}) {
      for (const double slope : {0.0, 0.2}) {
        torch::nn::BatchNorm2d ours = drawn_norm(channels, random), theirs = copy_of(ours);
        const torch::Tensor x = torch::randn({6, channels, 5, 3}, random) * 3 + 7,
                            given = torch::randn({6, channels, 5, 3}, random);
        const torch::Tensor input = x.contiguous(at::MemoryFormat::ChannelsLast).requires_grad_(),
                            same = x.clone().requires_grad_();
        const torch::Tensor y = normed_activation(*ours, input, slope, groups),
                            expected = one_by_one(theirs, same, slope, groups);
        const std::string what = fmt::format("{} channels, {} batches, slope {}", channels, groups, slope);
        expect_close(y, expected, what);
        const auto gradients = torch::autograd::grad({y}, {input, ours->weight, ours->bias}, {given});
        const auto as_expected =
            torch::autograd::grad({expected}, {same, theirs->weight, theirs->bias}, {given});
        for (std::size_t i = 0; i < gradients.size(); ++i)
          expect_close(gradients[i], as_expected[i], fmt::format("{}, gradient {}", what, i));
        expect_close(ours->running_mean, theirs->running_mean, what);
        expect_close(ours->running_var, theirs->running_var, what);
        EXPECT_EQ(ours->num_batches_tracked.item<std::int64_t>(), groups);
      }
    }
  }
}

/// Batches; rows of scale and of shift, one for all samples or one for each; whether it is training.
using Tables = std::tuple<std::int64_t, std::int64_t, std::int64_t, bool>;
class NormedActivationByTables : public testing::TestWithParam<Tables> {};

TEST_P(NormedActivationByTables, ScalesAndShiftsEverySampleByItsRow) {
  const auto [groups, scales, shifts, training] = GetParam();
  const torch::Generator random = make_generator(2);
  torch::nn::BatchNorm2d norm = drawn_norm(5, random);  // of whose own weight and bias nothing is seen
  norm->running_mean.fill_(0.5);
  norm->running_var.fill_(4);
  torch::nn::BatchNorm2d theirs(torch::nn::BatchNorm2dOptions(5).affine(false));
  theirs->running_mean.fill_(0.5);
  theirs->running_var.fill_(4);
  norm->train(training);
  theirs->train(training);
  const torch::Tensor x = torch::randn({4, 5, 2, 3}, random).requires_grad_(),
                      scale = torch::randn({scales, 5}, random).requires_grad_(),
                      shift = torch::randn({shifts, 5}, random).requires_grad_(),
                      given = torch::randn({4, 5, 2, 3}, random);
  const torch::Tensor y = normed_activation(*norm, x, 0.1, groups, {scale, shift});
  const torch::Tensor expected =
      torch::leaky_relu(one_by_one(theirs, x, /*slope=*/1, groups) * scale.view({scales, 5, 1, 1}) +
                            shift.view({shifts, 5, 1, 1}),
                        0.1);
  expect_close(y, expected, "values");
  const auto gradients = torch::autograd::grad({y}, {x, scale, shift}, {given}),
             as_expected = torch::autograd::grad({expected}, {x, scale, shift}, {given});
  for (std::size_t i = 0; i < gradients.size(); ++i)
    expect_close(gradients[i], as_expected[i], fmt::format("gradient {}", i));
  expect_close(norm->running_mean, theirs->running_mean, "mean");
  expect_close(norm->running_var, theirs->running_var, "variance");
}

INSTANTIATE_TEST_SUITE_P(All, NormedActivationByTables,
                         testing::Combine(testing::Values(1, 2), testing::Values(1, 4), testing::Values(1, 4),
                                          testing::Bool()));

TEST(NormedActivation, HasGradientsOfItsGradients) {
  const torch::Generator random = make_generator(3);
  torch::nn::BatchNorm2d ours = drawn_norm(3, random), theirs = copy_of(ours);
  const torch::Tensor x = torch::randn({4, 3, 2, 3}, random).requires_grad_(),
                      given = torch::randn({4, 3, 2, 3}, random);
  const auto of_penalty = [&](const torch::Tensor& y, const torch::nn::BatchNorm2d& norm) {
    const torch::Tensor gradient = torch::autograd::grad({y}, {x}, {given}, true, /*create_graph=*/true)[0];
    return torch::autograd::grad({gradient.square().sum()}, {x, norm->weight});
  };
  const auto gradients = of_penalty(normed_activation(*ours, x, 0.2, 2), ours),
             expected = of_penalty(one_by_one(theirs, x, 0.2, 2), theirs);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    EXPECT_TRUE(gradients[i].allclose(expected[i], 1e-4, 1e-4)) << gradients[i] - expected[i];
}

TEST(NormedActivation, CountsNoGradientOfGradientsTwiceWhereItsTablesDependOnEachOther) {
  const torch::Generator random = make_generator(7);
  torch::nn::BatchNorm2d norm(3), theirs(3);
  const torch::Tensor x = torch::randn({4, 3, 2, 3}, random).requires_grad_(),
                      scale = torch::randn({4, 3}, random).requires_grad_(), shift = scale * 2,
                      given = torch::randn({4, 3, 2, 3}, random);
  const auto of_penalty = [&](const torch::Tensor& y) {
    const auto gradients = torch::autograd::grad({y}, {x, scale}, {given}, true, /*create_graph=*/true);
    return torch::autograd::grad({gradients[0].square().sum() + gradients[1].square().sum()}, {x, scale});
  };
  const torch::Tensor expected = torch::leaky_relu(
      one_by_one(theirs, x, /*slope=*/1, 2) * scale.view({4, 3, 1, 1}) + shift.view({4, 3, 1, 1}), 0.2);
  const auto ours = of_penalty(normed_activation(*norm, x, 0.2, 2, {scale, shift})),
             second = of_penalty(expected);
  for (std::size_t i = 0; i < ours.size(); ++i)
    EXPECT_TRUE(ours[i].allclose(second[i], 1e-4, 1e-4)) << ours[i] - second[i];
}

TEST(NormedActivation, IsTheSameByLibTorchsOperations) {
  const torch::Generator random = make_generator(8);
  torch::nn::BatchNorm2d norm = drawn_norm(3, random), exact = copy_of(norm);
  exact->to(torch::kDouble);  // which is not what the passes over memory are for
  for (int call = 0; call < 2; ++call) {
    const torch::Tensor x = torch::randn({6, 3, 2, 3}, random);
    expect_close(normed_activation(*norm, x, 0.2, 3).to(torch::kDouble),
                 normed_activation(*exact, x.to(torch::kDouble), 0.2, 3), "values");
  }
  expect_close(norm->running_mean.to(torch::kDouble), exact->running_mean, "mean");
  expect_close(norm->running_var.to(torch::kDouble), exact->running_var, "variance");
}

TEST(NormedActivation, GivesTheSameBitsOnAnyNumberOfThreads) {
  const torch::Generator random = make_generator(4);
  torch::nn::BatchNorm2d norm = drawn_norm(16, random);
  const torch::Tensor x = torch::randn({9, 16, 7, 7}, random).requires_grad_();
  const auto results = [&] {
    const torch::Tensor y = normed_activation(*norm, x, 0.2);
    const auto gradients = torch::autograd::grad({y.square().sum()}, {x, norm->weight});
    return std::vector<torch::Tensor>{y, gradients[0], gradients[1]};
  };
  expect_same_on_any_threads(results);
}

TEST(NormedActivation, TakesTheRunningStatisticsWhereNothingIsTrained) {
  const torch::Generator random = make_generator(5);
  torch::nn::BatchNorm2d norm = drawn_norm(4, random);
  norm->running_mean.fill_(0.5);
  norm->running_var.fill_(4);
  norm->eval();
  const torch::Tensor x = torch::randn({3, 4, 2, 2}, random);
  expect_close(normed_activation(*norm, x, 0.2, 3), torch::leaky_relu(norm->forward(x), 0.2), "values");
  EXPECT_EQ(norm->num_batches_tracked.item<std::int64_t>(), 0);
}

TEST(NormedActivation, NormalisesWhatLiesFarFromZero) {
  const torch::Generator random = make_generator(6);
  torch::nn::BatchNorm2d norm(2);
  const torch::Tensor x = torch::randn({8, 2, 4, 4}, random.clone()) + 1e3;
  const torch::Tensor y = normed_activation(*norm, x, /*slope=*/0.5);
  const torch::Tensor exact = x.to(torch::kDouble), mean = exact.mean({0, 2, 3}, true),
                      deviation = exact.std({0, 2, 3}, /*unbiased=*/false, /*keepdim=*/true);
  EXPECT_TRUE(y.to(torch::kDouble).allclose(torch::leaky_relu((exact - mean) / deviation, 0.5), 1e-3, 1e-3));
}

TEST(NormedActivation, KeepsItsDigitsOverALargeArea) {
  torch::nn::BatchNorm2d norm(torch::nn::BatchNorm2dOptions(1).momentum(1));  // it keeps the last batch alone
  const torch::Tensor x = torch::rand({1, 1, 512, 512}, make_generator(9)) + 3,
                      exact = x.to(torch::kDouble).flatten(),
                      given = torch::rand({1, 1, 512, 512}, make_generator(10));
  const torch::Tensor y = normed_activation(*norm, x, 0.2);
  const auto error = [](const torch::Tensor& value, const torch::Tensor& expected) {
    return (value.to(torch::kDouble) / expected - 1).abs().max().item<double>();
  };
  EXPECT_LT(error(norm->running_mean, exact.mean()), 1e-6);
  EXPECT_LT(error(norm->running_var, exact.var()), 1e-6);
  const double values = 512 * 512, mean = exact.mean().item<double>(),
               squares = (exact - mean).square().sum().item<double>();
  const torch::Tensor slopes = torch::where(exact > mean, 1.0, 0.2) * given.to(torch::kDouble).flatten();
  const auto gradients = torch::autograd::grad({y}, {norm->weight, norm->bias}, {given});
  const torch::Tensor u = (exact - mean) / std::sqrt(squares / values + norm->options.eps());
  EXPECT_LT(error(gradients[0], (slopes * u).sum()), 1e-5);
  EXPECT_LT(error(gradients[1], slopes.sum()), 1e-5);
}

TEST(NormedActivation, RefusesWhatItCannotPartOrNormalise) {
  torch::nn::BatchNorm2d norm(2);
  EXPECT_THROW(normed_activation(*norm, torch::zeros({5, 2, 2, 2}), 0.2, 2), InvalidArgument);
  EXPECT_THROW(normed_activation(*norm, torch::zeros({5, 2, 2, 2}), 0.2, 0), InvalidArgument);
  EXPECT_THROW(normed_activation(*norm, torch::zeros({2, 2, 1, 1}), 0.2, 2), InvalidArgument);
  EXPECT_THROW(normed_activation(*norm, torch::zeros({4, 1, 2, 2}), 0.2), InvalidArgument);
  EXPECT_THROW(normed_activation(*norm, torch::zeros({4, 2, 2}), 0.2), InvalidArgument);
  EXPECT_THROW(normed_activation(*norm, torch::zeros({4, 2, 2, 2}), 0.2, 1, {{}, torch::ones({1, 2})}),
               InvalidArgument);
  const torch::Tensor x = torch::zeros({4, 2, 2, 2});
  const auto with = [&](at::IntArrayRef scale, at::IntArrayRef shift) {
    return normed_activation(*norm, x, 0.2, 2, {torch::ones(scale), torch::ones(shift)});
  };
  EXPECT_NO_THROW(with({4, 2}, {1, 2}));
  EXPECT_THROW(with({2, 2}, {4, 2}), InvalidArgument);
  EXPECT_THROW(with({4, 2}, {4, 3}), InvalidArgument);
  EXPECT_THROW(with({2}, {2}), InvalidArgument);
  torch::nn::BatchNorm2d forgetful(torch::nn::BatchNorm2dOptions(2).track_running_stats(false));
  EXPECT_THROW(normed_activation(*forgetful, x, 0.2), InvalidArgument);
}

}  // namespace
}  // namespace fathom::nn
