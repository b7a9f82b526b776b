/// Generators and discriminators: shapes, the form of their layers, what spectral norm does.
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/gan/checkpoint.hpp"
#include "fathom/gan/discriminator.hpp"
#include "fathom/gan/generator.hpp"
#include "fathom/nn/spectral_norm.hpp"
#include "fathom/nn/upsampling.hpp"

#include <nlohmann/json.hpp>

namespace fathom::gan {
namespace {

class Dcgan : public testing::TestWithParam<DcganOptions> {};

TEST_P(Dcgan, MakesPicturesAndJudgesThem) {
  const DcganOptions& o = GetParam();
  const auto generator = build_generator(o, make_generator(1));
  const auto discriminator = build_discriminator(o, make_generator(2));
  const torch::Tensor labels = o.classes > 0 ? torch::arange(6, torch::kLong) % o.classes : torch::Tensor();
  const torch::Tensor pictures = generator->forward(torch::randn({6, o.latent}, make_generator(3)), labels);
  EXPECT_EQ(pictures.sizes(),
            (std::vector<std::int64_t>{6, o.image.channels, o.image.height, o.image.width}));
  EXPECT_GE(pictures.min().item<float>(), 0);
  EXPECT_LE(pictures.max().item<float>(), 1);
  const torch::Tensor logits = discriminator->forward(pictures, labels);
  EXPECT_EQ(logits.sizes(), (std::vector<std::int64_t>{6}));
  logits.sum().backward();
  for (const torch::Tensor& p : generator->parameters()) EXPECT_TRUE(p.grad().defined());
  for (const torch::Tensor& p : discriminator->parameters()) EXPECT_TRUE(p.grad().defined());
  std::int64_t parameters = 0;
  for (const torch::Tensor& p : generator->parameters()) parameters += p.numel();
  EXPECT_EQ(parameters, generator_parameters(o));
  EXPECT_EQ(to_json(gan_architecture_from_json(to_json(GanArchitecture(o)))), to_json(GanArchitecture(o)));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Dcgan,
    testing::Values(
        DcganOptions{.image = {1, 28, 28}},
        DcganOptions{.image = {3, 32, 32}, .latent = 7, .classes = 10, .widths = {8, 12, 16}},
        DcganOptions{
            .image = {1, 8, 12}, .classes = 2, .widths = {4}, .batch_norm = false, .spectral_norm = true},
        DcganOptions{.image = {3, 8, 8}, .classes = 3, .widths = {6, 4}, .hidden = 0},
        DcganOptions{.image = {1, 8, 8}, .widths = {16, 8}}));

TEST(Dcgan, IsInitialisedAsInTheLiterature) {
  const auto generator = build_generator(DcganOptions{}, make_generator(1));
  for (const auto& item : generator->named_parameters()) {
    const torch::Tensor& p = item.value();
    if (item.key().find("bias") != std::string::npos) {
      EXPECT_EQ(p.abs().max().item<float>(), 0) << item.key();
    } else {
      EXPECT_NEAR(p.std().item<float>(), 0.02, 0.004) << item.key();
      EXPECT_NEAR(p.mean().item<float>(), p.dim() == 1 ? 1 : 0, 0.006) << item.key();
    }
  }
}

TEST(Dcgan, AConditionalOneListensToTheClass) {
  const DcganOptions o{.image = {1, 8, 8}, .classes = 3, .widths = {4}};
  const auto generator = build_generator(o, make_generator(1));
  const auto discriminator = build_discriminator(o, make_generator(2));
  generator->eval();
  const torch::Tensor z = torch::randn({1, o.latent}, make_generator(3));
  const torch::Tensor one = generator->forward(z, torch::tensor({0})),
                      two = generator->forward(z, torch::tensor({1}));
  EXPECT_FALSE(one.equal(two));
  EXPECT_FALSE(
      discriminator->forward(one, torch::tensor({0})).equal(discriminator->forward(one, torch::tensor({1}))));
}

TEST(Dcgan, AClassHasItsOwnGainAndShift) {
  const DcganOptions o{.image = {1, 4, 4}, .latent = 3, .classes = 2, .widths = {3}};
  const auto generator = build_generator(o, make_generator(1));
  generator->eval();
  const torch::NoGradGuard no_grad;
  const auto parameters = generator->named_parameters();
  parameters["embedding.weight"].zero_();  // so that the classes differ in gain and shift alone
  parameters["norm1.norm.bias"].normal_(0, 1, make_generator(4));
  const torch::Tensor z = torch::randn({2, 3}, make_generator(3)),
                      labels = torch::tensor({0, 1}, torch::kLong);
  torch::Tensor maps = torch::mm(z, parameters["dense_weight"]).view({2, 2, 2, 3}).permute({0, 3, 1, 2});
  maps = torch::batch_norm(maps, parameters["norm1.norm.weight"], parameters["norm1.norm.bias"],
                           torch::zeros({3}), torch::ones({3}), /*training=*/false, 0.1, 1e-5, false);
  maps = maps * (1 + parameters["norm1.gain.weight"]).view({2, 3, 1, 1}) +
         parameters["norm1.shift.weight"].view({2, 3, 1, 1});
  const torch::Tensor expected =
      torch::sigmoid(2 * nn::upsampling_convolution(torch::relu(maps), parameters["up1_weight"]));
  EXPECT_TRUE(generator->forward(z, labels).allclose(expected, 1e-5, 1e-6));
}

TEST(Dcgan, ADiscriminatorsPartsActTogether) {
  // Without a dense layer the logit is a sum over places far apart; with one it is not.
  for (const std::int64_t hidden : {0, 16}) {
    const DcganOptions o{.image = {1, 16, 16}, .widths = {4}, .hidden = hidden, .batch_norm = false};
    const auto discriminator = build_discriminator(o, make_generator(2));
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& p : discriminator->parameters())
      if (p.dim() > 1) p.mul_(20);
    const torch::Tensor noise = torch::rand({2, 1, 16, 16}, make_generator(3));
    const torch::Tensor empty = torch::full({1, 1, 16, 16}, 0.5);
    torch::Tensor left = empty.clone(), right = empty.clone(), both = empty.clone();
    for (torch::Tensor* x : {&left, &both}) x->narrow(3, 0, 5).copy_(noise[0].narrow(2, 0, 5).unsqueeze(0));
    for (torch::Tensor* x : {&right, &both}) x->narrow(3, 11, 5).copy_(noise[1].narrow(2, 0, 5).unsqueeze(0));
    const torch::Tensor logits = discriminator->forward(torch::cat({both, empty, left, right}));
    const float together = (logits[0] + logits[1] - logits[2] - logits[3]).abs().item<float>();
    if (hidden == 0)
      EXPECT_LT(together, 1e-4);
    else
      EXPECT_GT(together, 1e-2);
  }
}

TEST(Dcgan, TheFirstConvolutionIsOneOfStrideTwo) {
  const DcganOptions o{.image = {3, 8, 12}, .widths = {4}, .hidden = 0, .batch_norm = false};
  const auto discriminator = build_discriminator(o, make_generator(2));
  const auto parameters = discriminator->named_parameters();
  const torch::Tensor pixels = torch::rand({5, 3, 8, 12}, make_generator(3)).requires_grad_(),
                      others = pixels.detach().clone().requires_grad_();
  {
    const torch::NoGradGuard no_grad;
    for (const auto& item : parameters) item.value().normal_(0, 0.3, make_generator(item.value().numel()));
  }
  const torch::Tensor maps =
      torch::leaky_relu(torch::conv2d(others * 2 - 1, parameters["conv1_weight"], parameters["conv1_bias"],
                                      /*stride=*/2, /*padding=*/1),
                        0.2);
  const torch::Tensor expected =
      torch::mv(maps.permute({0, 2, 3, 1}).flatten(1), parameters["head_weight"].squeeze(0)) +
      parameters["head_bias"];
  const torch::Tensor logits = discriminator->forward(pixels);
  EXPECT_TRUE(logits.allclose(expected, 1e-4, 1e-5));
  const std::vector<torch::Tensor> weights = {parameters["conv1_weight"], parameters["conv1_bias"]};
  const auto gradients = torch::autograd::grad({logits.square().sum()}, {weights[0], weights[1], pixels});
  const auto expected_gradients =
      torch::autograd::grad({expected.square().sum()}, {weights[0], weights[1], others});
  for (std::size_t i = 0; i < gradients.size(); ++i)
    EXPECT_TRUE(gradients[i].allclose(expected_gradients[i], 1e-4, 1e-4)) << i;
}

TEST(Dcgan, JudgesTwoBatchesInOnePassAsInTwo) {
  const DcganOptions o{.image = {1, 8, 8}, .classes = 3, .widths = {4, 6}, .hidden = 5};
  const auto together = build_discriminator(o, make_generator(2)),
             apart = build_discriminator(o, make_generator(2));
  const torch::Tensor first = torch::rand({6, 1, 8, 8}, make_generator(3)),
                      second = torch::rand({6, 1, 8, 8}, make_generator(4)) * 0.3,
                      labels = torch::arange(6, torch::kLong) % 3,
                      weights = torch::randn({12}, make_generator(5));
  const torch::Tensor both = torch::cat({first, second}), classes = torch::cat({labels, labels});
  const torch::Tensor logits = together->forward(both, classes, /*groups=*/2);
  const torch::Tensor expected = torch::cat({apart->forward(first, labels), apart->forward(second, labels)});
  EXPECT_TRUE(logits.allclose(expected, 1e-5, 1e-6));
  EXPECT_FALSE(
      logits.allclose(build_discriminator(o, make_generator(2))->forward(both, classes), 1e-3, 1e-4));
  for (const auto& item : apart->named_buffers()) {
    const torch::Tensor buffer = together->named_buffers()[item.key()];
    EXPECT_TRUE(buffer.allclose(item.value(), 1e-5, 1e-6)) << item.key();
    if (!buffer.is_floating_point()) {
      EXPECT_EQ(buffer.item<std::int64_t>(), 2) << item.key();
    }
  }
  (logits * weights).sum().backward();
  (expected * weights).sum().backward();
  for (const auto& item : apart->named_parameters())
    EXPECT_TRUE(together->named_parameters()[item.key()].grad().allclose(item.value().grad(), 1e-4, 1e-6))
        << item.key();

  together->eval();  // no statistics are taken
  EXPECT_TRUE(together->forward(both, classes, 2).allclose(together->forward(both, classes), 1e-5, 1e-6));
  EXPECT_THROW(together->forward(both, classes, 5), InvalidArgument);
  EXPECT_THROW(together->forward(both, classes, 0), InvalidArgument);
}

TEST(GanArchitecture, RefusesWhatCannotBeBuilt) {
  EXPECT_THROW(validate(DcganOptions{.image = {1, 30, 28}}), InvalidArgument);
  EXPECT_THROW(validate(DcganOptions{.widths = {}}), InvalidArgument);
  EXPECT_THROW(validate(DcganOptions{.latent = 0}), InvalidArgument);
  EXPECT_THROW(validate(DcganOptions{.hidden = -1}), InvalidArgument);
  EXPECT_THROW(validate(PointGanOptions{.hidden = 0}), InvalidArgument);
  EXPECT_THROW(gan_architecture_from_json({{"kind", "vae"}}), FormatError);
  EXPECT_THROW(gan_architecture_from_json({{"kind", "points"}, {"latent", "two"}}), FormatError);
}

TEST(SpectralNorm, BringsTheLargestSingularValueToOne) {
  const torch::Tensor weight = torch::randn({6, 2, 3, 3}, make_generator(1));
  torch::Tensor u = torch::ones({6}) / std::sqrt(6.0);
  torch::Tensor normalised;
  for (int i = 0; i < 60; ++i) normalised = nn::spectrally_normalised(weight, u, /*update=*/true);
  EXPECT_NEAR(std::get<1>(at::linalg_svd(normalised.flatten(1)))[0].item<float>(), 1, 1e-3);
  const torch::Tensor before = u.clone();
  nn::spectrally_normalised(weight, u, /*update=*/false);
  EXPECT_TRUE(u.equal(before));
}

TEST(SpectralNorm, GradientsDoNotSeeTheScale) {
  const torch::Tensor weight = torch::randn({4, 5}, make_generator(1)).requires_grad_();
  torch::Tensor u = torch::ones({4}) / 2;
  for (int i = 0; i < 200; ++i) nn::spectrally_normalised(weight.detach(), u, true);
  nn::spectrally_normalised(weight, u, false).square().sum().backward();
  // A larger weight gives the same normalised one: the gradient has no part along the weight.
  EXPECT_NEAR((weight.grad() * weight).sum().item<float>(), 0, 1e-3);
}

TEST(GanFlops, OfTheDefaultCountedByHand) {
  const GanFlops flops = gan_flops(DcganOptions{});
  const std::int64_t outer = 2 * 16 * 64 * 196, inner = 2 * 16 * 64 * 128 * 49, dense = 2 * 128 * 49;
  EXPECT_EQ(flops.first, outer);
  EXPECT_EQ(flops.discriminator, outer + inner + 256 * dense + 2 * 256);
  EXPECT_EQ(flops.generator, outer + inner + 64 * dense);
  // Classes are looked up in the generator and projected on in the discriminator.
  const GanFlops conditional = gan_flops(DcganOptions{.classes = 10});
  EXPECT_EQ(conditional.generator, flops.generator);
  EXPECT_EQ(conditional.discriminator, flops.discriminator + 2 * 256);
}

}  // namespace
}  // namespace fathom::gan
