/// attribution: which pixels speak for a classifier's answer, by seven methods?
///
///   attribution --model cnn.pt --image fashion-mnist:test:0-3 --method all
///
/// Each method (lib/fathom/explain/, a file each) gives every pixel a share in the score of a class. This
/// program reads the model and the pictures, runs the methods, draws a row per picture with a panel per
/// method, and reports what each found; methods that need what the model lacks are refused by name, and left
/// out of `all`.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "attribution_sheet.hpp"
#include "cli.hpp"
#include "fathom/core/file.hpp"
#include "fathom/core/npy.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/explain/methods.hpp"
#include "figures.hpp"
#include "scene.hpp"

namespace {

using namespace fathom;

constexpr std::size_t kMostPictures = 10000;

cli::Parser parser() {
  cli::Parser parser(
      "attribution",
      "Shows which pixels speak for a classifier's answer, by methods that stand side by side.",
      {"attribution --model models/fashion-cnn.pt --image fashion-mnist:test:0-3",
       "attribution --model models/mnist-mlp.pt --image docs/occlusion.png --method saliency,occlusion"});
  cli::add_common_flags(parser);
  cli::add_model_flags(parser);
  const char* own = "Attribution";
  parser
      .value(cli::kData, "image", "picture files, SET:SPLIT:N or SET:SPLIT:A-B; several joined by commas",
             "NAMES")
      .value(own, "method",
             "saliency|input-x-gradient|smoothgrad|integrated-gradients|grad-cam|guided-grad-cam|occlusion|"
             "random, several joined by commas, or all (but random)",
             "NAMES", "all");
  cli::add_scene_flags(parser, own);
  parser.value(own, "stage", "grad-cam, guided-grad-cam: convolutional stage (default: the last)", "NAME")
      .toggle(own, "no-relu", "grad-cam, guided-grad-cam: keep what speaks against the class too")
      .value(own, "samples", "smoothgrad: noisy copies", "N", "50")
      .value(own, "noise", "smoothgrad: deviation, as a share of the image's range", "SHARE", "0.15")
      .value(own, "points", "integrated-gradients: points along the path", "N", "300");
  cli::add_baseline_flag(parser, own, "integrated-gradients, occlusion: what stands for nothing");
  cli::add_sweep_flags(parser, "Attribution");
  parser.value(own, "map", "the raw maps, float32 [N, H, W]: image by image, its methods in turn", "FILE.npy")
      .toggle(own, "channels-map", "--map holds the values of every channel, [N, C, H, W]")
      .value(own, "o,out", "the picture", "FILE", "attribution.png");
  return parser;
}

/// What --method names, as it was typed; nothing for `all`.
std::vector<std::string> asked_methods(const cli::Arguments& arguments) {
  const std::string list = arguments.text("method");
  if (list == "all") return {};
  const std::vector<std::string> names = cli::names_in("method", list);
  std::set<std::string> seen;
  for (const std::string& name : names) {
    explain::find_attribution_method(name);
    if (!seen.insert(name).second) throw cli::UsageError("--method names '" + name + "' twice");
  }
  return names;
}

/// A flag that none of the methods reads is a slip that would pass unnoticed.
void require_flags_read(const cli::Arguments& arguments, const std::vector<std::string>& methods) {
  static const std::map<std::string, std::vector<std::string>> readers = {
      {"stage", {"grad-cam", "guided-grad-cam"}},
      {"no-relu", {"grad-cam", "guided-grad-cam"}},
      {"samples", {"smoothgrad"}},
      {"noise", {"smoothgrad"}},
      {"points", {"integrated-gradients"}},
      {"baseline", {"integrated-gradients", "occlusion"}},
      {"window", {"occlusion"}},
      {"stride", {"occlusion"}}};
  for (const auto& [flag, of] : readers) {
    const bool is_read =
        std::find_first_of(methods.begin(), methods.end(), of.begin(), of.end()) != methods.end();
    if (arguments.has(flag) && !is_read)
      throw cli::UsageError(fmt::format("--{} is read by {}, not by {}", flag, fmt::join(of, " and "),
                                        fmt::join(methods, ", ")));
  }
}

/// The methods that run: those asked for, or all that the model allows, with a line about the others.
std::vector<std::string> chosen_methods(const std::vector<std::string>& asked, const cli::Common& common,
                                        const models::Classifier& model) {
  std::vector<std::string> chosen;
  for (const explain::Method& method : explain::attribution_methods()) {
    const std::string reason = explain::why_not(method, model);
    if (!asked.empty() || method.name == "random") continue;
    if (reason.empty())
      chosen.push_back(method.name);
    else
      cli::say(common, "left out: " + reason);
  }
  for (const std::string& name : asked) {
    const std::string reason = explain::why_not(explain::find_attribution_method(name), model);
    if (!reason.empty()) throw InvalidArgument(reason);
    chosen.push_back(name);
  }
  return chosen;
}

/// One picture of --image with the name that reports give it.
struct Named {
  std::string name;
  cli::OpenedPicture opened;
};

std::vector<Named> open_pictures(const std::string& list, const cli::Common& common) {
  std::vector<Named> pictures;
  for (const std::string& name : cli::names_in("image", list)) {
    const auto slice = data::parse_picture_slice(name);
    if (!slice) {
      pictures.push_back({name, cli::open_picture(name, common)});
      continue;
    }
    if (static_cast<std::size_t>(slice->last - slice->first) >= kMostPictures)
      throw cli::UsageError(fmt::format("--image '{}' names more than {} pictures", name, kMostPictures));
    std::int64_t index = slice->first;
    const std::string stem = name.substr(0, name.rfind(':') + 1);
    for (const data::NamedPicture& p : data::load_pictures(*slice, cli::catalog(common)))
      pictures.push_back({stem + std::to_string(index++), {p.image, p.label_name}});
  }
  return pictures;
}

/// What the flags say of the methods; the baseline is left to the picture.
explain::MethodOptions read_options(const cli::Arguments& arguments, const models::Classifier& model) {
  explain::MethodOptions options;
  options.smoothgrad.samples = arguments.integer("samples", 1, 100000);
  options.smoothgrad.noise = arguments.number("noise", 0, 10);
  options.integrated_gradients.points = arguments.integer("points", 1, 10000);
  options.grad_cam.stage = arguments.optional("stage").value_or("");
  options.grad_cam.relu = !arguments.on("no-relu");
  options.occlusion = cli::read_sweep(arguments, {model.input().height, model.input().width});
  return options;
}

/// A method bound to a picture's target, with what it found there. What judges explanations takes both.
struct Explained {
  std::string method;
  explain::AttributionFunction function;
  explain::Attribution attribution;
};

std::vector<Explained> explain_scene(const models::Classifier& model, const cli::Scene& scene,
                                     const std::vector<std::string>& methods,
                                     const explain::MethodOptions& options) {
  std::vector<Explained> all;
  for (const std::string& method : methods) {
    const explain::AttributionFunction function =
        explain::attribution_method(method, model, scene.target, options);
    all.push_back({method, function, function(scene.input)});
  }
  return all;
}

/// The largest value's place and size, and how complete integrated gradients are.
std::string finding_text(const explain::Attribution& attribution) {
  const std::int64_t at = attribution.map.abs().argmax().item<std::int64_t>();
  const std::int64_t width = attribution.map.size(1);
  const std::int64_t y = at / width, x = at % width;
  std::string text = fmt::format("largest {:.3g} at x {} y {}", attribution.map[y][x].item<double>(), x, y);
  if (const auto& c = attribution.completeness)
    text += fmt::format("; sums to {:.4g} of {:.4g}, gap {:.3g} ({:.2g} %)", c->sum, c->score_difference,
                        c->gap(), 100 * c->relative_gap());
  return text;
}

cli::Json number_or_null(double value) { return std::isfinite(value) ? cli::Json(value) : cli::Json(); }

cli::Json result_json(const std::string& image, const models::Classifier& model, const cli::Scene& scene,
                      const Explained& explained) {
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
  return json;
}

/// Per method what its results have in common.
cli::Json summary_json(const cli::Json& results, const std::vector<std::string>& methods) {
  cli::Json summary = cli::Json::object();
  for (const std::string& method : methods) {
    std::int64_t images = 0, gaps = 0;
    double sum = 0, largest = 0;
    for (const cli::Json& result : results) {
      if (result.at("method") != method) continue;
      ++images;
      if (!result.contains("completeness_gap") || result.at("completeness_gap").is_null()) continue;
      ++gaps;
      const double gap = result.at("completeness_gap");
      sum += gap, largest = std::max(largest, gap);
    }
    summary[method] = {{"images", images}};
    if (gaps > 0)
      summary[method]["completeness_gap"] = {{"mean", sum / static_cast<double>(gaps)}, {"largest", largest}};
  }
  return summary;
}

std::string picture_text(const std::string& name, const models::Classifier& model, const cli::Scene& scene) {
  const std::string named = name + ": named " + cli::prediction_text(model, scene);
  return scene.target == scene.predicted ? named : named + ", asked for " + cli::target_text(model, scene);
}

/// What the methods found on all pictures.
struct Findings {
  std::vector<cli::AttributionRow> rows;
  cli::Json results = cli::Json::array();
  std::vector<std::string> lines;  // for people
};

Findings explain_pictures(const cli::Arguments& arguments, const cli::Common& common,
                          const models::Classifier& model, const std::vector<std::string>& methods,
                          const std::vector<Named>& pictures) {
  explain::MethodOptions options = read_options(arguments, model);
  Findings findings;
  ProgressBar bar("attribution", "images", common.quiet);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto& [name, opened] = pictures[i];
    cli::AttributionRow row{cli::read_scene(arguments, model, opened, name), {}};
    options.seed = derive_seed(common.seed, i);
    options.occlusion.baseline = options.integrated_gradients.baseline =
        cli::read_baseline(arguments, model, row.scene.input);
    findings.lines.push_back(picture_text(name, model, row.scene));
    for (const Explained& e : explain_scene(model, row.scene, methods, options)) {
      findings.results.push_back(result_json(name, model, row.scene, e));
      findings.lines.push_back(fmt::format("  {:<20} {}", e.method, finding_text(e.attribution)));
      row.attributions.push_back(e.attribution);
    }
    findings.rows.push_back(std::move(row));
    bar.update(static_cast<std::int64_t>(i) + 1, std::ssize(pictures));
  }
  return findings;
}

void write_maps(const std::string& path, const std::vector<cli::AttributionRow>& rows, bool of_channels) {
  std::vector<torch::Tensor> maps;
  for (const cli::AttributionRow& row : rows)
    for (const explain::Attribution& a : row.attributions) maps.push_back(of_channels ? a.values : a.map);
  write_npy(path, torch::stack(maps));
}

void attribute(int argc, char** argv) {
  const cli::Arguments arguments = parser().parse(argc, argv);
  const cli::Common common = cli::read_common(arguments);
  const std::string out = arguments.text("out"), names = arguments.required("image");
  const std::vector<std::string> asked = asked_methods(arguments);
  if (!asked.empty()) require_flags_read(arguments, asked);
  const auto raw_map = arguments.optional("map");
  if (arguments.on("channels-map") && !raw_map)
    throw cli::UsageError("--channels-map says what --map holds, and --map is missing");
  image::require_writable_picture(out);
  if (raw_map) require_writable(*raw_map);

  const models::Classifier model = cli::read_model(arguments, common);
  const std::vector<std::string> methods = chosen_methods(asked, common, model);
  require_flags_read(arguments, methods);
  const std::vector<Named> pictures = open_pictures(names, common);
  cli::Stopwatch clock;
  const Findings findings = explain_pictures(arguments, common, model, methods, pictures);
  const double seconds = clock.lap();

  image::write_picture(out, cli::attribution_sheet(model, methods, findings.rows));
  if (raw_map) write_maps(*raw_map, findings.rows, arguments.on("channels-map"));
  for (const std::string& line : findings.lines) cli::say(common, line);
  const bool all_drawn = pictures.size() <= cli::kSheetRows;
  cli::say(common, fmt::format("wrote {}{}", out,
                               all_drawn ? "" : fmt::format(", the first {} pictures", cli::kSheetRows)));
  cli::report(common, {{"results", findings.results},
                       {"summary", summary_json(findings.results, methods)},
                       {"methods", methods},
                       {"seconds", seconds},
                       {"out", out}});
}

}  // namespace

int main(int argc, char** argv) {
  return fathom::cli::run("attribution", [&] { attribute(argc, argv); });
}
