/// info: what is this file, and what is there to work with?
///
///   info cnn.pt
///   info --models
///
/// Looks at a file's content (lib/fathom/checkpoint/file_kind.hpp), says what it is, and shows what is in it:
/// the card, and the parameters and the cost of every stage. With --sets or --models it lists what is known
/// by name and where it was found.
#include <algorithm>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/sets.hpp"
#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/checkpoint/file_kind.hpp"
#include "fathom/checkpoint/foreign/device_constants.hpp"
#include "fathom/checkpoint/foreign/program_probe.hpp"
#include "fathom/checkpoint/foreign/program_summary.hpp"
#include "fathom/checkpoint/shipped_models.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/gan/checkpoint.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/archive.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/json.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/models/summary.hpp"

namespace {

using namespace fathom;
using checkpoint::FileKind;

cli::Parser parser() {
  cli::Parser parser("info", "Says what a file is and what is in it; lists data sets and models.",
                     {"info cifar10-cnn", "info --sets", "info --models --json"});
  cli::add_common_flags(parser, /*with_device=*/false);
  parser.positional("file", "a file of any kind, or the name of a shipped model")
      .value(cli::kModel, "input-size",
             "for a TorchScript file without a card: size of its input in pixels, for the shapes", "HxW")
      .value(cli::kModel, "channels", "with --input-size: channels of the input, rgb|grey", "ORDER", "rgb")
      .toggle("Lists", "sets", "list the data sets that have names, and where they were found")
      .toggle("Lists", "models", "list the models that have names, and where they were found");
  return parser;
}

/// One line of the table of stages, and its entry in the report. What is not known is empty.
struct StageRow {
  std::string name;
  std::optional<std::vector<std::int64_t>> shape;
  std::int64_t parameters = 0;
  std::optional<std::int64_t> multiply_adds;
};

std::string count_text(std::int64_t count) { return grouped(static_cast<std::uint64_t>(count)); }

void add_stages(const cli::Common& common, cli::Json& report, const std::vector<StageRow>& rows) {
  std::size_t widest = 5;
  for (const StageRow& row : rows) widest = std::max(widest, row.name.size());
  cli::say(common, fmt::format("{:<{}}  {:>12}  {:>12}  {:>15}", "stage", widest, "shape", "parameters",
                               "multiply-adds"));
  std::int64_t parameters = 0, multiply_adds = 0;
  cli::Json stages = cli::Json::array();
  for (const StageRow& row : rows) {
    const std::string shape = row.shape ? fmt::format("{}", fmt::join(*row.shape, "x")) : "?";
    cli::say(common, fmt::format("{:<{}}  {:>12}  {:>12}  {:>15}", row.name, widest, shape,
                                 count_text(row.parameters),
                                 row.multiply_adds ? count_text(*row.multiply_adds) : "?"));
    parameters += row.parameters;
    multiply_adds += row.multiply_adds.value_or(0);
    stages.push_back({{"name", row.name},
                      {"shape", row.shape ? cli::Json(*row.shape) : cli::Json()},
                      {"parameters", row.parameters},
                      {"multiply_adds", row.multiply_adds ? cli::Json(*row.multiply_adds) : cli::Json()}});
  }
  const bool all_known = std::all_of(rows.begin(), rows.end(),
                                     [](const StageRow& row) { return row.multiply_adds.has_value(); });
  cli::say(common, fmt::format("{:<{}}  {:>12}  {:>12}  {:>15}", "all", widest, "", count_text(parameters),
                               all_known ? count_text(multiply_adds) : "?"));
  report["stages"] = stages;
  report["parameters"] = parameters;
  report["multiply_adds"] = all_known ? cli::Json(multiply_adds) : cli::Json();
}

/// The card's fields as lines, the architecture and long lists in one line each.
void add_card(const cli::Common& common, cli::Json& report, const std::string& text) {
  const cli::Json card = io::parse_json(text, io::kLargestCard);
  for (const auto& [key, value] : card.items())
    if (!value.is_null() && value != "")
      cli::say(common,
               fmt::format("  {}: {}", key, value.is_string() ? value.get<std::string>() : value.dump()));
  report["card"] = card;
}

void describe_checkpoint(const cli::Common& common, cli::Json& report, const std::string& file) {
  const checkpoint::Checkpoint opened = checkpoint::load_checkpoint(file);
  add_card(common, report, checkpoint::to_text(opened.card));
  std::vector<StageRow> rows;
  for (const models::StageSummary& stage : models::summary(*opened.network))
    rows.push_back({stage.name, stage.shape, stage.parameters, stage.multiply_adds});
  add_stages(common, report, rows);
}

void describe_generator(const cli::Common& common, cli::Json& report, const std::string& file) {
  const gan::GanCheckpoint opened = gan::load_generator(file);
  add_card(common, report, gan::to_text(opened.card));
  std::vector<StageRow> rows;
  for (const auto& own : opened.generator->named_parameters(/*recurse=*/false))
    rows.push_back({own.key(), {}, own.value().numel(), {}});
  for (const auto& child : opened.generator->named_children()) {
    std::int64_t parameters = 0;
    for (const torch::Tensor& weight : child.value()->parameters()) parameters += weight.numel();
    if (parameters > 0) rows.push_back({child.key(), {}, parameters, {}});
  }
  add_stages(common, report, rows);
}

void describe_program(const cli::Common& common, cli::Json& report, const std::string& file,
                      const std::string& bytes, const torch::Tensor& example) {
  std::vector<StageRow> rows;
  try {
    io::verify_archive(bytes, fmt::format("cannot read '{}'", file));
    std::istringstream stream(bytes);
    torch::jit::Module program = torch::jit::load(stream, torch::kCPU);
    checkpoint::move_device_constants(program, torch::kCPU);
    program.eval();
    for (const checkpoint::ProgramStage& stage : checkpoint::program_summary(program, example))
      rows.push_back({stage.name.empty() ? "(program)" : stage.name, stage.shape, stage.parameters,
                      stage.multiply_adds});
  } catch (const std::exception& e) {
    if (dynamic_cast<const Error*>(&e) != nullptr || is_out_of_memory(e)) throw;
    throw FormatError(fmt::format(
        "cannot run '{}'{}: {}", file,
        example.defined() ? fmt::format(" on a picture of {}", fmt::join(example.sizes().slice(1), "x")) : "",
        checkpoint::reason_of(e)));
  }
  if (rows.empty()) note("the program has no parameters; its weights may be constants in its code");
  if (!example.defined()) note("shapes and multiply-adds need --input-size");
  add_stages(common, report, rows);
}

/// An input for the program, as the flags describe it; undefined if they do not.
torch::Tensor read_example(const cli::Arguments& arguments) {
  if (!arguments.has("input-size")) {
    arguments.unused({"channels"}, "without --input-size");
    return {};
  }
  const Extent size = arguments.extent("input-size");
  const std::int64_t channels = arguments.choice("channels", {"rgb", "grey"}) == "rgb" ? 3 : 1;
  return torch::zeros({1, channels, size.height, size.width});
}

void describe_file(const cli::Arguments& arguments, const cli::Common& common, const std::string& name) {
  const std::string file = checkpoint::find_model(name).string();
  arguments.paths().reads("file", file);
  const std::string bytes = io::read_file(file);
  const FileKind kind = checkpoint::kind_of(bytes);
  torch::Tensor example;
  if (kind == FileKind::torchscript)
    example = read_example(arguments);
  else
    arguments.unused({"input-size", "channels"},
                     "on a file that is not a TorchScript program without a card");
  arguments.refuse_unread();
  if (kind == FileKind::unknown && bytes.starts_with("PK"))
    io::verify_archive(bytes, fmt::format("cannot read '{}'", file));  // says where it is damaged

  cli::Json report = {{"file", file},
                      {"kind", checkpoint::to_string(kind)},
                      {"description", checkpoint::description(kind)},
                      {"bytes", bytes.size()},
                      {"card", nullptr},
                      {"stages", cli::Json::array()}};
  cli::say(common, fmt::format("{}: {}, {} bytes", file, checkpoint::description(kind),
                               grouped(static_cast<std::uint64_t>(bytes.size()))));
  if (kind == FileKind::checkpoint) describe_checkpoint(common, report, file);
  if (kind == FileKind::generator) describe_generator(common, report, file);
  if (kind == FileKind::torchscript) describe_program(common, report, file, bytes, example);
  if (kind == FileKind::picture) {
    report["shape"] = image::decode_picture(bytes, file).sizes().vec();
    cli::say(common, fmt::format("  {} (channels x height x width)",
                                 fmt::join(report["shape"].get<std::vector<std::int64_t>>(), "x")));
  }
  if (const std::string lines = checkpoint::export_lines(kind, bytes, file); !lines.empty()) {
    report["export"] = lines;
    cli::say(common, "to use it here, export it in Python as TorchScript: " + lines);
  }
  cli::report(common, report);
}

/// The folder of a split's first file; null if a file is missing.
cli::Json found_split(const std::string& set, data::Split split, const data::Catalog& catalog) {
  try {
    return data::set_files(set, split, catalog).front().parent_path().string();
  } catch (const FileError&) {
    return {};
  }
}

void list_sets(const cli::Common& common) {
  const data::Catalog catalog = cli::catalog(common);
  cli::Json sets = cli::Json::array();
  for (const data::PublicSet& set : data::public_sets()) {
    const cli::Json train = found_split(set.name, data::Split::train, catalog),
                    test = found_split(set.name, data::Split::test, catalog);
    const cli::Json& found = train.is_null() ? test : train;
    cli::say(common, fmt::format("{:<14} {:>3} classes  {}", set.name, set.classes.size(),
                                 found.is_null() ? fmt::format("not found; 'fetch_data {}' gets it", set.name)
                                                 : found.get<std::string>()));
    sets.push_back({{"name", set.name}, {"classes", set.classes}, {"train", train}, {"test", test}});
  }
  cli::say(common, "any folder with a sub-folder of pictures per class: folder:PATH");
  cli::Json places = cli::Json::array();
  for (const std::filesystem::path& place : catalog.directories) places.push_back(place.string());
  cli::report(common, {{"sets", sets}, {"directories", places}});
}

void list_models(const cli::Common& common) {
  cli::Json all = cli::Json::array();
  for (const checkpoint::NamedModel& model : checkpoint::named_models()) {
    const std::string bytes = io::read_file(model.file);
    const FileKind kind = checkpoint::kind_of(bytes);
    cli::Json entry = {{"name", model.name},
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
      const cli::Json card = io::parse_json(*text, io::kLargestCard);
      const std::string set = card.value("data_set", "");
      entry["data_set"] = set;
      about = fmt::format("{} for {}", kind == FileKind::checkpoint ? "classifier" : "generator", set);
      if (card.value("test_images", 0) > 0) {
        const double accuracy = card.value("test_accuracy", 0.0);
        entry["test_accuracy"] = accuracy;
        about += fmt::format(", {:.2f} %", 100 * accuracy);
      }
    }
    cli::say(common, fmt::format("{:<14} {}  {}", model.name, about, model.file.string()));
    all.push_back(entry);
  }
  cli::Json places = cli::Json::array();
  for (const std::filesystem::path& place : checkpoint::model_directories()) places.push_back(place.string());
  if (all.empty()) cli::say(common, fmt::format("no models in {}", places.dump()));
  cli::report(common, {{"models", all}, {"directories", places}});
}

void info(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments, /*with_device=*/false);
  const auto file = arguments.optional("file");
  const bool sets = arguments.on("sets"), models = arguments.on("models");
  if ((file ? 1 : 0) + (sets ? 1 : 0) + (models ? 1 : 0) != 1)
    throw cli::UsageError("give one file, --sets or --models");
  if (file) return describe_file(arguments, common, *file);
  arguments.refuse_unread("without a file");
  sets ? list_sets(common) : list_models(common);
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, info); }
