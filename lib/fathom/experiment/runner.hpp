/// Runs experiments over seeds, trials side by side.
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
  int jobs = 1;  ///< trials at once, one thread each; changes how long it takes, never what comes out
};

struct RunEvents {
  /// Of the first experiment that is not finished: how many of its trials are done. Called whenever that
  /// changes, and at the start. May be empty.
  std::function<void(int number, std::int64_t done, std::int64_t total)> trials;
  /// All trials of an experiment are done. May be empty.
  std::function<void(Result result)> finished;
  /// Asked several times a second; where it is true, no further trial is begun. May be empty.
  std::function<bool()> stop;
};

/// The experiments in their order, each with all its seeds before the next is begun where there is no more to
/// do. Events come on the calling thread. Returns whether all were finished. Sets the threads of the process
/// to 1. Throws Error with the question and the seed where a trial throws, after those that run have ended.
bool run(const std::vector<Experiment>& experiments, const RunOptions& options, const DataSource& data,
         const RunEvents& events);

}  // namespace fathom::experiment
