/// demo: one page that shows what a trained classifier looks at.
///
///   demo --model out/fashion-cnn.pt --history out/fashion-cnn.csv -o out/index.html
///
/// Evaluates the model on its test set, picks the first test picture of several classes that it gets right
/// and the misclassified one it was surest of, sweeps each with a window, and writes a page with everything
/// inside it. `./run demo` calls it after training.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli.hpp"
#include "fathom/core/file.hpp"
#include "fathom/core/markup.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/explain/occlusion.hpp"
#include "fathom/image/chart.hpp"
#include "fathom/image/sheet.hpp"
#include "fathom/train/history.hpp"
#include "fathom/train/metrics.hpp"
#include "figures.hpp"

namespace {

using namespace fathom;

cli::Parser parser() {
  cli::Parser parser("demo", "Writes a page of pictures: how good a model is and what it looks at.",
                     {"demo --model models/fashion-cnn.pt -o out/index.html",
                      "demo --model out/fashion-cnn.pt --history out/fashion-cnn.csv -o out/index.html"});
  cli::add_common_flags(parser);
  cli::add_model_flags(parser);
  parser.value(cli::kData, "history", "the .csv that train wrote, for a chart of the training", "FILE.csv")
      .value("Page", "classes", "how many classes to show", "N", "5")
      .value("Page", "o,out", "the page", "FILE", "out/index.html");
  return parser;
}

std::string picture_tag(const torch::Tensor& picture, const std::string& description) {
  return fmt::format("<img alt=\"{}\" width=\"{}\" height=\"{}\" src=\"data:image/png;base64,{}\">",
                     xml_escaped(description), picture.size(2), picture.size(1),
                     base64(image::encode_png(picture)));
}

struct Shown {
  std::int64_t index = 0;  // in the test set
  std::int64_t label = 0, predicted = 0;
  double probability = 0;
};

Shown shown(const train::Evaluation& result, const data::ImageSet& set, std::int64_t index) {
  return {index, set.labels[index].item<std::int64_t>(), result.predictions[index].item<std::int64_t>(),
          result.probabilities[index].item<float>()};
}

/// The first test picture that is classified correctly, of classes spread over the whole list.
std::vector<Shown> correct_examples(const train::Evaluation& result, const data::ImageSet& set,
                                    std::int64_t count) {
  const auto classes = static_cast<std::int64_t>(set.classes.size());
  std::vector<Shown> examples;
  for (std::int64_t k = 0; k < std::min(count, classes); ++k) {
    const std::int64_t label = k * classes / std::min(count, classes);
    const torch::Tensor hits = ((set.labels == label) & (result.predictions == label)).nonzero();
    if (hits.size(0) > 0) examples.push_back(shown(result, set, hits[0][0].item<std::int64_t>()));
  }
  return examples;
}

std::optional<Shown> surest_mistake(const train::Evaluation& result, const data::ImageSet& set) {
  const torch::Tensor wrong = (result.predictions != set.labels).to(torch::kFloat) * result.probabilities;
  const std::int64_t index = wrong.argmax().item<std::int64_t>();
  if (wrong[index].item<float>() == 0) return {};
  return shown(result, set, index);
}

cli::OcclusionScene scene_of(const models::Classifier& model, const data::ImageSet& set, const Shown& example,
                             std::int64_t target) {
  cli::OcclusionScene scene;
  scene.picture = set.images[example.index];
  scene.caption = "true class: " + set.classes[static_cast<std::size_t>(example.label)];
  scene.fit = {model.input().channels, {model.input().height, model.input().width}};
  scene.input = image::fit(scene.picture, scene.fit);
  scene.baseline = torch::tensor(model.mean());
  scene.predicted = example.predicted;
  scene.target = target;
  scene.probabilities = cli::probabilities(model, scene.input);
  scene.score_name = "logit";
  return scene;
}

torch::Tensor occlusion_picture(const models::Classifier& model, const cli::OcclusionScene& scene) {
  const auto score = [&](const torch::Tensor& x) { return model.logits(x).select(1, scene.target); };
  const auto side = [](std::int64_t n) { return std::max<std::int64_t>(1, n / 4); };
  const explain::OcclusionOptions options{.window = {side(scene.fit.size.height), side(scene.fit.size.width)},
                                          .baseline = scene.baseline};
  const explain::OcclusionMap map = explain::occlusion(score, scene.input, options);
  return cli::occlusion_figure(model, scene, map, cli::most_important(model, scene, map),
                               cli::least_important(model, scene, map));
}

std::string example_html(const models::Classifier& model, const std::string& path, const data::ImageSet& set,
                         const Shown& example) {
  const cli::OcclusionScene scene = scene_of(model, set, example, example.predicted);
  const std::string& name = set.classes[static_cast<std::size_t>(example.label)];
  return fmt::format(
      "<figure>{}<figcaption><code>occlusion --model {} --image {}:test:{} --stride "
      "1</code></figcaption></figure>\n",
      picture_tag(occlusion_picture(model, scene), "Occlusion map of a test picture of class " + name),
      xml_escaped(path), xml_escaped(set.name), example.index);
}

std::string mistake_html(const models::Classifier& model, const data::ImageSet& set, const Shown& mistake) {
  const std::string &truth = set.classes[static_cast<std::size_t>(mistake.label)],
                    &answer = set.classes[static_cast<std::size_t>(mistake.predicted)];
  std::string html = fmt::format(
      "<h2>Where it is wrong</h2>\n<p>Of all mistakes on the test set, this is the one the network was "
      "surest of: a picture "
      "labelled <b>{}</b> that it calls <b>{}</b> with {:.1f} %. Above, what speaks for its answer; below, "
      "what speaks for "
      "the label.</p>\n",
      xml_escaped(truth), xml_escaped(answer), 100 * mistake.probability);
  for (const std::int64_t target : {mistake.predicted, mistake.label})
    html += "<figure>" +
            picture_tag(
                occlusion_picture(model, scene_of(model, set, mistake, target)),
                "Occlusion map of the mistake for class " + set.classes[static_cast<std::size_t>(target)]) +
            "</figure>\n";
  return html;
}

std::vector<train::EpochRecord> read_history(const std::string& path) {
  try {
    return train::history_from_csv(read_file(path));
  } catch (const FormatError& e) {
    throw FormatError(fmt::format("cannot read history '{}': {}", path, e.what()));
  }
}

std::string history_html(const std::vector<train::EpochRecord>& history) {
  image::Series error{"training error", {}, {}};
  for (const train::EpochRecord& record : history) {
    error.x.push_back(static_cast<double>(record.epoch));
    error.y.push_back(100 * (1 - record.training_accuracy));
  }
  const std::string chart = image::line_chart_svg({.title = "Training error by epoch",
                                                   .x_label = "epoch",
                                                   .y_label = "training error (%)",
                                                   .series = {error}});
  return "<h2>How it learned</h2>\n<figure>" + chart +
         "<figcaption>Measured on the augmented pictures that it was trained on, while it was "
         "changing.</figcaption></figure>\n";
}

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ink: #1c1c1e; --page: #fdfcf9; --soft: #6b6b70; --card: #ffffff; --line: #e4e1d9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececee; --page: #17181b; --soft: #a0a0a8; --card: #ffffff; --line: #34353a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.2rem 4rem; max-width: 76rem; background: var(--page); color: var(--ink);
       font: 17px/1.55 system-ui, sans-serif; }
h1 { font-size: 2.1rem; margin: 0 0 .3rem; } h2 { margin: 2.6rem 0 .6rem; } p { max-width: 46rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.4rem 0; padding: 0; list-style: none; }
.figures li { border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1.1rem; min-width: 9rem; }
.figures b { display: block; font-size: 1.5rem; } .figures span { color: var(--soft); font-size: .9rem; }
figure { margin: 1.2rem 0; padding: .8rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
         overflow-x: auto; }
figure img, figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { margin-top: .5rem; color: #6b6b70; font-size: .9rem; }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { figure { break-inside: avoid; } }
)";

std::string figures_html(const models::Classifier& model, const train::Evaluation& result) {
  const auto item = [](const std::string& value, const std::string& meaning) {
    return fmt::format("<li><b>{}</b><span>{}</span></li>\n", value, meaning);
  };
  std::string html = "<ul class=\"figures\">\n";
  html += item(fmt::format("{:.2f} %", 100 * result.accuracy),
               fmt::format("test accuracy, 95 % interval {:.2f} to {:.2f}", 100 * result.accuracy_ci95.low,
                           100 * result.accuracy_ci95.high));
  html += item(grouped(static_cast<std::uint64_t>(models::parameter_count(model.card()->architecture))),
               "parameters");
  html += item(fmt::format("{}", model.card()->epochs), "epochs of training");
  html += item(fmt::format("{:.1f} %", 100 * result.ece), "calibration error");
  return html + "</ul>\n";
}

void write_page(int argc, char** argv) {
  const cli::Arguments arguments = parser().parse(argc, argv);
  const cli::Common common = cli::read_common(arguments);
  const std::string out = arguments.text("out");
  require_writable(out);
  const std::int64_t classes = arguments.integer("classes", 1, 100);
  std::vector<train::EpochRecord> history;
  if (const auto path = arguments.optional("history")) history = read_history(*path);
  const models::Classifier model = cli::read_model(arguments, common);
  if (!model.card()) throw InvalidArgument("the page needs a model with a card, as train writes it");
  const data::ImageSet set = data::load(model.card()->data_set, data::Split::test,
                                        cli::catalog(common, {model.input().height, model.input().width}));
  const train::Evaluation result =
      train::evaluate([&](const torch::Tensor& x) { return model.logits(x); }, set);

  std::string examples;
  ProgressBar bar("demo", "pictures", common.quiet);
  const std::vector<Shown> chosen = correct_examples(result, set, classes);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    examples += example_html(model, arguments.required("model"), set, chosen[i]);
    bar.update(static_cast<std::int64_t>(i + 1), static_cast<std::int64_t>(chosen.size()));
  }
  const std::optional<Shown> mistake = surest_mistake(result, set);
  bar.finish();

  const std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>What a network looks "
      "at</title>\n"
      "<style>{}</style>\n</head>\n<body>\n"
      "<h1>What a network looks at</h1>\n<p>A {} trained on <b>{}</b>, and for some of its test pictures the "
      "answer to: "
      "<i>which part does the class hang on?</i> A window is slid over the picture and covers it with the "
      "data set's mean; "
      "where the score of the class falls, the network was looking (Zeiler &amp; Fergus, 2014).</p>\n{}"
      "<h2>What it looks at</h2>\n<p>Red: covering this part hurts the class. Blue: covering it helps. On "
      "the right, the same "
      "picture with the most and with the least important part covered, and what the network then "
      "says.</p>\n{}{}"
      "<h2>What it takes for what</h2>\n<figure>{}</figure>\n{}"
      "<h2>Where this comes from</h2>\n<p>The network: <code>{}</code>, seed {}. {}</p>\n</body>\n</html>\n",
      kStyle, models::kind(model.card()->architecture), xml_escaped(set.name), figures_html(model, result),
      examples, mistake ? mistake_html(model, set, *mistake) : "",
      picture_tag(
          image::confusion_picture(result.confusion, set.classes, "Rows: true class. Columns: answer."),
          "Confusion matrix"),
      history.empty() ? "" : history_html(history), xml_escaped(model.card()->command_line),
      model.card()->seed, xml_escaped(model.card()->data_note));
  write_file(out, page);
  cli::say(common, "wrote " + std::filesystem::absolute(out).string());
  cli::report(common, {{"accuracy", result.accuracy}, {"examples", chosen.size()}, {"page", out}});
}

}  // namespace

int main(int argc, char** argv) {
  return fathom::cli::run("demo", [&] { write_page(argc, argv); });
}
