/// Occlusion of a 224x224 picture by a ResNet-18 that is not ours (TorchScript, exported by
/// tests/apps/export_resnet.py), window 32, stride 16 (169 windows), as a fraction of the matrix-product peak
/// measured beside it:
///
///   build/bin/resnet_occlusion_bench resnet.pt [batch ...]
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/explain/attribution/occlusion.hpp"
#include "peak.hpp"

namespace {

using namespace fathom;

/// Multiplications and additions of ResNet-18's convolutions and last layer for one 224x224 picture.
constexpr double kFlops = 2 * 1'814'073'344.0;

/// 0: as many pictures at once as the library chooses.
void sweep(const checkpoint::Classifier& model, std::int64_t batch) {
  const auto score = [&](const torch::Tensor& x) { return model.logits(x).select(1, 0); };
  const torch::Tensor image = torch::rand({1, 3, 224, 224}, make_generator(1));
  explain::OcclusionOptions options{.window = {32, 32}, .stride = {16, 16}};
  if (batch > 0) options.batch = batch;
  double best = 1e9, peak = 0;
  std::int64_t windows = 0;
  for (int run = 0; run < 5; ++run) {
    peak = std::max(peak, bench::matrix_product_peak());
    best = std::min(best,
                    bench::seconds_of([&] { windows = explain::occlusion(score, image, options).patches; }));
  }
  const double rate = static_cast<double>(windows + 1) * kFlops / best;
  fmt::print("batch {}: {} windows in {:.0f} ms, {:.0f} of {:.0f} GFLOP/s, fraction_of_peak={:.2f}\n",
             batch == 0 ? "default" : std::to_string(batch), windows, 1e3 * best, rate / 1e9, peak / 1e9,
             rate / peak);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    fmt::print(stderr, "usage: resnet_occlusion_bench RESNET.pt [BATCH ...]\n");
    return 2;
  }
  set_threads(0);
  keep_freed_memory();
  const checkpoint::Classifier model = checkpoint::load_classifier(
      argv[1], torch::kCPU,
      {.mean = {0.485F, 0.456F, 0.406F}, .std = {0.229F, 0.224F, 0.225F}, .input_size = {224, 224}});
  std::vector<std::int64_t> batches;
  for (int i = 2; i < argc; ++i) batches.push_back(std::stoll(argv[i]));
  if (batches.empty()) batches = {0};
  for (const std::int64_t batch : batches) sweep(model, batch);
  return 0;
} catch (const std::exception& e) {
  fmt::print(stderr, "resnet_occlusion_bench: error: {}\n", e.what());
  return 1;
}
