/// Results as JSON, to be read by scripts and taken up again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fathom/experiment/experiment.hpp"

namespace fathom::experiment {

/// How many seeds a run has unless it is told: 5, or 4 where it is quick. (A t-interval over 3 would
/// reach 4.3 standard errors to each side, one over 4 reaches 3.2.)
std::int64_t usual_seeds(bool quick);

/// What a run was asked for, beside its experiments, and what came out.
struct Results {
  std::uint64_t seed = 0;
  std::int64_t seeds = 5;
  bool quick = false;
  bool without_cause = false;
  std::string version;              ///< fathom's
  std::vector<Result> experiments;  ///< by number

  /// The one with that number, or nothing.
  const Result* find(int number) const;
  /// In its place by number; one with the same number is replaced.
  void put(Result result);
  /// Whether results of both can stand side by side.
  bool same_run(const Results& other) const;
};

/// Keys: seed, seeds, quick, without_cause, version, experiments: [{number, slug, question, verdict, seconds,
/// claims: [{text, estimate, ci95, margin, bounds, unit, judged, otherwise, verdict, values}], control:
/// {text, holds, parts: [as claims]}, charts: [{title, x_label, y_label, ..., series: [{name, x, y, low,
/// high}]}], pictures: [{caption, file}]}]. A margin is a number, or [low, high]; bounds say which side it is
/// on: {at_least, at_most}, one or both. Numbers that are not finite are null.
nlohmann::ordered_json to_json(const Results& results);

/// Writes results.json into a folder, which is made, and the pictures beside it as qNN-I.png.
void write_results(const std::filesystem::path& folder, const Results& results);
/// What write_results wrote; nothing where the folder holds no results.json. Throws FormatError where it is
/// damaged, and FileError where a picture is missing.
std::optional<Results> read_results(const std::filesystem::path& folder);

}  // namespace fathom::experiment
