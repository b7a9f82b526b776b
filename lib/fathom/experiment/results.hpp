/// Results as JSON, for scripts and for resuming a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fathom/experiment/experiment.hpp"

namespace fathom::experiment {

/// The default number of seeds: 5, or 4 for a quick run. (A t-interval over 3 seeds reaches 4.3 standard
/// errors to each side, one over 4 reaches 3.2.)
std::int64_t usual_seeds(bool quick);

/// The settings of a run and the results of its experiments.
struct Results {
  std::uint64_t seed = 0;
  std::int64_t seeds = 5;
  bool quick = false;
  bool without_cause = false;
  std::string version;              ///< fathom's
  std::vector<Result> experiments;  ///< by number

  /// The result with that number, or null.
  const Result* find(int number) const;
  /// Inserts a result by its number, or replaces the one with that number.
  void put(Result result);
  /// Whether both have the same settings and version, so that their results can be mixed.
  bool same_run(const Results& other) const;
};

/// Keys: seed, seeds, quick, without_cause, version, experiments: [{number, slug, question, verdict, seconds,
/// claims: [{text, estimate, ci95, margin, bounds, unit, judged, otherwise, verdict, values}], control:
/// {text, holds, parts: [as claims]}, charts: [{title, x_label, y_label, ..., series: [{name, x, y, low,
/// high}]}], pictures: [{caption, file}]}]. A margin is a number, or [low, high]; bounds say which side it is
/// on: {at_least, at_most}, one or both. In values, x, y, low and high, an infinite number is "inf" or "-inf"
/// and NaN is null; estimate and ci95 are null if they are not finite.
nlohmann::ordered_json to_json(const Results& results);

/// Writes results.json and the pictures (qNN-I.png) to a folder, which is created if missing.
void write_results(const std::filesystem::path& folder, const Results& results);
/// Reads the output of write_results; empty if the folder has no results.json. Throws FormatError if it is
/// damaged, and FileError if a picture is missing.
std::optional<Results> read_results(const std::filesystem::path& folder);

}  // namespace fathom::experiment
