/// The same maps as an independent implementation in plain torch (reference.py), on checkpoints that ship and
/// real pictures.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "fathom/core/npy.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/explain/methods.hpp"
#include "run_program.hpp"

namespace fathom::explain {
namespace {

constexpr const char* kPython = "/usr/bin/python3";  // Debian's, the one that python3-torch is for

struct Case {
  const char* model;
  const char* set;
};

std::ostream& operator<<(std::ostream& stream, const Case& c) { return stream << c.model; }

class Reference : public testing::TestWithParam<Case> {};

std::vector<std::int64_t> predictions(const models::Classifier& model, const torch::Tensor& images) {
  const torch::Tensor best = model.logits(images).argmax(1).contiguous();
  return {best.data_ptr<std::int64_t>(), best.data_ptr<std::int64_t>() + best.numel()};
}

TEST_P(Reference, GivesTheSameMaps) {
  if (run_command(fmt::format("{} -c 'import torch'", kPython)).status != 0)
    GTEST_SKIP() << "python3-torch is not installed";
  if (std::string(GetParam().set) != "fashion-mnist" && std::getenv("FATHOM_DATA") == nullptr)
    GTEST_SKIP() << "$FATHOM_DATA is not set, so " << GetParam().set << " is not at hand";
  const std::string path = fmt::format("{}/models/{}", FATHOM_SOURCE, GetParam().model);
  const models::Classifier model = models::load_classifier(path, torch::kCPU);
  const data::ImageSet set =
      data::load(GetParam().set, data::Split::test, {data::search_directories({}), {}});
  const torch::Tensor images = data::to_unit_range(set.first(4).images);
  const std::vector<std::int64_t> targets = predictions(model, images);

  const TemporaryFolder dir;
  write_npy(dir.path() / "images.npy", images);
  const Outcome python = run_command(fmt::format(
      "OMP_NUM_THREADS=1 {} '{}/tests/explain/reference.py' '{}' '{}' {} '{}'", kPython, FATHOM_SOURCE, path,
      (dir.path() / "images.npy").string(), fmt::join(targets, ","), dir.path().string()));
  ASSERT_EQ(python.status, 0) << python.err;

  MethodOptions options;
  options.integrated_gradients.baseline = options.occlusion.baseline = torch::tensor(model.mean());
  options.occlusion.window = {7, 7};
  options.occlusion.stride = {3, 3};
  for (const char* name : {"saliency", "input-x-gradient", "integrated-gradients", "grad-cam", "occlusion"}) {
    if (!why_not(find_attribution_method(name), model).empty()) continue;
    std::string file = name;
    std::replace(file.begin(), file.end(), '-', '_');
    const torch::Tensor theirs = read_npy(dir.path() / (file + ".npy"));
    for (std::int64_t i = 0; i < images.size(0); ++i) {
      const AttributionFunction method =
          attribution_method(name, model, targets[static_cast<std::size_t>(i)], options);
      const torch::Tensor ours = method(images.narrow(0, i, 1)).map;
      const double range = (theirs[i].max() - theirs[i].min()).item<double>();
      const double largest = (ours - theirs[i]).abs().max().item<double>();
      RecordProperty(fmt::format("{}_{}", file, i), fmt::format("{:.2e}", largest / range));
      EXPECT_LE(largest, 1e-4 * range) << name << " of image " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Reference,
                         testing::Values(Case{"fashion-cnn.pt", "fashion-mnist"},
                                         Case{"mnist-mlp.pt", "fashion-mnist"}, Case{"mnist-cnn.pt", "mnist"},
                                         Case{"cifar10-cnn.pt", "cifar10"}));

}  // namespace
}  // namespace fathom::explain
