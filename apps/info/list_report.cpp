#include "info/list_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/sets.hpp"
#include "fathom/checkpoint/file_kind.hpp"
#include "fathom/checkpoint/shipped_models.hpp"
#include "fathom/core/error.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/io/archive.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/json.hpp"

namespace fathom::cli {
namespace {

using checkpoint::FileKind;

/// The folder of a split's first file; null if a file is missing.
Json found_split(const std::string& set, data::Split split, const data::Catalog& catalog) {
  try {
    return data::set_files(set, split, catalog).front().parent_path().string();
  } catch (const FileError&) {
    return {};
  }
}

}  // namespace

void list_sets(const Common& common) {
  const data::Catalog catalog = cli::catalog(common);
  Json sets = Json::array();
  for (const data::PublicSet& set : data::public_sets()) {
    const Json train = found_split(set.name, data::Split::train, catalog),
               test = found_split(set.name, data::Split::test, catalog);
    const Json& found = train.is_null() ? test : train;
    say(common, fmt::format("{:<14} {:>3} classes  {}", set.name, set.classes.size(),
                            found.is_null() ? fmt::format("not found; 'fetch_data {}' gets it", set.name)
                                            : found.get<std::string>()));
    sets.push_back({{"name", set.name}, {"classes", set.classes}, {"train", train}, {"test", test}});
  }
  say(common, "any folder with a sub-folder of pictures per class: folder:PATH");
  Json places = Json::array();
  for (const std::filesystem::path& place : catalog.directories) places.push_back(place.string());
  report(common, {{"sets", sets}, {"directories", places}});
}

void list_models(const Common& common) {
  Json all = Json::array();
  for (const checkpoint::NamedModel& model : checkpoint::named_models()) {
    const std::string bytes = io::read_file(model.file);
    const FileKind kind = checkpoint::kind_of(bytes);
    Json entry = {{"name", model.name},
                  {"file", model.file.string()},
                  {"kind", checkpoint::to_string(kind)},
                  {"data_set", nullptr},
                  {"test_accuracy", nullptr}};
    std::string about = checkpoint::description(kind);
    const bool has_card = kind == FileKind::checkpoint || kind == FileKind::generator;
    const auto text = has_card ? io::archive_member(bytes, "fathom.json", io::kLargestCard,
                                                    fmt::format("cannot read '{}'", model.file.string()))
                               : std::nullopt;
    if (text) {
      const Json card = io::parse_json(*text, io::kLargestCard);
      const std::string set = card.value("data_set", "");
      entry["data_set"] = set;
      about = fmt::format("{} for {}", kind == FileKind::checkpoint ? "classifier" : "generator", set);
      if (card.value("test_images", 0) > 0) {
        const double accuracy = card.value("test_accuracy", 0.0);
        entry["test_accuracy"] = accuracy;
        about += fmt::format(", {:.2f} %", 100 * accuracy);
      }
    }
    say(common, fmt::format("{:<14} {}  {}", model.name, about, model.file.string()));
    all.push_back(entry);
  }
  Json places = Json::array();
  for (const std::filesystem::path& place : checkpoint::model_directories()) places.push_back(place.string());
  if (all.empty()) say(common, fmt::format("no models in {}", places.dump()));
  report(common, {{"models", all}, {"directories", places}});
}

}  // namespace fathom::cli
