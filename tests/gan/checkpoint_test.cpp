#include "fathom/gan/checkpoint.hpp"

#include <gtest/gtest.h>
#include <torch/script.h>

#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/npy.hpp"
#include "run_program.hpp"

namespace fathom::gan {
namespace {

struct Case {
  const char* name;
  GanArchitecture architecture;
};

class GanCheckpointFile : public testing::TestWithParam<Case> {
 protected:
  GanCheckpointFile() {
    generator_ = build_generator(GetParam().architecture, make_generator(4));
    // Statistics that differ from their first values, so that a file without them is noticed.
    for (int i = 0; i < 3; ++i) generator_->forward(latent(8), labels(8));
    generator_->eval();
    card_.architecture = GetParam().architecture;
    card_.classes = {"a", "b", "c"};
    card_.data_set = "letters";
    card_.loss = "ns";
    card_.steps = 12;
    card_.scores = R"({"frechet":1.5})";
    save_generator(path(), *generator_, card_);
  }
  std::string path() const { return (folder_.path() / "gan.pt").string(); }
  torch::Tensor latent(std::int64_t n) const {
    return torch::randn({n, latent_of(GetParam().architecture)}, make_generator(9));
  }
  torch::Tensor labels(std::int64_t n) const {
    const std::int64_t classes = classes_of(GetParam().architecture);
    return classes > 0 ? torch::arange(n, torch::kLong) % classes : torch::Tensor();
  }

  TemporaryFolder folder_;
  std::shared_ptr<Generator> generator_;
  GanCard card_;
};

TEST_P(GanCheckpointFile, ComesBackAsItWas) {
  const GanCheckpoint loaded = load_generator(path());
  EXPECT_EQ(to_text(loaded.card), to_text(card_));
  EXPECT_TRUE(
      loaded.generator->forward(latent(5), labels(5)).equal(generator_->forward(latent(5), labels(5))));
}

TEST_P(GanCheckpointFile, IsAProgramOfAnyBatchSize) {
  torch::jit::Module program = torch::jit::load(path());
  for (const std::int64_t n : {1, 2, 7}) {
    std::vector<c10::IValue> inputs = {latent(n)};
    if (labels(n).defined()) inputs.emplace_back(labels(n));
    EXPECT_TRUE(
        program.forward(inputs).toTensor().allclose(generator_->forward(latent(n), labels(n)), 1e-4, 1e-5));
  }
}

TEST_P(GanCheckpointFile, IsAProgramOfLatentValuesAlone) {  // which takes the classes in turn
  EXPECT_TRUE(torch::jit::load(path())
                  .forward({latent(5)})
                  .toTensor()
                  .allclose(generator_->forward(latent(5), labels(5)), 1e-4, 1e-5));
}

TEST_P(GanCheckpointFile, GivesTheSameBytesAgain) {
  const std::string once = io::read_file(path());
  save_generator(path(), *generator_, card_);
  EXPECT_EQ(io::read_file(path()), once);
}

TEST_P(GanCheckpointFile, RunsInPython) {
  if (run_command("/usr/bin/python3 -c 'import torch'").status != 0)
    GTEST_SKIP() << "python3-torch is not installed";
  const std::string z = (folder_.path() / "z.npy").string(), y = (folder_.path() / "y.npy").string();
  io::write_npy(z, latent(5));
  std::string call = "torch.from_numpy(numpy.load(\"" + z + "\"))";
  if (labels(5).defined()) {
    io::write_npy(y, labels(5));
    call += ", torch.from_numpy(numpy.load(\"" + y + "\"))";
  }
  const Outcome python =
      run_command("/usr/bin/python3 -c 'import numpy, torch; numpy.save(\"" + z + "\", torch.jit.load(\"" +
                  path() + "\")(" + call + ").detach().numpy())'");
  ASSERT_EQ(python.status, 0) << python.err;
  EXPECT_TRUE(io::read_npy(z).allclose(generator_->forward(latent(5), labels(5)), 1e-4, 1e-5));
}

TEST_P(GanCheckpointFile, IsRefusedWhereItIsDamaged) {
  const std::string whole = io::read_file(path());
  for (std::size_t length = 0; length < whole.size(); length += whole.size() / 23 + 1) {
    io::write_file(path(), whole.substr(0, length));
    EXPECT_THROW(load_generator(path()), FormatError) << length;
  }
  for (std::size_t at = 40; at < whole.size(); at += whole.size() / 97 + 1) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    io::write_file(path(), flipped);
    try {  // bytes between the members mean nothing
      EXPECT_TRUE(load_generator(path())
                      .generator->forward(latent(2), labels(2))
                      .equal(generator_->forward(latent(2), labels(2))));
    } catch (const FormatError&) {
    }
  }
}

TEST_P(GanCheckpointFile, IsNoClassifier) {
  try {
    checkpoint::load_checkpoint(path());
    FAIL();
  } catch (const FormatError& e) {
    EXPECT_NE(std::string(e.what()).find("it is a generator"), std::string::npos) << e.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, GanCheckpointFile,
    testing::Values(Case{"pictures", DcganOptions{.image = {1, 8, 8}, .latent = 6, .widths = {4, 6}}},
                    Case{"conditional",
                         DcganOptions{.image = {3, 8, 8}, .latent = 6, .classes = 3, .widths = {4}}},
                    Case{"points", PointGanOptions{.latent = 3, .hidden = 9}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(GanCheckpoint, ACardOfAnotherFormatIsRefused) {
  std::string text = to_text({.architecture = DcganOptions{}});
  EXPECT_NO_THROW(gan_card_from_text(text));
  const std::string key = "\"generator_format\": ";
  text[text.find(key) + key.size()] = '1';  // whose weights lay otherwise
  EXPECT_THROW(gan_card_from_text(text), FormatError);
}

TEST(GanCheckpoint, AClassifierIsNoGenerator) {
  try {
    load_generator(FATHOM_SOURCE "/models/fashion-cnn.pt");
    FAIL();
  } catch (const FormatError& e) {
    EXPECT_NE(std::string(e.what()).find("it is a classifier"), std::string::npos) << e.what();
  }
  EXPECT_THROW(load_generator("nowhere.pt"), FileError);
}

}  // namespace
}  // namespace fathom::gan
