#include "info/model_report.hpp"

#include <algorithm>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/checkpoint/foreign/device_constants.hpp"
#include "fathom/checkpoint/foreign/program_probe.hpp"
#include "fathom/checkpoint/foreign/program_summary.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/gan/checkpoint.hpp"
#include "fathom/io/archive.hpp"
#include "fathom/io/json.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/models/summary.hpp"

namespace fathom::cli {
namespace {

/// One line of the table of stages, and its entry in the report. What is not known is empty.
struct StageRow {
  std::string name;
  std::optional<std::vector<std::int64_t>> shape;
  std::int64_t parameters = 0;
  std::optional<std::int64_t> multiply_adds;
};

std::string count_text(std::int64_t count) { return grouped(static_cast<std::uint64_t>(count)); }

void add_stages(const Common& common, Json& report, const std::vector<StageRow>& rows) {
  std::size_t widest = 5;
  for (const StageRow& row : rows) widest = std::max(widest, row.name.size());
  say(common,
      fmt::format("{:<{}}  {:>12}  {:>12}  {:>15}", "stage", widest, "shape", "parameters", "multiply-adds"));
  std::int64_t parameters = 0, multiply_adds = 0;
  Json stages = Json::array();
  for (const StageRow& row : rows) {
    const std::string shape = row.shape ? fmt::format("{}", fmt::join(*row.shape, "x")) : "?";
    say(common,
        fmt::format("{:<{}}  {:>12}  {:>12}  {:>15}", row.name, widest, shape, count_text(row.parameters),
                    row.multiply_adds ? count_text(*row.multiply_adds) : "?"));
    parameters += row.parameters;
    multiply_adds += row.multiply_adds.value_or(0);
    stages.push_back({{"name", row.name},
                      {"shape", row.shape ? Json(*row.shape) : Json()},
                      {"parameters", row.parameters},
                      {"multiply_adds", row.multiply_adds ? Json(*row.multiply_adds) : Json()}});
  }
  const bool all_known = std::all_of(rows.begin(), rows.end(),
                                     [](const StageRow& row) { return row.multiply_adds.has_value(); });
  say(common, fmt::format("{:<{}}  {:>12}  {:>12}  {:>15}", "all", widest, "", count_text(parameters),
                          all_known ? count_text(multiply_adds) : "?"));
  report["stages"] = stages;
  report["parameters"] = parameters;
  report["multiply_adds"] = all_known ? Json(multiply_adds) : Json();
}

/// The card's fields as lines, the architecture and long lists in one line each.
void add_card(const Common& common, Json& report, const std::string& text) {
  const Json card = io::parse_json(text, io::kLargestCard);
  for (const auto& [key, value] : card.items())
    if (!value.is_null() && value != "")
      say(common, fmt::format("  {}: {}", key, value.is_string() ? value.get<std::string>() : value.dump()));
  report["card"] = card;
}

}  // namespace

void describe_checkpoint(const Common& common, Json& report, const std::string& file) {
  const checkpoint::Checkpoint opened = checkpoint::load_checkpoint(file);
  add_card(common, report, checkpoint::to_text(opened.card));
  std::vector<StageRow> rows;
  for (const models::StageSummary& stage : models::summary(*opened.network))
    rows.push_back({stage.name, stage.shape, stage.parameters, stage.multiply_adds});
  add_stages(common, report, rows);
}

void describe_generator(const Common& common, Json& report, const std::string& file) {
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

void describe_program(const Common& common, Json& report, const std::string& file, const std::string& bytes,
                      const torch::Tensor& example) {
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

}  // namespace fathom::cli
