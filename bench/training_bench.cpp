/// Training throughput of the default Fashion-MNIST CNN, as a fraction of the matrix-product peak measured
/// beside it. Forward and backward count as three times the forward pass's multiplications and additions.
#include <benchmark/benchmark.h>

#include "fathom/core/runtime.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/train/recipe.hpp"
#include "fathom/train/trainer.hpp"
#include "peak.hpp"

namespace {

using namespace fathom;

/// One epoch of 100 batches, the pictures' way from bytes to loss included.
void train_default_cnn(benchmark::State& state) {
  set_threads(0);
  keep_freed_memory();
  const data::ImageSet all =
      data::load("fashion-mnist", data::Split::train, {data::search_directories({}), {}});
  const train::Recipe recipe = train::recipe("cnn", all);
  const data::ImageSet set = all.first(100 * recipe.options.batch_size);
  train::TrainOptions options = recipe.options;
  options.epochs = 1'000'000;
  const auto network = models::build(recipe.architecture, make_generator(0));
  train::Trainer trainer(network, set, options);
  const auto flops = static_cast<double>(3 * network->flops() * set.size());
  trainer.run_epoch();

  double best = 0, peak = 0;
  for ([[maybe_unused]] const auto iteration : state) {
    peak = std::max(peak, bench::matrix_product_peak());
    best = std::max(best, flops / bench::seconds_of([&] { trainer.run_epoch(); }));
  }
  state.counters["images_per_second"] = best / flops * static_cast<double>(set.size());
  state.counters["GFLOP/s"] = best / 1e9;
  state.counters["peak_GFLOP/s"] = peak / 1e9;
  state.counters["fraction_of_peak"] = best / peak;
}
BENCHMARK(train_default_cnn)->Unit(benchmark::kSecond)->Iterations(3)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
