#include "demo/demo_sections.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/attribution_measures.hpp"
#include "cli/page.hpp"
#include "cli/sheets/attribution_sheet.hpp"
#include "cli/sheets/figures.hpp"
#include "cli/sheets/filter_sheet.hpp"
#include "cli/sheets/gan_sheet.hpp"
#include "cli/sheets/maximised_sheet.hpp"
#include "fathom/core/markup.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/text.hpp"
#include "fathom/draw/chart.hpp"
#include "fathom/draw/confusion.hpp"
#include "fathom/explain/attribution/integrated_gradients.hpp"
#include "fathom/explain/attribution/occlusion.hpp"
#include "fathom/explain/filters.hpp"
#include "fathom/explain/maximise/activation_max.hpp"
#include "fathom/gan/checkpoint.hpp"
#include "fathom/gan/sampling.hpp"
#include "fathom/io/json.hpp"

namespace fathom::cli {
namespace {

OcclusionScene scene_of(const DemoSubject& subject, const TestPicture& example, std::int64_t target) {
  const auto& [model, path, set, seed] = subject;
  OcclusionScene scene;
  scene.picture = set.images[example.index];
  scene.true_class = set.classes[static_cast<std::size_t>(example.label)];
  scene.caption = fmt::format("true class: {} ({})", *scene.true_class,
                              example.label == example.predicted ? "right" : "wrong");
  scene.fit = {model.input().channels, {model.input().height, model.input().width}};
  scene.input = image::fit(scene.picture, scene.fit);
  scene.baseline = torch::tensor(model.mean());
  scene.predicted = example.predicted;
  scene.target = target;
  scene.probabilities = probabilities(model, scene.input);
  scene.score_name = "logit";
  return scene;
}

Extent quarter_of(Extent size) {
  const auto quarter = [](std::int64_t n) { return std::max<std::int64_t>(1, n / 4); };
  return {quarter(size.height), quarter(size.width)};
}

torch::Tensor occlusion_picture(const checkpoint::Classifier& model, const OcclusionScene& scene) {
  const auto score = [&](const torch::Tensor& x) { return model.logits(x).select(1, scene.target); };
  const explain::OcclusionOptions options{.window = quarter_of(scene.fit.size), .baseline = scene.baseline};
  const explain::OcclusionMap map = explain::occlusion(score, scene.input, options);
  return occlusion_figure(model, scene, map, covered_part(model, scene, map.most_important, map.largest_drop),
                          covered_part(model, scene, map.least_important, map.smallest_drop));
}

const std::string& class_of(const DemoSubject& subject, std::int64_t label) {
  return subject.set.classes[static_cast<std::size_t>(label)];
}

/// What its card says of its scores; empty where it says nothing.
std::string scores_sentence(const gan::GanCard& card) {
  if (card.scores.empty()) return {};
  const Json scores = io::parse_json(card.scores, io::kLargestCard);
  return fmt::format(
      "In the features of a classifier, {} samples are {:.2f} times as far from training pictures as real "
      "test pictures are (Frechet distance {:.1f} against {:.1f}), and {:.0f} % of the training pictures "
      "have a sample nearby ({:.0f} % for test pictures).",
      scores.at("samples").get<std::int64_t>(),
      scores.at("frechet").get<double>() / scores.at("frechet_floor").get<double>(),
      scores.at("frechet").get<double>(), scores.at("frechet_floor").get<double>(),
      100 * scores.at("coverage").get<double>(), 100 * scores.at("coverage_floor").get<double>());
}

}  // namespace

std::string page_figure(const torch::Tensor& picture, const std::string& description,
                        const std::string& command) {
  const std::string caption =
      command.empty() ? "" : "<figcaption><code>" + xml_escaped(command) + "</code></figcaption>";
  return "<figure>" + picture_tag(picture, description) + caption + "</figure>\n";
}

std::string filters_section(const DemoSubject& subject) {
  const explain::Filters filters = explain::first_layer_filters(*subject.model.network());
  const std::int64_t count = std::min<std::int64_t>(filters.weights.size(0), 64);
  const torch::Tensor shown = torch::arange(count);
  const std::string heading = fmt::format("{}: {} filters", filters.stage, filters.weights.size(0));
  return "<h2>What it looks for first</h2>\n<p>The weights of the first layer are small pictures "
         "themselves (Krizhevsky et al., 2012): edges, spots and other patterns.</p>\n" +
         page_figure(filter_sheet(filters, {shown, heading}), "Filters of the first layer",
                     "filters --model " + subject.path);
}

std::string classes_section(const DemoSubject& subject) {
  const models::InputShape& in = subject.model.input();
  std::vector<std::int64_t> targets(subject.set.classes.size());
  std::iota(targets.begin(), targets.end(), 0);
  const torch::Tensor colour = torch::tensor(subject.model.mean());
  const explain::Objective objective = explain::class_margin(targets);
  const auto start =
      explain::fourier_parametrisation({std::ssize(targets), in.channels, {in.height, in.width}},
                                       make_generator(derive_seed(subject.seed, 1)), colour);
  const explain::ActivationMaxOptions options = explain::usual_options(subject.model.mean());
  const explain::ActivationMax found =
      explain::activation_max(explain::responses_of(subject.model, objective.stages()), objective, *start,
                              options, make_generator(derive_seed(subject.seed, 2)));
  const torch::Tensor p = torch::softmax(subject.model.logits(found.images), 1);
  std::vector<Maximised> pictures;
  for (const std::int64_t k : targets)
    pictures.push_back({found.images[k], class_of(subject, k), {named_percent("p", p[k][k].item<double>())}});
  return fmt::format(
      "<h2>Pictures that maximise each class</h2>\n"
      "<p>These pictures are not from the data set. Each one began as noise and was changed step by step to "
      "increase the response of the class (activation maximization; Erhan et al., 2009, Simonyan et al., "
      "2013, Olah et al., 2017). The prediction is shown below each picture.</p>\n"
      "{}",
      page_figure(maximised_sheet(pictures, fmt::format("{} {} of gradient ascent", options.steps,
                                                        plural(options.steps, "step"))),
                  "For each class, the picture that maximises its response",
                  "activation_max --model " + subject.path + " --all-classes"));
}

std::string occlusion_figure_of(const DemoSubject& subject, const TestPicture& example) {
  const OcclusionScene scene = scene_of(subject, example, example.predicted);
  return page_figure(occlusion_picture(subject.model, scene),
                     "Occlusion map of a test picture of class " + class_of(subject, example.label),
                     fmt::format("occlusion --model {} --image {}:test:{} --stride 1", subject.path,
                                 subject.set.name, example.index));
}

std::string mistake_section(const DemoSubject& subject, const TestPicture& mistake) {
  std::string html = fmt::format(
      "<h2>Where it is wrong</h2>\n<p>This is the most confident mistake on the test set: a picture labelled "
      "<b>{}</b> that it calls <b>{}</b> {}. Top: evidence for the prediction. Bottom: evidence for the "
      "label.</p>\n",
      xml_escaped(class_of(subject, mistake.label)), xml_escaped(class_of(subject, mistake.predicted)),
      named_percent("with", mistake.probability));
  for (const std::int64_t target : {mistake.predicted, mistake.label})
    html += page_figure(occlusion_picture(subject.model, scene_of(subject, mistake, target)),
                        "Occlusion map of the mistake for class " + class_of(subject, target));
  return html;
}

std::string attributions_section(const DemoSubject& subject, const std::vector<TestPicture>& examples) {
  std::vector<std::string> methods;
  for (const explain::Method& method : explain::attribution_methods())
    if (method.name != explain::kFloorMethod && explain::why_not(method, subject.model).empty())
      methods.push_back(method.name);
  const Measures measures(subject.model, MeasureSet::curves, explain::DeletionInsertionOptions{}.steps,
                          subject.seed);
  std::vector<AttributionRow> rows;
  std::string names;
  for (const TestPicture& example : examples) {
    AttributionRow row{scene_of(subject, example, example.predicted), {}, {}};
    explain::MethodOptions options;
    options.seed = subject.seed;
    options.of<explain::OcclusionOptions>().window = quarter_of(row.scene.fit.size);
    options.of<explain::OcclusionOptions>().baseline =
        options.of<explain::IntegratedGradientsOptions>().baseline = torch::tensor(subject.model.mean());
    for (const std::string& method : methods) {
      const Explained e = measures.explain(method, options, row.scene, rows.size());
      row.attributions.push_back(e.attribution);
      row.captions.push_back(curves_captions(e.faithfulness));
    }
    rows.push_back(std::move(row));
    names += fmt::format("{}{}:test:{}", names.empty() ? "" : ",", subject.set.name, example.index);
  }
  return "<h2>Other attribution methods</h2>\n<p>Each method assigns every pixel a share of the class score. "
         "The methods do not agree, so each is tested: if its most important pixels are deleted first, the "
         "probability of the class should fall quickly (a small area under the curve); if they are inserted "
         "first, it should rise quickly (a large area).</p>\n" +
         page_figure(attribution_sheet(subject.model, methods, rows),
                     "Attributions of test pictures by method",
                     "attribution --model " + subject.path + " --image " + names);
}

std::string generator_section(const DemoSubject& subject, const std::string& path) {
  const gan::GanCheckpoint gan = gan::load_generator(path);
  const gan::Samples samples = gan::draw_samples(*gan.generator, 60, make_generator(subject.seed));
  const std::string command = "sample_gan --model " + std::filesystem::path(path).filename().string();
  std::string html = fmt::format(
      "<h2>Generated pictures</h2>\n"
      "<p>The pictures below are not from the data set: a generator made each of them from {} random "
      "numbers{}. It was trained against a discriminator that tells real from generated pictures "
      "(Goodfellow et al., 2014). {}</p>\n",
      gan::latent_of(gan.card.architecture),
      gan::classes_of(gan.card.architecture) > 0 ? " and the requested class" : "",
      scores_sentence(gan.card));
  html += page_figure(
      sample_sheet(samples.values, sheet_columns(gan::classes_of(gan.card.architecture)), "samples"),
      "Generated pictures", command);
  const torch::Tensor ways = gan::interpolation(*gan.generator, 6, 10, {}, subject.seed);
  html += page_figure(sample_sheet(ways, 10, "from one sample to another"),
                      "Rows of generated pictures, each changing into another", command + " --interpolate");
  const std::filesystem::path strip = std::filesystem::path(path).replace_extension(".png");
  if (std::filesystem::exists(strip))
    html += page_figure(image::read_picture(strip), "The same samples at steps of the training",
                        gan.card.command_line);
  return html;
}

std::string confusion_section(const DemoSubject& subject, const train::Evaluation& result) {
  return "<h2>Which classes it confuses</h2>\n" +
         page_figure(draw::confusion_picture(result.confusion, subject.set.classes,
                                             "Rows: true class. Columns: predicted class."),
                     "Confusion matrix");
}

std::string history_section(const std::vector<train::EpochRecord>& history) {
  if (history.empty()) return {};
  draw::Series error{"training error", {}, {}};
  for (const train::EpochRecord& record : history) {
    error.x.push_back(static_cast<double>(record.epoch));
    error.y.push_back(100 * (1 - record.training_accuracy));
  }
  const std::string chart = draw::chart_svg({.title = "Training error by epoch",
                                             .x_label = "epoch",
                                             .y_label = "training error (%)",
                                             .series = {error}});
  return "<h2>How it learned</h2>\n<figure>" + chart +
         "<figcaption>Measured on the augmented pictures that it was trained on, while it was "
         "changing.</figcaption></figure>\n";
}

}  // namespace fathom::cli
