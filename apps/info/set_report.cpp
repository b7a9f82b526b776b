#include "info/set_report.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/sets.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/csv.hpp"
#include "fathom/data/listing.hpp"
#include "fathom/data/public_sets.hpp"
#include "info/picture_sample.hpp"

namespace fathom::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostClassLines = 40;

/// The pictures of a split, by class.
struct SplitCounts {
  std::string name;
  std::vector<std::int64_t> by_class;
  std::int64_t all() const {
    std::int64_t sum = 0;
    for (const std::int64_t count : by_class) sum += count;
    return sum;
  }
};

SplitCounts counts_of(const std::string& name, const std::vector<std::int64_t>& labels, std::size_t classes) {
  SplitCounts counts{name, std::vector<std::int64_t>(classes)};
  for (const std::int64_t label : labels) ++counts.by_class[static_cast<std::size_t>(label)];
  return counts;
}

/// The table of pictures per class and split, and "classes" and "splits" of the report.
void add_splits(const Common& common, Json& report, const std::vector<std::string>& classes,
                const std::vector<SplitCounts>& splits) {
  std::size_t widest = 5;
  for (const std::string& name : classes) widest = std::max(widest, excerpt(name, 30).size());
  const auto line = [&](const std::string& name, const auto& cell) {
    std::string text = fmt::format("  {:<{}}", name, widest);
    for (const SplitCounts& split : splits) text += fmt::format("  {:>8}", cell(split));
    say(common, text);
  };
  const auto number = [](std::int64_t count) { return grouped(static_cast<std::uint64_t>(count)); };
  line("class", [](const SplitCounts& split) { return split.name; });
  for (std::size_t k = 0; k < std::min(classes.size(), kMostClassLines); ++k)
    line(excerpt(classes[k], 30), [&](const SplitCounts& split) { return number(split.by_class[k]); });
  if (classes.size() > kMostClassLines)
    say(common, fmt::format("  ... {} more classes; --json lists all", classes.size() - kMostClassLines));
  line("all", [&](const SplitCounts& split) { return number(split.all()); });

  report["classes"] = classes;
  report["splits"] = Json::object();
  for (const SplitCounts& split : splits) {
    Json by_class = Json::object();
    for (std::size_t k = 0; k < classes.size(); ++k) by_class[classes[k]] = split.by_class[k];
    report["splits"][split.name] = by_class;
  }
}

/// As a shell takes it for one word.
std::string quoted(const std::string& word) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_./:-+,@").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// The command that trains on a set; `stem` names its checkpoint.
std::string training_command(const std::string& set, const std::string& stem, const std::string& more) {
  const std::string out = stem.empty() || stem == "." || stem == ".." ? "model" : stem;
  return fmt::format("train --data {}{} -o {}", quoted(set), more, quoted(out + ".pt"));
}

/// Why nothing can be trained on a listing; empty if it can be.
std::string obstacle_of(const data::Listing& listing) try {
  data::require_pictures(listing, data::Split::train);
  data::require_pictures(listing, data::Split::test);
  return listing.classes.size() > 1 ? "" : "it has one class, and a classifier needs two";
} catch (const FormatError& error) {
  return error.what();
}

/// Options for a small set, with which the usual recipe fails: steps enough for a rate that suits few
/// pictures. Nothing for a set with 100 training pictures per class.
std::string options_for_few(std::int64_t pictures, std::int64_t classes) {
  constexpr std::int64_t kFewPerClass = 100, kSteps = 1000;
  if (pictures >= kFewPerClass * classes) return {};
  const std::int64_t batch = pictures < 16 ? 4 : pictures < 200 ? 8 : 16;
  const std::int64_t steps = std::max<std::int64_t>(pictures / batch, 1);
  return fmt::format(" --optimizer adamw --epochs {} --batch-size {}",
                     std::clamp<std::int64_t>(kSteps / steps, 30, 200), batch);
}

void add_command(const Common& common, Json& report, const std::string& command) {
  report["train"] = command;
  say(common, "to train on it: " + command);
}

void describe_listing(const Common& common, const std::string& path, const std::string& kind,
                      const std::string& description, const data::Listing& listing, bool check) {
  for (const std::string& text : listing.notes) note(text);
  Json report = {{"file", path}, {"kind", kind}, {"description", description}, {"data", listing.name}};
  const std::size_t classes = listing.classes.size();
  say(common, fmt::format("{}: {} with {}", path, description, counted(classes, "class", "classes")));
  if (!listing.columns.empty()) {
    report["columns"] = listing.columns;
    say(common, fmt::format("columns taken: {}", fmt::join(listing.columns, ", ")));
  }
  std::vector<SplitCounts> splits = {counts_of("train", listing.train.labels, classes),
                                     counts_of("test", listing.test.labels, classes)};
  if (listing.further.size() > 0) splits.push_back(counts_of("further", listing.further.labels, classes));
  add_splits(common, report, listing.classes, splits);
  report["passed_over"] = listing.passed_over;
  if (listing.passed_over > 0)
    say(common, fmt::format("passed over: {} ({}{})",
                            counted(static_cast<std::uint64_t>(listing.passed_over), "other file"),
                            fmt::join(listing.examples, ", "),
                            listing.passed_over > std::ssize(listing.examples) ? ", ..." : ""));

  std::vector<fs::path> files;
  for (const data::PictureList* list : {&listing.train, &listing.test, &listing.further})
    files.insert(files.end(), list->files.begin(), list->files.end());
  const PictureSample sample = sample_of(files, check, common);
  describe_sample(common, report, sample);
  report["train"] = nullptr;
  const std::string obstacle = sample.read == 0 ? "none of its pictures can be read" : obstacle_of(listing);
  if (obstacle.empty())
    add_command(common, report,
                training_command(listing.name, fs::path(path).stem().string(),
                                 options_for_few(listing.train.size(), std::ssize(listing.classes)) +
                                     (sample.damaged.empty() ? "" : " --skip-damaged")));
  else
    say(common, "nothing can be trained on it: " + obstacle);
  cli::report(common, report);
}

/// Pictures without classes; `reason` is why they are no data set.
void describe_pictures(const Common& common, const fs::path& folder, const std::string& reason, bool check) {
  const std::vector<fs::path> files = data::pictures_in(folder);
  constexpr const char* kDescription = "a folder of pictures without classes";
  Json report = {{"file", folder.string()},
                 {"kind", "pictures"},
                 {"description", kDescription},
                 {"pictures", files.size()}};
  say(common, fmt::format("{}: {}", folder.string(), kDescription));
  say(common, counted(files.size(), "picture"));
  describe_sample(common, report, sample_of(files, check, common));
  report["train"] = nullptr;
  say(common, "nothing can be trained on it: " + reason);
  say(common,
      fmt::format("to name what they show: predict --model cifar10-cnn --image {}", quoted(folder.string())));
  cli::report(common, report);
}

}  // namespace

void describe_folder(const Common& common, const fs::path& folder, bool check) {
  std::string path = folder.string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  data::Listing listing;
  try {
    listing = data::list_folder(path);
  } catch (const FormatError& error) {
    try {
      return describe_pictures(common, path, error.what(), check);
    } catch (const FileError&) {
      throw error;
    }
  }
  describe_listing(common, path, "folder", "a folder data set", listing, check);
}

void describe_csv(const Common& common, const fs::path& file, bool check) {
  data::Listing listing;
  try {
    listing = data::list_csv(file);
  } catch (const FormatError& error) {
    constexpr const char* kDescription = "a table that is not a data set";
    say(common, fmt::format("{}: {}", file.string(), kDescription));
    note(error.what());
    return report(
        common,
        {{"file", file.string()}, {"kind", "table"}, {"description", kDescription}, {"train", nullptr}});
  }
  describe_listing(common, file.string(), "csv", "a data set in a CSV file", listing, check);
}

void describe_public_set(const Common& common, const std::string& name) {
  const data::PublicSet& set = *data::find_public_set(name);
  const data::Catalog sets = catalog(common);
  constexpr const char* kDescription = "a public data set";
  Json report = {{"file", nullptr}, {"kind", "set"}, {"description", kDescription}, {"data", name}};
  say(common,
      fmt::format("{}: {} with {}", name, kDescription, counted(set.classes.size(), "class", "classes")));
  std::vector<SplitCounts> splits;
  for (const data::Split split : {data::Split::train, data::Split::test}) {
    std::vector<fs::path> files;
    try {
      files = data::set_files(name, split, sets);
    } catch (const FileError& error) {
      note(error.what());
      continue;
    }
    const data::ImageSet images = data::load(name, split, sets);
    const torch::Tensor labels = images.labels.contiguous();
    splits.push_back(counts_of(
        to_string(split), {labels.data_ptr<std::int64_t>(), labels.data_ptr<std::int64_t>() + labels.numel()},
        images.classes.size()));
    report["shape"] = images.images.sizes().slice(1).vec();
    report["folder"] = files.front().parent_path().string();
  }
  if (splits.empty()) {
    report["train"] = nullptr;
    say(common, fmt::format("to get it: fetch_data {}", name));
    return cli::report(common, report);
  }
  add_splits(common, report, set.classes, splits);
  say(common, fmt::format("pictures of {} (channels x height x width), in {}",
                          fmt::join(report["shape"].get<std::vector<std::int64_t>>(), "x"),
                          report["folder"].get<std::string>()));
  const std::string where =
      common.data_dir ? " --data-dir " + quoted(common.data_dir->string()) : std::string();
  add_command(common, report, training_command(name, name, where));
  cli::report(common, report);
}

}  // namespace fathom::cli
