#include "cli/gan_judge.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/checkpoint/shipped_models.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/class_match.hpp"
#include "fathom/io/file.hpp"

namespace fathom::cli {

void add_judge_flags(Parser& parser) {
  parser
      .fixed_value(
          "Scores", "classifier",
          "classifier of the same data set whose features are compared, a file or the name of a shipped one "
          "(default: the one that ships)",
          "NAME")
      .value("Scores", "samples", "number of generated and of real pictures to compare", "N", "10000");
}

std::optional<std::filesystem::path> shipped_model(const std::string& data_set,
                                                   std::string data::PublicSet::*file) {
  const auto folder = io::shipped_directory();
  const data::PublicSet* const set = data::find_public_set(data_set);
  if (!folder || !set || (set->*file).empty()) return std::nullopt;
  const std::filesystem::path path = *folder / "models" / (set->*file);
  return std::filesystem::exists(path) ? std::optional(path) : std::nullopt;
}

std::optional<std::filesystem::path> judge_file(const std::optional<std::string>& named,
                                                const std::string& data_set) {
  return named ? std::optional<std::filesystem::path>(checkpoint::find_model(*named))
               : shipped_model(data_set, &data::PublicSet::classifier);
}

std::optional<checkpoint::Classifier> read_judge(const std::optional<std::string>& named,
                                                 const Common& common, const std::string& data_set) {
  const auto path = judge_file(named, data_set);
  if (!path) return std::nullopt;
  return checkpoint::load_classifier(*path, common.device);
}

void require_judge(const checkpoint::Classifier& judge, const data::ImageSet& training,
                   const data::ImageSet& test) {
  if (judge.classes().size() != training.classes.size())
    throw InvalidArgument(fmt::format("the classifier that scores has {} classes, but '{}' has {}",
                                      judge.classes().size(), training.name, training.classes.size()));
  data::require_classes_of(training, judge.classes());
  for (const auto& [set, which] : {std::pair{&training, "training"}, {&test, "test"}}) {
    if (set->size() < gan::kFewestToScore)
      throw InvalidArgument(fmt::format("scores need at least {} {} pictures, but '{}' has {}",
                                        gan::kFewestToScore, which, set->name, set->size()));
    gan::features_of(judge, set->first(1).images);  // throws if the shape does not fit
  }
}

void say_if_more(std::int64_t samples, const data::ImageSet& training) {
  if (samples > training.size())
    note(fmt::format("{} samples are compared with all {} training pictures; there are no more",
                     grouped(static_cast<std::uint64_t>(samples)),
                     grouped(static_cast<std::uint64_t>(training.size()))));
}

gan::Judged judge_some(const checkpoint::Classifier& judge, const data::ImageSet& set, std::int64_t count,
                       std::uint64_t seed) {
  const torch::Tensor order =
      torch::randperm(set.size(), make_generator(derive_seed(seed, 0x5c03e)), torch::kLong);
  return gan::judge(judge, set.images.index_select(0, order.slice(0, 0, std::min(count, set.size()))));
}

gan::GanScores score_samples(const checkpoint::Classifier& judge, const gan::Samples& samples,
                             const data::ImageSet& training, const data::ImageSet& test, std::uint64_t seed) {
  const std::int64_t count = samples.values.size(0);
  return gan::score(judge_some(judge, training, count, seed), judge_some(judge, test, count, seed),
                    gan::judge(judge, samples.values), samples.labels);
}

gan::Samples samples_to_score(gan::Generator& generator, const data::ImageSet& training, std::int64_t count,
                              std::uint64_t seed, ProgressCallback progress) {
  return gan::draw_samples_like(generator, training.labels, count, make_generator(derive_seed(seed, 0x7e57)),
                                std::move(progress));
}

Json scores_json(const gan::GanScores& s, const std::vector<std::string>& classes) {
  Json histogram;
  for (std::size_t k = 0; k < classes.size(); ++k) histogram[classes[k]] = s.classes.histogram.at(k);
  Json j = {{"samples", s.samples},
            {"reference", s.reference},
            {"held_out", s.held_out},
            {"frechet", s.frechet},
            {"frechet_floor", s.frechet_floor},
            {"kernel", s.kernel},
            {"kernel_floor", s.kernel_floor},
            {"precision", s.neighbours.precision},
            {"recall", s.neighbours.recall},
            {"density", s.neighbours.density},
            {"coverage", s.neighbours.coverage},
            {"precision_floor", s.neighbours_floor.precision},
            {"recall_floor", s.neighbours_floor.recall},
            {"density_floor", s.neighbours_floor.density},
            {"coverage_floor", s.neighbours_floor.coverage},
            {"class_histogram", histogram},
            {"class_kl", s.classes.kl},
            {"named_share", s.classes.named_share},
            {"named_share_floor", s.classes_floor.named_share}};
  if (s.classes.accuracy) {
    j["class_accuracy"] = *s.classes.accuracy;
    j["class_accuracy_ci95"] = {s.classes.accuracy_ci95.low, s.classes.accuracy_ci95.high};
  }
  return j;
}

std::vector<std::string> scores_lines(const gan::GanScores& s, const std::vector<std::string>& classes) {
  const auto line = [](const char* name, double value, double floor, const char* note) {
    return fmt::format("  {:<18} {:>9.4f}  {:>9.4f}  {}", name, value, floor, note);
  };
  std::vector<std::string> lines = {
      fmt::format("{} samples against {} training pictures; for comparison, {} test pictures",
                  grouped(static_cast<std::uint64_t>(s.samples)),
                  grouped(static_cast<std::uint64_t>(s.reference)),
                  grouped(static_cast<std::uint64_t>(s.held_out))),
      fmt::format("  {:<18} {:>9}  {:>9}", "", "samples", "real"),
      line("Frechet distance", s.frechet, s.frechet_floor,
           fmt::format("{:.2f} times the floor", s.frechet / s.frechet_floor).c_str()),
      line("kernel distance", s.kernel, s.kernel_floor, ""),
      line("precision", s.neighbours.precision, s.neighbours_floor.precision, ""),
      line("recall", s.neighbours.recall, s.neighbours_floor.recall, ""),
      line("density", s.neighbours.density, s.neighbours_floor.density, ""),
      line("coverage", s.neighbours.coverage, s.neighbours_floor.coverage, ""),
      line("classified with p >= 0.9", s.classes.named_share, s.classes_floor.named_share, ""),
      line("class KL", s.classes.kl, s.classes_floor.kl, "")};
  if (s.classes.accuracy)
    lines.push_back(fmt::format("  classified as requested: {}",
                                percent_text(*s.classes.accuracy, s.classes.accuracy_ci95)));
  for (std::size_t k = 0; k < classes.size(); ++k)
    lines.push_back(fmt::format("  {:<18} {:>9}  {:>9}", classes[k], s.classes.histogram.at(k),
                                s.classes_floor.histogram.at(k)));
  return lines;
}

}  // namespace fathom::cli
