/// Python opens the checkpoints: the same logits on real pictures, for every architecture and several batch
/// sizes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/io/npy.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

constexpr const char* kPython = "/usr/bin/python3";  // Debian's, the one that python3-torch is for

class Python : public testing::TestWithParam<const char*> {};

TEST_P(Python, GivesTheSameLogits) {
  if (run_command(fmt::format("{} -c 'import torch'", kPython)).status != 0)
    GTEST_SKIP() << "python3-torch is not installed";
  const std::string model = fmt::format("{}/models/{}", FATHOM_SOURCE, GetParam());
  const checkpoint::Classifier classifier = checkpoint::load_classifier(model, torch::kCPU);
  // Fashion-MNIST is always there, and any picture of the right shape tells two programs apart.
  const data::ImageSet set =
      data::load("fashion-mnist", data::Split::test, {data::search_directories({}), {}});
  const TemporaryFolder dir;
  for (const std::int64_t batch : {1, 7, 256}) {
    const torch::Tensor images = data::to_unit_range(set.first(batch).images);
    io::write_npy(dir.path() / "images.npy", images);
    const Outcome python = run_command(
        fmt::format("{} '{}/tests/checkpoint/run_checkpoint.py' '{}' '{}' '{}'", kPython, FATHOM_SOURCE,
                    model, (dir.path() / "images.npy").string(), (dir.path() / "logits.npy").string()));
    ASSERT_EQ(python.status, 0) << python.err;
    const torch::Tensor theirs = io::read_npy(dir.path() / "logits.npy"), ours = classifier.logits(images);
    ASSERT_EQ(theirs.sizes(), ours.sizes());
    EXPECT_LE((theirs - ours).abs().max().item<float>(), 1e-4F) << "batch " << batch;
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Python,
                         testing::Values("fashion-cnn.pt", "mnist-mlp.pt", "mnist-bilstm.pt"));

}  // namespace
}  // namespace fathom
