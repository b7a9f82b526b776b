/// attribution: which pixels speak for a classifier's answer, by several methods?
///
///   attribution --model cnn.pt --image fashion-mnist:test:0-3 --method all
///
/// Each method (lib/fathom/explain/attribution/, a file each) gives every pixel a share in the score of a
/// class. This program reads the model and the pictures, runs the methods, measures how far each can be
/// believed, draws a row per picture with a panel per method, and reports what each found; methods that need
/// what the model lacks are refused by name, and left out of `all`.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/attribution_measures.hpp"
#include "cli/cli.hpp"
#include "cli/method_flags.hpp"
#include "cli/model_flags.hpp"
#include "cli/scene.hpp"
#include "cli/sheets/attribution_sheet.hpp"
#include "cli/sheets/figures.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/stopwatch.hpp"
#include "fathom/explain/attribution/methods.hpp"
#include "fathom/explain/noise.hpp"
#include "fathom/io/npy.hpp"

namespace {

using namespace fathom;

cli::Parser parser() {
  cli::Parser parser("attribution",
                     "Shows which pixels support a classifier's prediction, by several methods side by side.",
                     {"attribution --model fashion-cnn --image fashion-mnist:test:0-3",
                      "attribution --model fashion-cnn --image fashion-mnist:test:0-199 --faithfulness"});
  cli::add_common_flags(parser);
  cli::add_model_flags(parser);
  const char* own = "Attribution";
  std::vector<std::string> names;
  for (const explain::Method& method : explain::attribution_methods()) names.push_back(method.name);
  parser
      .value(cli::kData, "image",
             "picture files, folders, SET:SPLIT:N or SET:SPLIT:A-B, separated by commas; - is standard input",
             "NAMES")
      .several()
      .value(own, "method",
             fmt::format("{}, separated by commas, or all (without random)", fmt::join(names, "|")), "NAMES",
             "all");
  cli::add_set_flags(parser);
  cli::add_scene_flags(parser, own);
  cli::add_method_flags(parser, own, explain::attribution_methods());
  parser
      .toggle(own, "faithfulness",
              "also compute infidelity, sensitivity and randomization, include random attribution, and print "
              "a table")
      .value(own, "steps", "deletion, insertion: number of steps", "N", "56")
      .value(own, "map",
             "write the raw maps, float32 [N, H, W]: all methods of the first image, then of the second",
             "FILE.npy")
      .toggle(own, "channels-map", "write the values of every channel to --map, [N, C, H, W]")
      .value(own, "o,out", "the picture", "FILE", "attribution.png");
  return parser;
}

/// What --method names, as it was typed; nothing for `all`.
std::vector<std::string> asked_methods(const cli::Arguments& arguments) {
  const std::string list = arguments.text("method");
  if (list == "all") return {};
  std::vector<std::string> names = cli::names_in("method", list);
  std::set<std::string> seen;
  for (const std::string& name : names) {
    explain::find_attribution_method(name);
    if (!seen.insert(name).second) throw cli::UsageError("--method names '" + name + "' twice");
  }
  return names;
}

/// The methods that run: those asked for, or all that the model allows, with a line about the others; and
/// random attribution where the others are measured against it.
std::vector<std::string> chosen_methods(const std::vector<std::string>& asked,
                                        const checkpoint::Classifier& model, bool needs_floor) {
  std::vector<std::string> chosen;
  for (const explain::Method& method : explain::attribution_methods()) {
    const std::string reason = explain::why_not(method, model);
    if (!asked.empty() || method.name == explain::kFloorMethod) continue;
    if (reason.empty())
      chosen.push_back(method.name);
    else
      note("left out: " + reason);
  }
  for (const std::string& name : asked) {
    const std::string reason = explain::why_not(explain::find_attribution_method(name), model);
    if (!reason.empty()) throw InvalidArgument(reason);
    chosen.push_back(name);
  }
  const bool has_floor = std::find(chosen.begin(), chosen.end(), explain::kFloorMethod) != chosen.end();
  if (needs_floor && !has_floor) chosen.emplace_back(explain::kFloorMethod);
  return chosen;
}

/// The largest value's place and size, and how complete integrated gradients are.
std::string finding_text(const explain::Attribution& attribution) {
  const std::string constant = cli::constant_text(attribution.map);
  const std::int64_t at = attribution.map.abs().argmax().item<std::int64_t>();
  const std::int64_t width = attribution.map.size(1);
  const std::int64_t y = at / width, x = at % width;
  const double largest = attribution.map[y][x].item<double>();
  std::string text = !constant.empty() ? constant
                                       : fmt::format("largest{} {:.3g} at x {} y {}",
                                                     largest < 0 ? " in size" : "", largest, x, y);
  if (const auto& c = attribution.completeness)
    text += fmt::format("; sums to {:.4g} of {:.4g}, gap {:.3g} ({:.2g} %)", c->sum, c->score_difference,
                        c->gap(), 100 * c->relative_gap());
  return text;
}

cli::Json number_or_null(double value) { return std::isfinite(value) ? cli::Json(value) : cli::Json(); }

cli::Json result_json(const std::string& image, const checkpoint::Classifier& model, const cli::Scene& scene,
                      const cli::Explained& explained, cli::MeasureSet set) {
  cli::Json json = {{"image", image},
                    {"method", explained.method},
                    {"target", cli::class_name(model, scene.target)},
                    {"probability", scene.probabilities[static_cast<std::size_t>(scene.target)]},
                    {"score", explained.attribution.score},
                    {"largest", explained.attribution.map.abs().max().item<float>()}};
  if (const auto& c = explained.attribution.completeness) {
    json["completeness_gap"] = number_or_null(c->relative_gap());
    json["baseline_score"] = c->baseline_score;
    json["sum"] = c->sum;
  }
  if (scene.true_class) json["true_class"] = *scene.true_class;
  json["faithfulness"] = cli::measures_json(explained.faithfulness, set);
  return json;
}

/// How complete integrated gradients were over the pictures; null for what promises no completeness.
cli::Json gaps_json(const cli::Json& results, const std::string& method) {
  std::int64_t gaps = 0;
  double sum = 0, largest = 0;
  for (const cli::Json& result : results) {
    if (result.at("method") != method || !result.contains("completeness_gap")) continue;
    if (result.at("completeness_gap").is_null()) continue;
    const double gap = result.at("completeness_gap");
    ++gaps, sum += gap, largest = std::max(largest, gap);
  }
  return gaps == 0 ? cli::Json() : cli::Json{{"mean", sum / static_cast<double>(gaps)}, {"largest", largest}};
}

std::string picture_text(const std::string& name, const checkpoint::Classifier& model,
                         const cli::Scene& scene) {
  const std::string predicted = name + ": predicted " + cli::class_text(model, scene, scene.predicted);
  return scene.target == scene.predicted
             ? predicted
             : predicted + ", target " + cli::class_text(model, scene, scene.target);
}

/// What the methods found on all pictures.
struct Findings {
  std::vector<cli::AttributionRow> rows;
  cli::Json results = cli::Json::array();
  std::vector<std::string> lines;  // for people
  std::map<std::string, std::vector<explain::Faithfulness>> measured;
};

/// A picture, and what the methods are asked about it.
struct Question {
  std::string name;
  cli::Scene scene;
  explain::MethodOptions options;
};

std::vector<Question> read_questions(const cli::Arguments& arguments, const cli::Common& common,
                                     const checkpoint::Classifier& model,
                                     const std::vector<cli::ListedPicture>& pictures) {
  std::vector<std::string> names;
  for (const cli::ListedPicture& picture : pictures) names.push_back(picture.name);
  const std::vector<std::string> captions = cli::distinct_names(names);
  std::vector<Question> questions;
  for (const auto& [name, opened] : pictures) {
    Question question{name, cli::read_scene(arguments, model, opened, captions[questions.size()]), {}};
    cli::note_if_flat(model, question.scene);
    question.options =
        cli::read_method_options(arguments, explain::attribution_methods(), model, question.scene.input);
    question.options.seed = explain::method_seed(common.seed, questions.size());
    questions.push_back(std::move(question));
  }
  std::vector<cli::Scene> scenes;
  for (const Question& question : questions) scenes.push_back(question.scene);
  cli::note_if_rounded(model, scenes);
  return questions;
}

Findings explain_pictures(const cli::Common& common, const checkpoint::Classifier& model,
                          const std::vector<std::string>& methods, const cli::Measures& measures,
                          std::vector<Question> questions) {
  Findings findings;
  ProgressBar bar("attribution", "maps", common.quiet);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto& [name, scene, options] = questions[i];
    cli::AttributionRow row{std::move(scene), {}, {}};
    findings.lines.push_back(picture_text(name, model, row.scene));
    for (std::size_t m = 0; m < methods.size(); ++m) {
      const cli::Explained e = measures.explain(methods[m], options, row.scene, i);
      if (const std::string constant = cli::constant_text(e.attribution.map); !constant.empty())
        note(fmt::format("the map of {} for '{}' is {}", e.method, name, constant));
      findings.results.push_back(result_json(name, model, row.scene, e, measures.set()));
      findings.lines.push_back(fmt::format("  {:<20} {}", e.method, finding_text(e.attribution)));
      findings.lines.push_back(
          fmt::format("  {:<20} {}", "", cli::measures_text(e.faithfulness, measures.set())));
      findings.measured[e.method].push_back(e.faithfulness);
      row.attributions.push_back(e.attribution);
      row.captions.push_back(cli::curves_captions(e.faithfulness));
      bar.update(static_cast<std::int64_t>(i * methods.size() + m) + 1,
                 std::ssize(questions) * std::ssize(methods));
    }
    findings.rows.push_back(std::move(row));
  }
  return findings;
}

std::vector<cli::MethodSummary> summaries(const Findings& findings, const std::vector<std::string>& methods) {
  std::vector<cli::MethodSummary> all;
  for (const std::string& method : methods)
    all.push_back({method, explain::summarise(findings.measured.at(method))});
  return all;
}

/// Per method what its results have in common.
cli::Json summaries_json(const Findings& findings, const std::vector<cli::MethodSummary>& methods,
                         cli::MeasureSet set) {
  cli::Json summary = cli::Json::object();
  for (const auto& [method, faithfulness] : methods) {
    summary[method] = cli::summary_json(faithfulness, set, cli::floor_among(methods));
    const cli::Json gaps = gaps_json(findings.results, method);
    if (!gaps.is_null()) summary[method]["completeness_gap"] = gaps;
  }
  return summary;
}

void write_maps(const std::filesystem::path& path, const std::vector<cli::AttributionRow>& rows,
                bool of_channels) {
  std::vector<torch::Tensor> maps;
  for (const cli::AttributionRow& row : rows)
    for (const explain::Attribution& a : row.attributions) maps.push_back(of_channels ? a.values : a.map);
  io::write_npy(path, torch::stack(maps));
}

void attribute(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments);
  const std::string names = arguments.required("image");
  const std::vector<std::string> asked = asked_methods(arguments);
  if (!asked.empty()) cli::require_flags_read(arguments, asked);
  const bool of_channels = arguments.on("channels-map");
  if (of_channels && !arguments.has("map")) throw cli::UsageError("--channels-map needs --map");
  const std::string out = cli::picture_output(arguments);
  const auto raw_map = arguments.optional_output("map");

  const checkpoint::Classifier model = cli::read_model(arguments, common);
  const auto set = arguments.on("faithfulness") ? cli::MeasureSet::all : cli::MeasureSet::curves;
  const std::vector<std::string> methods = chosen_methods(asked, model, set == cli::MeasureSet::all);
  cli::require_flags_read(arguments, methods);
  const std::vector<cli::ListedPicture> pictures = cli::open_pictures(
      arguments, names, common, INT64_MAX, model.input().channels, arguments.on("skip-damaged"));
  const cli::Measures measures(model, set, arguments.integer("steps", 1, 1000000), common.seed);
  if (const std::string reason = measures.why_no_randomisation(); !reason.empty())
    note("left out: " + reason);
  std::vector<Question> questions = read_questions(arguments, common, model, pictures);
  arguments.refuse_unread();
  Stopwatch clock;
  const Findings findings = explain_pictures(common, model, methods, measures, std::move(questions));
  const double seconds = clock.lap();

  image::write_picture(out, cli::attribution_sheet(model, methods, findings.rows));
  if (raw_map) write_maps(*raw_map, findings.rows, of_channels);
  for (const std::string& line : findings.lines) cli::say(common, line);
  const std::vector<cli::MethodSummary> summary = summaries(findings, methods);
  if (set == cli::MeasureSet::all)
    for (const std::string& line : cli::measures_table(summary)) cli::say(common, line);
  const bool all_drawn = pictures.size() <= cli::kSheetRows;
  cli::say(common, fmt::format("wrote {}{}", out,
                               all_drawn ? "" : fmt::format(", the first {} pictures", cli::kSheetRows)));
  cli::report(common, {{"results", findings.results},
                       {"summary", summaries_json(findings, summary, set)},
                       {"methods", methods},
                       {"seconds", seconds},
                       {"out", out}});
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, attribute); }
