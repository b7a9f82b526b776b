/// augment_preview: what does an augmentation do to these pictures?
///
///   augment_preview --image fashion-mnist:test:0 --pipeline "rotate(15) | hflip(p=0.5) |
///   gaussian-blur(sigma=0.5..1.5)"
///
/// Applies a pipeline (lib/fathom/augment/pipeline.hpp) to pictures and shows the result: as a grid, step by
/// step, live in a window, or as a catalogue of all operations. The draws can be saved and replayed, on the
/// same pictures, on others, and on label masks.
#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "augment_preview/augment_catalog.hpp"
#include "augment_preview/augment_record.hpp"
#include "augment_preview/augment_sheet.hpp"
#include "augment_preview/augment_window.hpp"
#include "cli/cli.hpp"
#include "cli/scene.hpp"
#include "cli/sets.hpp"
#include "fathom/augment/schema.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/image/picture.hpp"

namespace {

using namespace fathom;

constexpr std::int64_t kLongestGrid = 40;  // rows and columns at most
constexpr const char* kOtherPreset = "photo";

/// The preset for the first picture that --image names.
std::string usual_pipeline(const std::string& images) {
  for (const data::PublicSet& set : data::public_sets())
    if (images.starts_with(set.name + ":")) return set.preset;
  return kOtherPreset;
}

/// "digits for mnist, fashion for fashion-mnist, ..., photo for others"
std::string usual_pipelines() {
  std::string text;
  for (const data::PublicSet& set : data::public_sets())
    text += fmt::format("{} for {}, ", set.preset, set.name);
  return text + kOtherPreset + " for others";
}

cli::Parser parser() {
  cli::Parser parser("augment_preview", "Shows what a pipeline of augmentations does to pictures.",
                     {"augment_preview --image dog.png --pipeline \"rotate(15) | hflip(p=0.5) | "
                      "gaussian-blur(sigma=0.5..1.5)\"",
                      "augment_preview --image fashion-mnist:test:0-23 --save-dir augmented"});
  cli::add_common_flags(parser);
  const char* own = "Preview";
  parser
      .value(cli::kData, "image",
             "picture files, folders, SET:SPLIT:N or SET:SPLIT:A-B, separated by commas; - is standard input",
             "NAMES")
      .several()
      .value(cli::kData, "mask", "label masks, one per picture, transformed with the pictures", "NAMES")
      .several()
      .value(
          own, "pipeline",
          "FILE.json, a preset, or operations separated by | (default: the preset " + usual_pipelines() + ")",
          "PIPELINE")
      .value(own, "grid", "rows and columns of augmented pictures (default: 4x6; in a window 1x6)", "RxC")
      .toggle(own, "stages", "show the first row of the grid step by step, one row per operation")
      .toggle(own, "catalog", "show every operation at low, middle and high magnitude")
      .toggle(own, "schema", "print the JSON Schema of pipeline files and exit")
      .toggle(own, "window",
              "show the grid live, with sliders; keys: n next seed, p previous, s save, q quit")
      .value(own, "magnitude", "scale the pipeline's ranges, in percent, 0 to 200", "N", "100")
      .value(own, "probability", "scale its operations' probabilities, in percent, 0 to 100", "N", "100")
      .value(own, "save-dir", "save the augmented pictures, and parameters.jsonl for --replay", "DIR")
      .value(own, "replay", "apply a saved parameters.jsonl to --image", "FILE.jsonl")
      .value(own, "index", "index of the picture to replay, or all", "N|all", "all")
      .value(own, "o,out", "the sheet", "FILE", "augment_preview.png");
  cli::add_set_flags(parser);
  return parser;
}

enum class View { grid, stages, catalog, window, replay };

View read_view(const cli::Arguments& arguments) {
  constexpr std::pair<const char*, View> kViews[] = {{"stages", View::stages},
                                                     {"catalog", View::catalog},
                                                     {"window", View::window},
                                                     {"replay", View::replay}};
  std::optional<std::pair<const char*, View>> chosen;
  for (const auto& view : kViews) {
    if (!arguments.has(view.first)) continue;
    if (chosen)
      throw cli::UsageError(fmt::format("--{} and --{} cannot be combined", chosen->first, view.first));
    chosen = view;
  }
  const View view = chosen ? chosen->second : View::grid;
  const auto reject = [&](View with, std::initializer_list<const char*> flags) {
    for (const char* flag : flags)
      if (view == with && arguments.has(flag))
        throw cli::UsageError(fmt::format("--{} and --{} cannot be combined", chosen->first, flag));
  };
  reject(View::catalog, {"pipeline", "grid", "magnitude", "probability", "mask", "save-dir"});
  // Masks and records belong to pictures by their order, in which none may be missing.
  reject(View::replay, {"pipeline", "magnitude", "probability", "skip-damaged"});
  if (arguments.has("mask") && arguments.has("skip-damaged"))
    throw cli::UsageError("--mask and --skip-damaged cannot be combined");
  if (arguments.has("index") && view != View::replay) throw cli::UsageError("--index needs --replay");
  return view;
}

std::vector<torch::Tensor> open_masks(const cli::Arguments& arguments, const std::string& list,
                                      const std::vector<cli::ListedPicture>& pictures, std::int64_t most,
                                      const cli::Common& common) {
  std::vector<torch::Tensor> masks;
  // Where --image names more pictures than are needed, so may --mask.
  const std::int64_t limit = std::ssize(pictures) + (std::ssize(pictures) < most ? 1 : 0);
  for (const cli::ListedPicture& mask : cli::open_masks(arguments, list, common, limit)) {
    if (masks.size() == pictures.size())
      throw cli::UsageError(fmt::format("--mask names more pictures than --image ({})", pictures.size()));
    const torch::Tensor& labels = mask.opened.picture;
    const cli::ListedPicture& picture = pictures[masks.size()];
    const torch::Tensor& whole = picture.opened.picture;
    if (labels.size(1) != whole.size(1) || labels.size(2) != whole.size(2))
      throw FormatError(fmt::format("mask '{}' has {}x{} pixels, but its picture '{}' has {}x{}", mask.name,
                                    labels.size(2), labels.size(1), picture.name, whole.size(2),
                                    whole.size(1)));
    masks.push_back(labels);
  }
  if (masks.size() != pictures.size())
    throw cli::UsageError(
        fmt::format("--mask names {} pictures, but --image names {}", masks.size(), pictures.size()));
  return masks;
}

Extent read_grid(const cli::Arguments& arguments, View view) {
  if (!arguments.has("grid")) return view == View::window ? Extent{1, 6} : Extent{4, 6};
  const Extent grid = arguments.extent("grid");
  if (std::max(grid.height, grid.width) > kLongestGrid)
    throw cli::UsageError(fmt::format("--grid must be RxC with 1 to {} of each, not '{}'", kLongestGrid,
                                      arguments.text("grid")));
  return view == View::stages ? Extent{1, grid.width} : grid;
}

/// The records of --replay that --index asks for.
std::vector<cli::Record> read_replayed(const cli::Arguments& arguments) {
  const std::string path = arguments.input("replay").string();
  std::vector<cli::Record> records = cli::read_records(path);
  if (arguments.text("index") != "all") {
    const std::int64_t index = arguments.integer("index", 0, INT64_MAX);
    std::erase_if(records, [&](const cli::Record& record) { return record.index != index; });
    if (records.empty()) throw InvalidArgument(fmt::format("'{}' has no picture with index {}", path, index));
  }
  if (std::ssize(records) > kLongestGrid * kLongestGrid)
    throw InvalidArgument(
        fmt::format("'{}' has {} pictures, but a sheet shows at most {}; choose one with --index", path,
                    records.size(), kLongestGrid * kLongestGrid));
  for (const cli::Record& record : records)
    if (record.partner && arguments.has("mask"))
      throw InvalidArgument(fmt::format(
          "picture {} of '{}' was mixed with another; label masks cannot be mixed", record.index, path));
  return records;
}

/// How many pictures are opened, where --image names that many.
std::int64_t pictures_for(View view, Extent grid, const std::vector<cli::Record>& replayed) {
  std::int64_t last = 1;
  for (const cli::Record& record : replayed)
    last = std::max({last, record.picture + 1, record.partner ? record.partner->picture + 1 : 0});
  // One more than the grid has places: the last one's partner in a mixing.
  return view == View::replay ? last : view == View::catalog ? 1 : grid.height * grid.width + 1;
}

cli::Preview read_preview(const cli::Arguments& arguments, const cli::Common& common, View view,
                          const std::vector<cli::Record>& replayed) {
  cli::Preview preview{.grid = read_grid(arguments, view),
                       .seed = common.seed,
                       .magnitude = arguments.integer("magnitude", 0, 200),
                       .probability = arguments.integer("probability", 0, 100)};
  const std::string images = arguments.required("image");
  if (view != View::catalog && view != View::replay) {
    const std::string text = arguments.optional("pipeline").value_or(usual_pipeline(images));
    if (lower_extension(text) == ".json") arguments.paths().reads("pipeline", text);
    preview.pipeline = augment::read_pipeline(text, data::search_directories(common.data_dir));
    preview.name = preview.pipeline.name.empty() ? text : preview.pipeline.name;
  }
  if (arguments.has("mask") && !preview.pipeline.mixings.empty())
    throw cli::UsageError(
        "--mask needs a pipeline without mixup and cutmix, because label masks cannot be mixed");
  const std::int64_t most = pictures_for(view, preview.grid, replayed);
  constexpr std::int64_t kColours = 3;
  preview.pictures =
      cli::open_pictures(arguments, images, common, most, kColours, arguments.on("skip-damaged"));
  if (const auto masks = arguments.optional("mask"))
    preview.masks = open_masks(arguments, *masks, preview.pictures, most, common);
  return preview;
}

/// --save-dir, for pictures of the records, or of the grid.
std::optional<std::string> read_save_dir(const cli::Arguments& arguments, View view,
                                         const std::vector<cli::Record>& replayed) {
  const auto folder = arguments.optional("save-dir");
  if (!folder) return {};
  std::set<std::int64_t> indices;
  for (const cli::Record& record : replayed) indices.insert(record.index);
  const Extent grid = read_grid(arguments, view);
  if (view != View::replay)
    for (std::int64_t i = 0; i < grid.height * grid.width; ++i) indices.insert(i);
  arguments.paths().writes_into("save-dir", *folder,
                                [names = cli::record_files(indices, arguments.has("mask"))](
                                    const std::string& name) { return names.contains(name); });
  return folder;
}

/// `augment` for numbers from 0 on, until there is enough to measure.
double images_per_second(const std::function<void(std::int64_t)>& augment) {
  constexpr double kEnough = 0.3;  // seconds
  const auto start = std::chrono::steady_clock::now();
  std::int64_t count = 0;
  double seconds = 0;
  do {
    augment(count++);
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  } while (seconds < kEnough);
  return static_cast<double>(count) / seconds;
}

/// What was shown, for the report.
struct Shown {
  cli::Json images = cli::Json::array();
  double images_per_second = 0;
};

Shown show_catalog(const cli::Preview& preview, const std::string& out) {
  const torch::Tensor picture = cli::catalog_picture(preview.pictures.front().opened.picture);
  const std::vector<cli::CatalogEntry> entries =
      cli::catalog_entries({picture.size(1), picture.size(2)}, preview.seed);
  image::write_picture(out, cli::catalog_sheet(picture, entries));
  Shown shown;
  for (const cli::CatalogEntry& entry : entries)
    shown.images.push_back({{"index", shown.images.size()}, {"operations", augment::to_json(entry.drawing)}});
  shown.images_per_second = images_per_second([&](std::int64_t i) {
    augment::replay(entries[static_cast<std::size_t>(i % std::ssize(entries))].drawing, picture);
  });
  return shown;
}

Shown shown_in(const cli::Preview& preview, const std::vector<cli::Record>& records) {
  Shown shown;
  for (const cli::Record& record : records) shown.images.push_back(cli::to_json(record, preview.pictures));
  shown.images_per_second = images_per_second([&](std::int64_t i) {
    cli::replay(records[static_cast<std::size_t>(i % std::ssize(records))], preview.pictures);
  });
  return shown;
}

/// "54,300" or "48.7"
std::string rate_text(double rate) {
  return rate < 1000 ? fmt::format("{:.3g}", rate) : grouped(static_cast<std::uint64_t>(rate));
}

void augment_preview(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments);
  if (arguments.on("schema")) {
    arguments.refuse_unread("with --schema");
    fmt::print("{}\n", augment::pipeline_schema().dump(1));
    return;
  }
  const View view = read_view(arguments);
  if (view == View::window) cli::require_display();

  std::vector<cli::Record> records;
  if (view == View::replay) records = read_replayed(arguments);
  const std::string out = cli::picture_output(arguments);
  const auto folder = read_save_dir(arguments, view, records);
  cli::Preview preview = read_preview(arguments, common, view, records);
  arguments.refuse_unread();
  const auto write = [&](const torch::Tensor& sheet) {
    image::write_picture(out, sheet);
    if (folder) cli::write_records(*folder, records, preview.pictures, preview.masks);
    cli::say(common, "wrote " + out + (folder ? " and " + *folder : ""));
  };

  Shown shown;
  if (view == View::catalog) {
    shown = show_catalog(preview, out);
    cli::say(common, "wrote " + out);
  } else if (view == View::window) {
    cli::run_window(preview, [&] {
      records = cli::draw_records(preview);
      write(cli::grid_sheet(preview, records, cli::heading_of(preview)));
    });
    shown = shown_in(preview, cli::draw_records(preview));
  } else {
    if (view != View::replay) records = cli::draw_records(preview);
    write(view == View::stages   ? cli::stages_sheet(preview)
          : view == View::replay ? cli::grid_sheet(preview, records, "as in " + arguments.text("replay"))
                                 : cli::grid_sheet(preview, records, cli::heading_of(preview)));
    shown = shown_in(preview, records);
    if (view != View::replay && preview.pictures.size() > records.size())
      cli::say(common, fmt::format("only the first {} shown; use --grid for more",
                                   records.size() == 1 ? "picture is"
                                                       : fmt::format("{} pictures are", records.size())));
  }
  cli::say(common,
           fmt::format("{}; {} per second, one at a time", counted(shown.images.size(), "augmented picture"),
                       rate_text(shown.images_per_second)));
  cli::report(common, {{"images", shown.images},
                       {"images_per_second", shown.images_per_second},
                       {"seed", preview.seed},
                       {"magnitude", preview.magnitude},
                       {"probability", preview.probability},
                       {"pipeline", augment::to_json(cli::turned(preview))},
                       {"out", out}});
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, augment_preview); }
