#include "fathom/checkpoint/checkpoint.hpp"

#include <gtest/gtest.h>
#include <torch/script.h>

#include <cstdio>
#include <fstream>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/io/file.hpp"
#include "fathom/models/image_model.hpp"
#include "models/images_for.hpp"
#include "temporary_folder.hpp"

namespace fathom::checkpoint {
namespace {

const std::vector<models::Architecture>& small_architectures() {
  static const std::vector<models::Architecture> all = {
      models::MlpOptions{.input = {1, 8, 8}, .classes = 3, .hidden = {6}},
      models::CnnOptions{.input = {3, 8, 8}, .classes = 3, .stem = 4, .blocks = {4}, .dropout = 0.5},
      models::BiLstmOptions{.input = {1, 8, 8}, .classes = 3, .hidden = 4, .layers = 2}};
  return all;
}

ModelCard card_for(const models::Architecture& a) {
  ModelCard card;
  card.architecture = a;
  card.classes = {"cat", "dog", "ship"};
  const auto channels = static_cast<std::size_t>(models::input_of(a).channels);
  card.mean.assign(channels, 0.4F);
  card.std.assign(channels, 0.2F);
  card.data_set = "fashion-mnist";
  card.data_note = "a \"note\"";
  card.seed = 7;
  card.epochs = 3;
  card.test_images = 10;
  card.test_accuracy = 0.8;
  card.test_accuracy_ci95 = {0.49, 0.94};
  card.command_line = "train --model cnn";
  return card;
}

std::shared_ptr<models::ImageModel> network_for(const models::Architecture& a) {
  auto net = models::build(a, make_generator(2));
  const ModelCard card = card_for(a);
  net->set_normalisation(card.mean, card.std);
  return net;
}

TEST(Checkpoint, ComesBackWithItsCardAndWeights) {
  const TemporaryFolder dir;
  for (const models::Architecture& a : small_architectures()) {
    const auto net = network_for(a);
    save_checkpoint(dir.path() / "net.pt", *net, card_for(a));
    const Checkpoint back = load_checkpoint(dir.path() / "net.pt");
    EXPECT_EQ(to_text(back.card), to_text(card_for(a)));
    EXPECT_FALSE(back.network->is_training());
    net->eval();
    const torch::Tensor x = images_for(a, 4);
    EXPECT_TRUE(torch::equal(back.network->forward(x), net->forward(x))) << models::kind(a);
  }
}

TEST(Checkpoint, IsAProgramThatTakesAnyBatchSize) {
  const torch::NoGradGuard no_grad;  // as most who run it
  const TemporaryFolder dir;
  for (const models::Architecture& a : small_architectures()) {
    const auto net = network_for(a);
    save_checkpoint(dir.path() / "net.pt", *net, card_for(a));
    torch::jit::Module program = torch::jit::load((dir.path() / "net.pt").string());
    net->eval();
    for (const std::int64_t batch : {1, 2, 7}) {
      const torch::Tensor x = images_for(a, batch);
      const torch::Tensor logits = program.forward({x}).toTensor();
      EXPECT_LE((logits - net->forward(x)).abs().max().item<float>(), 1e-5F)
          << models::kind(a) << " batch " << batch;
    }
  }
}

TEST(Checkpoint, LeavesTheNetworkInTrainingAsItWas) {
  const TemporaryFolder dir;
  const auto net = network_for(small_architectures()[1]);
  net->train();
  save_checkpoint(dir.path() / "net.pt", *net, card_for(small_architectures()[1]));
  EXPECT_TRUE(net->is_training());
  for (const torch::Tensor& p : net->parameters()) EXPECT_TRUE(p.requires_grad());
}

TEST(Checkpoint, SameNetworkSameBytes) {
  const TemporaryFolder dir;
  for (const models::Architecture& a : small_architectures()) {
    save_checkpoint(dir.path() / "one.pt", *network_for(a), card_for(a));
    save_checkpoint(dir.path() / "two.pt", *network_for(a), card_for(a));
    EXPECT_EQ(io::read_file(dir.path() / "one.pt"), io::read_file(dir.path() / "two.pt"));
  }
}

TEST(Checkpoint, CutOffAnywhereIsRefused) {
  const TemporaryFolder dir;
  save_checkpoint(dir.path() / "net.pt", *network_for(small_architectures()[0]),
                  card_for(small_architectures()[0]));
  const std::string bytes = io::read_file(dir.path() / "net.pt");
  for (std::size_t length = 0; length < bytes.size(); length += 97) {
    io::write_file(dir.path() / "cut.pt", bytes.substr(0, length));
    EXPECT_THROW(load_checkpoint(dir.path() / "cut.pt"), FormatError) << length;
  }
}

TEST(Checkpoint, AFlippedByteIsRefusedOrChangesNothing) {
  const TemporaryFolder dir;
  const auto net = network_for(small_architectures()[0]);
  save_checkpoint(dir.path() / "net.pt", *net, card_for(small_architectures()[0]));
  const std::string bytes = io::read_file(dir.path() / "net.pt");
  net->eval();
  const torch::Tensor x = images_for(small_architectures()[0], 2), logits = net->forward(x);
  int refused = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 41) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x20);
    io::write_file(dir.path() / "flipped.pt", flipped);
    try {
      EXPECT_TRUE(torch::equal(load_checkpoint(dir.path() / "flipped.pt").network->forward(x), logits)) << at;
    } catch (const FormatError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 50);  // the rest are padding and time stamps
}

TEST(Checkpoint, OfAnotherArchitectureThanItsCardIsRefused) {
  const TemporaryFolder dir;
  const auto net = network_for(small_architectures()[0]);
  ModelCard card = card_for(small_architectures()[0]);
  std::get<models::MlpOptions>(card.architecture).hidden = {5};
  save_checkpoint(dir.path() / "net.pt", *net, card);
  EXPECT_THROW(load_checkpoint(dir.path() / "net.pt"), FormatError);
  card.architecture = models::CnnOptions{.input = {1, 8, 8}, .classes = 3, .stem = 2, .blocks = {2}};
  save_checkpoint(dir.path() / "net.pt", *net, card);
  EXPECT_THROW(load_checkpoint(dir.path() / "net.pt"), FormatError);
}

TEST(Card, KeepsTheKernelsAndReadsFilesWithoutThem) {
  ModelCard card = card_for(small_architectures()[0]);
  card.kernels = "";
  const std::string old = to_text(card);
  EXPECT_EQ(old.find("kernels"), std::string::npos);
  EXPECT_EQ(to_text(card_from_text(old)), old);
  card.kernels = "OpenBLAS 0.3.21 Haswell, LibTorch AVX2";
  EXPECT_EQ(card_from_text(to_text(card)).kernels, card.kernels);
}

TEST(Checkpoint, ACardThatPromisesTooMuchAllocatesNothing) {
  const TemporaryFolder dir;
  ModelCard card = card_for(small_architectures()[0]);
  std::get<models::MlpOptions>(card.architecture).hidden = {60000, 60000};  // 14 GB
  save_checkpoint(dir.path() / "net.pt", *network_for(small_architectures()[0]), card);
  EXPECT_THROW(load_checkpoint(dir.path() / "net.pt"), FormatError);
}

TEST(Checkpoint, WhatIsNotOneIsRefused) {
  const TemporaryFolder dir;
  EXPECT_THROW(load_checkpoint(dir.path() / "missing.pt"), FileError);
  io::write_file(dir.path() / "text.pt", "not a model at all");
  EXPECT_THROW(load_checkpoint(dir.path() / "text.pt"), FormatError);
  io::write_file(dir.path() / "empty.pt", "");
  EXPECT_THROW(load_checkpoint(dir.path() / "empty.pt"), FormatError);
}

/// A classifier that fathom knows nothing of: mean colour of the (normalised) picture, times two.
torch::jit::Module foreign_program() {
  torch::jit::Module module("foreign");
  module.define(R"(
    def forward(self, x):
        return x.mean([2, 3]) * 2.0
  )");
  return module;
}

TEST(Classifier, RunsAProgramOfOtherOrigin) {
  const TemporaryFolder dir;
  const std::string path = (dir.path() / "foreign.pt").string();
  foreign_program().save(path);
  torch::Tensor x = torch::zeros({1, 3, 4, 4});
  x.select(1, 0).fill_(0.5);  // red
  const FeedOptions feed{.mean = {0.1F, 0.2F, 0.3F}, .std = {0.5F, 0.5F, 0.5F}, .input_size = {4, 4}};
  const Classifier rgb = load_classifier(path, torch::kCPU, feed);
  EXPECT_TRUE(torch::allclose(rgb.logits(x), torch::tensor({{1.6F, -0.8F, -1.2F}})));
  EXPECT_EQ(rgb.classes(), (std::vector<std::string>{"class 0", "class 1", "class 2"}));
  EXPECT_FALSE(rgb.card().has_value());

  FeedOptions bgr_feed = feed;
  bgr_feed.channels = ChannelOrder::bgr;
  const Classifier bgr = load_classifier(path, torch::kCPU, bgr_feed);
  EXPECT_TRUE(torch::allclose(bgr.logits(x), torch::tensor({{-0.4F, -0.8F, 0.8F}})));
  EXPECT_EQ(bgr.mean(), (std::vector<float>{0.3F, 0.2F, 0.1F}));  // in RGB order
}

TEST(Classifier, AsksHowToFeedOnlyAProgramWithoutACard) {
  const TemporaryFolder dir;
  const auto architecture = small_architectures()[1];
  save_checkpoint(dir.path() / "net.pt", *network_for(architecture), card_for(architecture));
  foreign_program().save((dir.path() / "foreign.pt").string());
  int asked = 0;
  const std::function<FeedOptions()> feed = [&] {
    ++asked;
    return FeedOptions{.input_size = {4, 4}, .labels = {"red", "green", "blue"}};
  };
  load_classifier(dir.path() / "net.pt", torch::kCPU, feed);
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(load_classifier(dir.path() / "foreign.pt", torch::kCPU, feed).classes()[2], "blue");
  EXPECT_EQ(asked, 1);
  const std::function<FeedOptions()> refuse = []() -> FeedOptions { throw FileError("no labels"); };
  EXPECT_THROW(load_classifier(dir.path() / "foreign.pt", torch::kCPU, refuse), FileError);
}

TEST(Classifier, SaysHowAProgramMustBeFed) {
  const TemporaryFolder dir;
  const std::string path = (dir.path() / "foreign.pt").string();
  foreign_program().save(path);
  EXPECT_THROW(load_classifier(path, torch::kCPU), InvalidArgument);  // no input size
  EXPECT_THROW(load_classifier(path, torch::kCPU, {.input_size = {4, 4}, .labels = {"one"}}),
               InvalidArgument);
  EXPECT_THROW(load_classifier(path, torch::kCPU, {.mean = {0.5F}, .input_size = {4, 4}}), InvalidArgument);
  EXPECT_THROW(load_classifier(path, torch::kCPU, {.std = {0.F, 1.F, 1.F}, .input_size = {4, 4}}),
               InvalidArgument);
}

TEST(Classifier, FindsClassesByNameOrIndex) {
  const Classifier model(network_for(small_architectures()[0]), card_for(small_architectures()[0]),
                         torch::kCPU);
  EXPECT_EQ(model.class_index("Dog"), 1);
  EXPECT_EQ(model.class_index("2"), 2);
  EXPECT_THROW(model.class_index("3"), InvalidArgument);
  EXPECT_THROW(model.class_index("-1"), InvalidArgument);
  try {
    model.class_index("dgo");
    FAIL();
  } catch (const InvalidArgument& e) {
    EXPECT_NE(std::string(e.what()).find("'dog'"), std::string::npos) << e.what();
  }
}

TEST(Classifier, RefusesImagesOfAnotherShape) {
  const Classifier model(network_for(small_architectures()[0]), card_for(small_architectures()[0]),
                         torch::kCPU);
  EXPECT_THROW(model.logits(torch::zeros({1, 3, 8, 8})), InvalidArgument);
  EXPECT_THROW(model.logits(torch::zeros({1, 8, 8})), InvalidArgument);
}

}  // namespace
}  // namespace fathom::checkpoint
