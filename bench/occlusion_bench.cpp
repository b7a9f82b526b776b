/// Occlusion of one 28x28 picture, window 4, stride 1 (625 windows), as a fraction of the matrix-product peak
/// measured beside it: by a CNN of 15 MFLOP and by the default one.
#include <benchmark/benchmark.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/explain/attribution/occlusion.hpp"
#include "fathom/models/image_model.hpp"
#include "peak.hpp"

namespace {

using namespace fathom;

void sweep(benchmark::State& state, const models::CnnOptions& architecture) {
  set_threads(0);
  keep_freed_memory();
  const auto network = models::build(architecture, make_generator(0));
  network->eval();
  const models::LogitsFunction logits = network->inference();
  const auto score = [&](const torch::Tensor& x) { return logits(x).select(1, 0); };
  const torch::Tensor image = torch::rand({1, 1, 28, 28}, make_generator(1));
  const explain::OcclusionOptions options{.window = {4, 4}, .stride = {1, 1}, .batch = state.range(0)};

  double best = 1e9, peak = 0;
  for ([[maybe_unused]] const auto iteration : state) {
    peak = std::max(peak, bench::matrix_product_peak());
    best = std::min(best, bench::seconds_of([&] { explain::occlusion(score, image, options); }));
  }
  const double rate = 626.0 * static_cast<double>(network->flops()) / best;
  state.counters["MFLOP"] = static_cast<double>(network->flops()) / 1e6;
  state.counters["best_ms"] = best * 1e3;
  state.counters["GFLOP/s"] = rate / 1e9;
  state.counters["peak_GFLOP/s"] = peak / 1e9;
  state.counters["fraction_of_peak"] = rate / peak;
}

void cnn_of_15_mflop(benchmark::State& state) { sweep(state, {.stem = 16, .blocks = {32, 32}}); }
void default_cnn(benchmark::State& state) { sweep(state, {}); }

BENCHMARK(cnn_of_15_mflop)
    ->Arg(16)
    ->Arg(32)
    ->Arg(64)
    ->Arg(128)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(10);
BENCHMARK(default_cnn)->Arg(128)->Unit(benchmark::kMillisecond)->Iterations(10);

}  // namespace

BENCHMARK_MAIN();
