/// Runs experiments over several seeds, with parallel trials.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "fathom/experiment/experiment.hpp"

namespace fathom::experiment {

struct RunOptions {
  std::uint64_t seed = 0;  ///< the first; the trials have seed, seed + 1, ...
  std::int64_t seeds = 5;  ///< trials of each experiment, at least 1
  bool quick = false;
  bool without_cause = false;
  int jobs = 1;  ///< parallel trials, one thread each; affects the duration, not the results
};

struct RunEvents {
  /// Called at the start and after every change, with the number of finished trials of the first unfinished
  /// experiment. May be empty.
  std::function<void(int number, std::int64_t done, std::int64_t total)> trials;
  /// All trials of an experiment are done. May be empty.
  std::function<void(Result result)> finished;
  /// Polled several times a second; if true, no further trial starts. May be empty.
  std::function<bool()> stop;
};

/// Runs the experiments in order: the trials of one start before those of the next. Events are called on the
/// calling thread. Returns whether all experiments were finished. Sets the threads of the process to 1. If a
/// trial throws, the running trials finish first; then throws Error with the question and the seed.
bool run(const std::vector<Experiment>& experiments, const RunOptions& options, const DataSource& data,
         const RunEvents& events);

}  // namespace fathom::experiment
