/// occlusion: which part of a picture does a prediction depend on?
///
///   occlusion --model cnn.pt --image dog.png
///
/// A window slides over the picture and covers one patch at a time. If the score of the class drops, the
/// prediction depends on that patch. This program reads the model and the picture, sweeps the window
/// (lib/fathom/explain/attribution/occlusion.hpp does the work), draws the heat map, and reports the windows
/// that are the strongest evidence for and against the class.
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/method_flags.hpp"
#include "cli/model_flags.hpp"
#include "cli/sets.hpp"
#include "cli/sheets/figures.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/stopwatch.hpp"
#include "fathom/core/text.hpp"
#include "fathom/explain/attribution/occlusion.hpp"
#include "fathom/io/npy.hpp"

namespace {

using namespace fathom;

std::vector<explain::Method> methods() { return {explain::find_attribution_method("occlusion")}; }

cli::Parser parser() {
  cli::Parser parser(
      "occlusion", "Covers a picture one patch at a time and shows which patches the prediction depends on.",
      {"occlusion --model fashion-cnn --image fashion-mnist:test:17",
       "occlusion --model mnist-mlp --image fashion-mnist:test:3 --target 7 --json -o seven.png"});
  cli::add_common_flags(parser);
  cli::add_model_flags(parser);
  const char* own = "Occlusion";
  parser.value(cli::kData, "image", "a picture file, SET:SPLIT:INDEX, or - for standard input", "NAME")
      .several();  // so that one_picture_name can say which programs take several
  cli::add_scene_flags(parser, own);
  cli::add_method_flags(parser, own, methods());
  parser.value(own, "score", "logit|probability", "SCORE", "logit")
      .toggle(own, "all-targets", "draw one map per class, from the same sweep")
      .value(own, "map", "write the raw map, float32 [H, W] ([classes, H, W] with --all-targets)", "FILE.npy")
      .value(own, "o,out", "the picture", "FILE", "occlusion.png");
  return parser;
}

cli::OcclusionScene open_scene(const cli::Arguments& arguments, const cli::Common& common,
                               const checkpoint::Classifier& model) {
  const std::string name = cli::one_picture_name(arguments, "image");
  cli::OcclusionScene scene{
      cli::read_scene(arguments, model,
                      cli::open_picture(arguments, "image", name, common, model.input().channels),
                      cli::distinct_names({name}).front()),
      {},
      {}};
  scene.score_name = arguments.choice("score", {"logit", "probability"});
  if (scene.score_name == "logit") cli::note_if_flat(model, scene);
  cli::note_if_rounded(model, {scene});
  return scene;
}

std::string part_text(const cli::OcclusionScene& scene, const std::string& target,
                      const cli::CoveredPart& part) {
  return fmt::format("x {} y {}, {} {} by {:.4g}: {}", part.patch.x, part.patch.y, scene.score_name,
                     part.drop >= 0 ? "falls" : "rises", std::abs(part.drop),
                     cli::named_percent(target, part.probability));
}

/// A map that shows nothing is said.
void note_constant(const explain::OcclusionMap& map) {
  const std::string constant = cli::constant_text(map);
  if (constant.empty()) return;
  note(fmt::format("the map is {}: {}", constant,
                   map.patches == 1
                       ? "one window covers the whole picture; a smaller --window tells its parts "
                         "apart"
                   : constant.starts_with("zero") ? "the score is the same whatever is covered"
                                                  : "the score drops alike whatever is covered"));
}

/// Which parts speak most for and against the class; nothing of a map of zeros.
void say_parts(const cli::Common& common, const cli::OcclusionScene& scene, const std::string& target,
               const explain::OcclusionMap& map, const cli::CoveredPart& most,
               const cli::CoveredPart& least) {
  if (cli::constant_text(map).starts_with("zero")) return;
  for (const auto& [name, part] :
       {std::pair{cli::evidence_text(map), most}, std::pair{cli::counter_evidence_text(map), least}})
    cli::say(common, fmt::format("{:<27} {}", name + ":", part_text(scene, target, part)));
}

cli::Json part_json(const cli::CoveredPart& part, const std::string& meaning) {
  return {{"x", part.patch.x},           {"y", part.patch.y},       {"width", part.patch.width},
          {"height", part.patch.height}, {"score_drop", part.drop}, {"probability", part.probability},
          {"meaning", meaning}};
}

void occlude(const cli::Arguments& arguments) {
  cli::Json breakdown;
  breakdown["load_libraries"] = cli::seconds_since_process_start();
  Stopwatch clock;
  const cli::Common common = cli::read_common(arguments);
  const std::string out = cli::picture_output(arguments);
  const auto raw_map = arguments.optional_output("map");
  const bool all = arguments.on("all-targets");

  const checkpoint::Classifier model = cli::read_model(arguments, common);
  breakdown["load_model"] = clock.lap();
  cli::OcclusionScene scene = open_scene(arguments, common, model);
  const auto options =
      cli::read_method_options(arguments, methods(), model, scene.input).of<explain::OcclusionOptions>();
  scene.baseline = options.baseline;
  breakdown["open_image"] = clock.lap();
  arguments.refuse_unread();

  const explain::ScoresFunction scores = [&](const torch::Tensor& x) {
    const torch::Tensor logits = model.logits(x);
    const torch::Tensor values = scene.score_name == "logit" ? logits : torch::softmax(logits, 1);
    return all ? values : values.narrow(1, scene.target, 1);
  };
  std::vector<explain::OcclusionMap> maps;
  {
    ProgressBar bar("occlusion", "windows", common.quiet);
    maps = explain::occlusion_all(scores, scene.input, options, bar.callback());
  }
  const explain::OcclusionMap& map = maps[all ? static_cast<std::size_t>(scene.target) : 0];
  note_constant(map);
  const cli::CoveredPart most = cli::covered_part(model, scene, map.most_important, map.largest_drop),
                         least = cli::covered_part(model, scene, map.least_important, map.smallest_drop);
  const double seconds = clock.lap();
  breakdown["explain"] = seconds;

  image::write_picture(out, all ? cli::all_targets_figure(model, scene, maps)
                                : cli::occlusion_figure(model, scene, map, most, least));
  if (raw_map) {
    std::vector<torch::Tensor> drops;
    for (const explain::OcclusionMap& m : maps) drops.push_back(m.drop);
    io::write_npy(*raw_map, all ? torch::stack(drops) : map.drop);
  }
  breakdown["draw_and_write"] = clock.lap();

  const std::string& target = model.classes()[static_cast<std::size_t>(scene.target)];
  const std::string& predicted = model.classes()[static_cast<std::size_t>(scene.predicted)];
  cli::say(common, fmt::format("predicted {}; {} {} of {}x{} pixels of the {}x{} input against {}",
                               cli::class_text(model, scene, scene.predicted), map.patches,
                               plural(map.patches, "window"), options.window.height, options.window.width,
                               scene.input.size(2), scene.input.size(3), target));
  say_parts(common, scene, target, map, most, least);
  cli::say(common, "wrote " + out);
  cli::Json report = {{"predicted", predicted},
                      {"probability", scene.probabilities[static_cast<std::size_t>(scene.predicted)]},
                      {"target", target},
                      {"score", map.score},
                      {"windows", map.patches},
                      {"most_important", part_json(most, cli::evidence_text(map))},
                      {"least_important", part_json(least, cli::counter_evidence_text(map))},
                      {"seconds", seconds},
                      {"breakdown", breakdown},
                      {"out", out}};
  if (scene.true_class) report["true_class"] = *scene.true_class;
  cli::report(common, report);
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, occlude); }
