/// The classifier that scores the pictures of a GAN, and the report of the scores.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "fathom/checkpoint/classifier.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/gan/sampling.hpp"
#include "fathom/gan/scores/scores.hpp"

namespace fathom::cli {

/// --classifier and --samples.
void add_judge_flags(Parser& parser);

/// A model that ships for a data set, as the table of public sets names it:
/// `shipped_model("mnist", &data::PublicSet::classifier)`. Nothing if there is none.
std::optional<std::filesystem::path> shipped_model(const std::string& data_set,
                                                   std::string data::PublicSet::*file);

/// The file of the classifier given by --classifier (checkpoint::find_model), or of the one that ships for
/// the data set; empty if there is none.
std::optional<std::filesystem::path> judge_file(const std::optional<std::string>& named,
                                                const std::string& data_set);

/// The classifier in that file; empty if there is none.
std::optional<checkpoint::Classifier> read_judge(const std::optional<std::string>& named,
                                                 const Common& common, const std::string& data_set);

/// Throws InvalidArgument unless `score_samples` can compare pictures with these: the classifier has the same
/// classes in the same order and takes their shape, and each set has enough pictures.
void require_judge(const checkpoint::Classifier& judge, const data::ImageSet& training,
                   const data::ImageSet& test);

/// Prints a note if there are fewer training pictures than samples to compare with them.
void say_if_more(std::int64_t samples, const data::ImageSet& training);

/// The classifier's output for `count` pictures of the set (all if it has fewer), drawn without replacement.
gan::Judged judge_some(const checkpoint::Classifier& judge, const data::ImageSet& set, std::int64_t count,
                       std::uint64_t seed);

/// Samples against as many training pictures and, for the floor, test pictures, drawn from `seed`.
gan::GanScores score_samples(const checkpoint::Classifier& judge, const gan::Samples& samples,
                             const data::ImageSet& training, const data::ImageSet& test, std::uint64_t seed);

/// The samples used to score a generator, the same in train_gan and evaluate; their class frequencies are
/// those of the training set.
gan::Samples samples_to_score(gan::Generator& generator, const data::ImageSet& training, std::int64_t count,
                              std::uint64_t seed, ProgressCallback progress = {});

/// The keys of `evaluate --gan --json`.
Json scores_json(const gan::GanScores& scores, const std::vector<std::string>& classes);

/// The same for a reader, each score beside its floor.
std::vector<std::string> scores_lines(const gan::GanScores& scores, const std::vector<std::string>& classes);

}  // namespace fathom::cli
