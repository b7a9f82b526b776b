/// Activation maximization of all 10 classes of a 28x28 network in one batch, 256 steps with everything that
/// the defaults switch on, as a multiple of the bare forward and backward passes of the same batch through
/// the same function, taken in turn in one run.
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <numeric>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/explain/maximise/activation_max.hpp"
#include "peak.hpp"

namespace {

using namespace fathom;

constexpr std::int64_t kClasses = 10, kSteps = 256, kRounds = 5;

void all_classes(benchmark::State& state) {
  set_threads(0);
  keep_freed_memory();
  const checkpoint::Classifier model = checkpoint::load_classifier("models/fashion-cnn.pt", torch::kCPU);
  std::vector<std::int64_t> classes(kClasses);
  std::iota(classes.begin(), classes.end(), 0);
  const explain::Objective objective = explain::class_margin(classes);
  const explain::Responses responses = explain::responses_of(model, objective.stages());
  const torch::Tensor images = torch::rand({kClasses, 1, 28, 28}).set_requires_grad(true);

  const auto bare = [&] {
    for (std::int64_t step = 0; step < kSteps; ++step)
      torch::autograd::grad({objective(responses(images)).sum()}, {images});
  };
  const auto ascent = [&] {
    explain::ActivationMaxOptions options;
    options.steps = kSteps;
    const auto start = explain::fourier_parametrisation({kClasses, 1, {28, 28}}, make_generator(0));
    explain::activation_max(responses, objective, *start, options, make_generator(0));
  };
  double least_bare = 1e9, least_ascent = 1e9;
  for ([[maybe_unused]] const auto iteration : state)
    for (std::int64_t round = 0; round < kRounds; ++round) {
      least_bare = std::min(least_bare, bench::seconds_of(bare));
      least_ascent = std::min(least_ascent, bench::seconds_of(ascent));
    }
  state.counters["bare_seconds"] = least_bare;
  state.counters["ascent_seconds"] = least_ascent;
  state.counters["ratio_to_bare"] = least_ascent / least_bare;
  state.counters["steps_per_second"] = static_cast<double>(kSteps) / least_ascent;
}
BENCHMARK(all_classes)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
