/// demo: one page that shows what a trained classifier looks at.
///
///   demo --model fashion-cnn --gan fashion-gan --classes 3 -o page.html
///
/// Evaluates the model on its test set, picks the first test picture of several classes that it gets right
/// and the misclassified one it was surest of, explains them, looks inside the network, and writes a page
/// with everything inside it. `./run demo` calls it after training.
#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/gan_judge.hpp"
#include "cli/model_files.hpp"
#include "cli/page.hpp"
#include "cli/sets.hpp"
#include "demo/demo_sections.hpp"
#include "fathom/checkpoint/shipped_models.hpp"
#include "fathom/core/markup.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/class_match.hpp"
#include "fathom/io/file.hpp"
#include "fathom/train/history.hpp"
#include "fathom/train/metrics.hpp"

namespace {

using namespace fathom;

cli::Parser parser() {
  cli::Parser parser("demo",
                     "Writes one page about a model: its accuracy and what its predictions depend on.",
                     {"demo --model fashion-cnn -o out/index.html",
                      "demo --model fashion-cnn --gan fashion-gan --classes 3 -o page.html"});
  cli::add_common_flags(parser);
  parser.value(cli::kModel, "model", "a checkpoint of fathom, or a shipped model's name", "NAME")
      .value(cli::kData, "history", "the .csv written by train, for a chart of the training", "FILE.csv")
      .value(cli::kModel, "gan", "a generator of the same data set (default: the one that ships for it)",
             "FILE.pt")
      .value("Page", "classes", "number of classes to show", "N", "5")
      .value("Page", "interview", "link to a page of interview, which may not exist yet", "FILE")
      .value("Page", "o,out", "the page", "FILE", "out/index.html");
  cli::add_set_flags(parser);
  return parser;
}

cli::TestPicture shown(const train::Evaluation& result, const data::ImageSet& set, std::int64_t index) {
  return {index, set.labels[index].item<std::int64_t>(), result.predictions[index].item<std::int64_t>(),
          result.probabilities[index].item<float>()};
}

/// The first test picture that is classified correctly, of classes spread over the whole list.
std::vector<cli::TestPicture> correct_examples(const train::Evaluation& result, const data::ImageSet& set,
                                               std::int64_t count) {
  const auto classes = static_cast<std::int64_t>(set.classes.size());
  std::vector<cli::TestPicture> examples;
  for (std::int64_t k = 0; k < std::min(count, classes); ++k) {
    const std::int64_t label = k * classes / std::min(count, classes);
    const torch::Tensor hits = ((set.labels == label) & (result.predictions == label)).nonzero();
    if (hits.size(0) > 0) examples.push_back(shown(result, set, hits[0][0].item<std::int64_t>()));
  }
  return examples;
}

std::optional<cli::TestPicture> surest_mistake(const train::Evaluation& result, const data::ImageSet& set) {
  const torch::Tensor wrong = (result.predictions != set.labels).to(torch::kFloat) * result.probabilities;
  const std::int64_t index = wrong.argmax().item<std::int64_t>();
  if (wrong[index].item<float>() == 0) return {};
  return shown(result, set, index);
}

std::vector<train::EpochRecord> read_history(const std::string& path) {
  try {
    return train::history_from_csv(io::read_file(path));
  } catch (const FormatError& e) {
    throw FormatError(fmt::format("cannot read history '{}': {}", path, e.what()));
  }
}

constexpr const char* kStyle = R"(
.figures { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.4rem 0; padding: 0; list-style: none; }
.figures li { border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1.1rem; min-width: 9rem; }
.figures b { display: block; font-size: 1.5rem; } .figures span { color: var(--soft); font-size: .9rem; }
)";

std::string figures_html(const checkpoint::Classifier& model, const train::Evaluation& result) {
  const auto item = [](const std::string& value, const std::string& meaning) {
    return fmt::format("<li><b>{}</b><span>{}</span></li>\n", value, meaning);
  };
  std::string html = "<ul class=\"figures\">\n";
  html += item(fmt::format("{:.2f} %", 100 * result.accuracy),
               fmt::format("test accuracy, 95 % interval {:.2f} to {:.2f}", 100 * result.accuracy_ci95.low,
                           100 * result.accuracy_ci95.high));
  html += item(grouped(static_cast<std::uint64_t>(models::parameter_count(model.card()->architecture))),
               "parameters");
  html +=
      item(fmt::format("{}", model.card()->epochs), plural(model.card()->epochs, "epoch") + " of training");
  html += item(fmt::format("{:.1f} %", 100 * result.ece), "calibration error");
  return html + "</ul>\n";
}

std::string occlusions_html(const cli::DemoSubject& subject, const std::vector<cli::TestPicture>& examples) {
  std::string html =
      "<h2>What it looks at</h2>\n<p>Red: covering this part lowers the score of the class. Blue: covering "
      "it raises it. On the right, "
      "the same picture with the strongest evidence for and against the class covered, and the "
      "resulting predictions.</p>\n";
  for (const cli::TestPicture& example : examples) html += cli::occlusion_figure_of(subject, example);
  return html;
}

/// What stands between the figures and the imprint.
std::string sections(const cli::DemoSubject& subject, const train::Evaluation& result,
                     const std::vector<cli::TestPicture>& examples,
                     const std::vector<train::EpochRecord>& history,
                     const std::optional<std::string>& generator, const cli::Common& common) {
  ProgressBar bar("demo", "sections", common.quiet);
  const std::optional<cli::TestPicture> mistake = surest_mistake(result, subject.set);
  const auto compared = std::min<std::ptrdiff_t>(std::ssize(examples), 4);
  const std::vector<std::function<std::string()>> parts = {
      [&] { return occlusions_html(subject, examples); },
      [&] { return mistake ? cli::mistake_section(subject, *mistake) : ""; },
      [&] {
        return cli::attributions_section(subject, {examples.begin(), examples.begin() + compared});
      },
      [&] { return cli::classes_section(subject); },
      [&] { return cli::filters_section(subject); },
      [&] { return generator ? cli::generator_section(subject, *generator) : ""; },
      [&] { return cli::confusion_section(subject, result); },
      [&] { return cli::history_section(history); }};
  std::string html;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    html += parts[i]();
    bar.update(static_cast<std::int64_t>(i) + 1, std::ssize(parts));
  }
  return html;
}

/// With a link that still holds when both pages are moved together.
std::string interview_html(const std::filesystem::path& interview, const std::filesystem::path& page) {
  const std::filesystem::path link =
      std::filesystem::proximate(interview, page.parent_path().empty() ? "." : page.parent_path());
  return fmt::format(
      "<h2>Claims about such networks</h2>\n<p>Well-known answers about deep learning, each put to an "
      "experiment that could prove it wrong: <a href=\"{}\">the interview</a>.</p>\n",
      xml_escaped(link.generic_string()));
}

std::string page_html(const cli::DemoSubject& subject, const train::Evaluation& result,
                      const std::string& sections) {
  const checkpoint::ModelCard& card = *subject.model.card();
  const std::string body = fmt::format(
      "<h1>What a network looks at</h1>\n"
      "<p>A network (<code>{}</code>) trained on <b>{}</b>. For some of its test pictures, this page shows "
      "<i>which part the "
      "prediction depends on</i>: a window slides over the picture and covers it with the data set's mean; "
      "if the score of the class falls, the network was looking there (Zeiler &amp; Fergus, 2014). Below, "
      "the same pictures are explained by other methods, followed by pictures that maximise each class and "
      "the filters of the first layer.</p>\n"
      "{}{}<h2>Where this comes from</h2>\n"
      "<p>The network: <code>{}</code>, seed {}. {}</p>\n",
      models::kind(card.architecture), xml_escaped(subject.set.name), figures_html(subject.model, result),
      sections, xml_escaped(card.command_line), card.seed, xml_escaped(card.data_note));
  return cli::html_page("What a network looks at", kStyle, body);
}

/// The path of the generator and, beside it, of the strip that train_gan wrote.
std::optional<std::string> read_generator(const cli::Arguments& arguments, const std::string& data_set) {
  std::optional<std::string> path;
  if (const auto named = arguments.optional("gan")) path = checkpoint::find_model(*named);
  if (!path) path = cli::shipped_model(data_set, &data::PublicSet::generator);
  if (!path) return {};
  arguments.paths().reads("gan", *path);
  arguments.paths().reads("gan", std::filesystem::path(*path).replace_extension(".png"));
  return path;
}

void write_page(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments);
  const std::string out = arguments.output("out").string();
  const std::int64_t classes = arguments.integer("classes", 1, 100);
  std::vector<train::EpochRecord> history;
  if (const auto path = arguments.optional_input("history")) history = read_history(path->string());
  const auto interview = arguments.optional_input("interview");
  const checkpoint::Classifier model = checkpoint::load_classifier(
      cli::model_input(arguments, "model"), common.device, []() -> checkpoint::FeedOptions {
        throw InvalidArgument("the page needs a model with a card (train writes one)");
      });
  const std::string name = model.card()->data_set;
  const std::optional<std::string> generator = read_generator(arguments, name);
  cli::reads_set(arguments, "model", name, common);
  data::Catalog catalog = cli::catalog(common, {model.input().height, model.input().width});
  catalog.skip_damaged = cli::skips_damaged(arguments, name);
  arguments.refuse_unread();
  const data::ImageSet set =
      data::with_classes_of(data::load(name, data::Split::test, catalog), model.classes());
  const train::Evaluation result =
      train::evaluate([&](const torch::Tensor& x) { return model.logits(x); }, set);

  const cli::DemoSubject subject{model, arguments.required("model"), set, common.seed};
  const std::vector<cli::TestPicture> examples = correct_examples(result, set, classes);
  std::string parts = sections(subject, result, examples, history, generator, common);
  if (interview) parts += interview_html(*interview, out);
  const std::string page = page_html(subject, result, parts);
  io::write_file(out, page);
  cli::say(common, "wrote " + std::filesystem::absolute(out).string());
  cli::report(common, {{"accuracy", result.accuracy}, {"examples", examples.size()}, {"page", out}});
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, write_page); }
