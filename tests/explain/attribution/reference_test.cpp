/// The same maps as an independent implementation in plain torch (reference.py), on checkpoints that ship and
/// real pictures.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/explain/attribution/grad_cam.hpp"
#include "fathom/explain/attribution/input_x_gradient.hpp"
#include "fathom/explain/attribution/integrated_gradients.hpp"
#include "fathom/explain/attribution/occlusion.hpp"
#include "fathom/explain/attribution/saliency.hpp"
#include "fathom/io/npy.hpp"
#include "fathom/models/image_model.hpp"
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

std::vector<std::int64_t> predictions(const checkpoint::Classifier& model, const torch::Tensor& images) {
  const torch::Tensor best = model.logits(images).argmax(1).contiguous();
  return {best.data_ptr<std::int64_t>(), best.data_ptr<std::int64_t>() + best.numel()};
}

/// Real pictures with noise of up to 1/64 of the range. Where a picture is flat (all of Fashion-MNIST's
/// background), the numbers that a max pooling compares are equal, and the rounding of the matrix product,
/// which depends on the BLAS and its threads, decides which of them the gradient goes to: there is no right
/// answer.
torch::Tensor without_ties(const torch::Tensor& images) {
  constexpr double kNoise = 1.0 / 64;
  return images * (1 - kNoise) + torch::rand(images.sizes(), make_generator(11)) * kNoise;
}

/// The classifier in double precision. Numbers that a max pooling compares may still be close, and in float32
/// plain torch differs from its own float64 there by a tenth of a map's range.
checkpoint::Classifier in_double(const checkpoint::Classifier& model) {
  const std::shared_ptr<models::ImageModel> network = models::copy_of(*model.network());
  network->to(torch::kDouble);
  return {network, *model.card(), torch::kCPU};
}

/// fathom's maps, by the names of the reference's functions.
std::map<std::string, torch::Tensor> maps_of(const checkpoint::Classifier& model, const torch::Tensor& image,
                                             std::int64_t target) {
  const checkpoint::Classifier precise = in_double(model);
  const auto logit = [&](const torch::Tensor& x) {
    return precise.differentiable_logits(x.to(torch::kDouble)).select(1, target);
  };
  const auto fast_logit = [&](const torch::Tensor& x) { return model.logits(x).select(1, target); };
  const torch::Tensor mean = torch::tensor(model.mean());
  std::map<std::string, torch::Tensor> maps = {
      {"saliency", saliency(logit, image).map},
      {"input_x_gradient", input_x_gradient(logit, image).map},
      {"integrated_gradients", integrated_gradients(logit, image, {.points = 50, .baseline = mean}).map},
      {"occlusion",
       occlusion(fast_logit, image, {.window = {7, 7}, .stride = {3, 3}, .baseline = mean}).drop}};
  if (!convolutional_stages(*model.network()).empty())
    maps["grad_cam"] = grad_cam(*model.network(), image, target).attribution.map;
  return maps;
}

TEST_P(Reference, GivesTheSameMaps) {
  if (run_command(fmt::format("{} -c 'import torch'", kPython)).status != 0)
    GTEST_SKIP() << "python3-torch is not installed";
  if (std::string(GetParam().set) != "fashion-mnist" && std::getenv("FATHOM_DATA") == nullptr)
    GTEST_SKIP() << "$FATHOM_DATA is not set, so " << GetParam().set << " is not at hand";
  const std::string path = fmt::format("{}/models/{}", FATHOM_SOURCE, GetParam().model);
  const checkpoint::Classifier model = checkpoint::load_classifier(path, torch::kCPU);
  const data::ImageSet set =
      data::load(GetParam().set, data::Split::test, {data::search_directories({}), {}});
  const torch::Tensor images = without_ties(data::to_unit_range(set.first(2).images));
  const std::vector<std::int64_t> targets = predictions(model, images);

  const TemporaryFolder dir;
  io::write_npy(dir.path() / "images.npy", images);
  const Outcome python = run_command(
      fmt::format("OMP_NUM_THREADS=1 {} '{}/tests/explain/attribution/reference.py' '{}' '{}' {} '{}'",
                  kPython, FATHOM_SOURCE, path, (dir.path() / "images.npy").string(), fmt::join(targets, ","),
                  dir.path().string()));
  ASSERT_EQ(python.status, 0) << python.err;

  for (std::int64_t i = 0; i < images.size(0); ++i)
    for (const auto& [name, ours] :
         maps_of(model, images.narrow(0, i, 1), targets[static_cast<std::size_t>(i)])) {
      const torch::Tensor theirs = io::read_npy(dir.path() / (name + ".npy"))[i];
      const double range = (theirs.max() - theirs.min()).item<double>();
      const double share = (ours - theirs).abs().max().item<double>() / range;
      RecordProperty(fmt::format("{}_{}", name, i), fmt::format("{:.1e}", share));
      EXPECT_LE(share, 1e-4) << name << " of image " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Reference,
                         testing::Values(Case{"fashion-cnn.pt", "fashion-mnist"},
                                         Case{"mnist-mlp.pt", "fashion-mnist"}, Case{"mnist-cnn.pt", "mnist"},
                                         Case{"cifar10-cnn.pt", "cifar10"}));

}  // namespace
}  // namespace fathom::explain
