/// predict: what does a classifier see in these pictures?
///
///   predict --model cnn.pt --image photos --csv photos.csv
///
/// Names the pictures (picture_list.hpp), runs the model over them in batches (predictions.hpp), and prints a
/// line per picture with its most probable classes. The same goes into a table, a JSON report and, for the
/// first pictures, a sheet.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/model_flags.hpp"
#include "cli/scene.hpp"
#include "cli/sheets/figures.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/stopwatch.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/class_match.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/io/file.hpp"
#include "predict/predictions.hpp"

namespace {

using namespace fathom;

constexpr std::size_t kMostPanels = 30;
constexpr std::int64_t kPanelColumns = 6, kPanelSide = 160, kWidestWords = 240;
constexpr std::int64_t kMostBatchBytes = 1 << 28;

cli::Parser parser() {
  cli::Parser parser("predict", "Names the most probable classes of pictures, folders and data sets.",
                     {"predict --model fashion-cnn --image fashion-mnist:test:0-9",
                      "predict --model fashion-cnn --data fashion-mnist --top 3 --csv predictions.csv"});
  cli::add_common_flags(parser);
  cli::add_model_flags(parser);
  const char* own = "Prediction";
  parser
      .value(
          cli::kData, "image",
          "picture files, folders (with all folders in them), SET:SPLIT:N, SET:SPLIT:A-B, or - for standard "
          "input; several arguments, or separated by commas",
          "NAMES")
      .several()
      .value(cli::kData, "data", "all pictures of a split of " + data::set_choices(), "SET")
      .value(cli::kData, "split", "with --data: test|train|all", "SPLIT", "test")
      .sets("all of them", "all")
      .value(own, "top", "number of classes that are named per picture", "N", "5")
      .value(own, "batch-size", "pictures per batch (default: 64, fewer for large inputs)", "N")
      .value(own, "csv", "table: image, class and probability, then the next classes", "FILE.csv")
      .value(own, "o,out", fmt::format("sheet of the first {} pictures", kMostPanels), "FILE");
  cli::add_fit_flags(parser);
  return parser;
}

/// A field of a CSV file (RFC 4180).
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

/// What a spreadsheet takes as a formula.
bool is_formula(const std::string& text) {
  return text.size() > 1 && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
}

/// A file name that is none: "./=1.png" is the same file.
std::string safe_name(const std::string& name) { return is_formula(name) ? "./" + name : name; }

/// The table, which appears whole at the end. Class names are written as they are, for programs that compare
/// them.
class Table {
 public:
  Table(const std::filesystem::path& path, std::int64_t top) : file_(path), stream_(file_.temporary()) {
    stream_ << "image,predicted,probability";
    for (std::int64_t k = 2; k <= top; ++k) stream_ << fmt::format(",class_{0},probability_{0}", k);
    stream_ << ",true_class\n";
  }
  void add(const cli::Prediction& prediction) {
    stream_ << csv_field(safe_name(prediction.task->name));
    for (const auto& [index, name, probability] : prediction.top) {
      if (is_formula(name)) formulas_.insert(name);
      stream_ << ',' << csv_field(name) << ',' << fmt::format("{:.6g}", probability);
    }
    stream_ << ',' << csv_field(prediction.task->true_class.value_or("")) << '\n';
  }
  void finish() {
    stream_.close();
    if (!stream_) throw FileError("cannot write the table: the disk may be full");
    file_.commit();
    if (!formulas_.empty())
      note(fmt::format("a spreadsheet may take class names of the table as formulas: {}; import them as text",
                       fmt::join(formulas_, ", ")));
  }

 private:
  io::AtomicFile file_;
  std::ofstream stream_;
  std::set<std::string> formulas_;
};

std::string ranked_text(const cli::Prediction& prediction) {
  std::vector<std::string> classes;
  for (const auto& [index, name, probability] : prediction.top)
    classes.push_back(cli::named_percent(name, probability));
  return fmt::format("{}", fmt::join(classes, ", "));
}

cli::Json json_of(const cli::Prediction& prediction) {
  cli::Json top = cli::Json::array();
  for (const auto& [index, name, probability] : prediction.top)
    top.push_back({{"class", name}, {"probability", probability}});
  cli::Json json = {{"image", prediction.task->name},
                    {"predicted", prediction.top.front().name},
                    {"probability", prediction.top.front().probability},
                    {"top", top}};
  if (prediction.task->true_class) json["true_class"] = *prediction.task->true_class;
  return json;
}

/// Whether predictions are right, for pictures whose true class is known.
class Truth {
 public:
  explicit Truth(const checkpoint::Classifier& model) : classes_(model.classes()) {}

  /// "true class: dog (right)"; empty if it is not known.
  std::string text(const cli::Prediction& prediction) {
    if (!prediction.task->true_class) return {};
    const std::string& name = *prediction.task->true_class;
    std::string text = "true class: " + printable(name);
    if (data::are_placeholders(classes_)) return text;
    const auto [found, is_new] = indices_.try_emplace(name);
    if (is_new) found->second = data::find_class(name, classes_);
    if (!found->second) return text + " (not in the model)";
    return text + (*found->second == prediction.top.front().index ? " (right)" : " (wrong)");
  }

 private:
  const std::vector<std::string>& classes_;
  std::map<std::string, std::optional<std::int64_t>> indices_;
};

/// What the model saw, under the most probable class, over its true class and the next two.
draw::Panel panel_of(const cli::Prediction& prediction, const std::string& truth) {
  const auto& top = prediction.top;
  draw::Panel panel{
      cli::at_panel_size(
          image::to_picture(
              prediction.input.narrow(1, 0, prediction.input.size(1) >= 3 ? 3 : 1).contiguous()),
          kPanelSide),
      cli::named_percent(top[0].name, top[0].probability),
      {}};
  if (!truth.empty()) panel.captions.push_back(truth);
  for (std::size_t k = 1; k < std::min<std::size_t>(3, top.size()); ++k)
    panel.captions.push_back(cli::named_percent(top[k].name, top[k].probability));
  return panel;
}

/// The panels under the names of their pictures, which files of one name have with their folders.
torch::Tensor sheet_of(std::vector<draw::Panel> panels, const std::vector<std::string>& names) {
  const std::vector<std::string> shown = cli::distinct_names(names);
  for (std::size_t i = 0; i < panels.size(); ++i)
    panels[i].captions.insert(panels[i].captions.begin(), printable(shown[i]));
  return draw::sheet(panels, {.columns = kPanelColumns, .widest_words = kWidestWords});
}

cli::PictureList read_pictures(const cli::Arguments& arguments, std::int64_t channels,
                               const cli::Common& common) {
  if (arguments.has("image") && arguments.has("data"))
    throw cli::UsageError("give --image or --data, not both");
  if (arguments.has("image")) {
    arguments.unused({"split"}, "without --data");
    return cli::listed_pictures(arguments, channels, common);
  }
  if (!arguments.has("data")) throw cli::UsageError("--image is missing (or --data with a data set)");
  const std::string split = arguments.choice("split", {"test", "train", "all"});
  std::vector<data::Split> splits;
  if (split != "test") splits.push_back(data::Split::train);
  if (split != "train") splits.push_back(data::Split::test);
  return cli::pictures_of_set(arguments, arguments.text("data"), splits, channels, common);
}

cli::PredictOptions read_options(const cli::Arguments& arguments, const models::InputShape& input) {
  cli::PredictOptions options{cli::read_fit(arguments, input)};
  const std::int64_t bytes = input.channels * input.pixels() * static_cast<std::int64_t>(sizeof(float));
  options.batch = arguments.optional_integer("batch-size", 1, 1 << 16)
                      .value_or(std::clamp<std::int64_t>(kMostBatchBytes / bytes, 1, 64));
  options.top = arguments.integer("top", 1, 1 << 20);
  return options;
}

void predict(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments);
  const auto out = arguments.has("out") ? std::optional(cli::picture_output(arguments)) : std::nullopt;
  const auto csv = arguments.optional_output("csv");
  if (csv && lower_extension(*csv) != ".csv")
    throw cli::UsageError(fmt::format("--csv '{}': the name of a table must end in .csv", csv->string()));
  const checkpoint::Classifier model = cli::read_model(arguments, common);
  const cli::PredictOptions options = read_options(arguments, model.input());
  const cli::PictureList pictures = read_pictures(arguments, model.input().channels, common);
  arguments.refuse_unread();
  if (pictures.passed_over > 0)
    note(fmt::format("files in folders that are not pictures are passed over: {}", pictures.passed_over));

  std::optional<Table> table;
  if (csv) table.emplace(*csv, std::min<std::int64_t>(options.top, std::ssize(model.classes())));
  cli::Json results = cli::Json::array();
  std::vector<draw::Panel> panels;
  std::vector<std::string> shown;  // the names of their pictures
  Truth truth(model);
  const auto take = [&](const cli::Prediction& prediction) {
    const std::string known = truth.text(prediction);
    cli::say(common, fmt::format("{}: {}{}{}", printable(prediction.task->name), ranked_text(prediction),
                                 known.empty() ? "" : "; ", known));
    if (table) table->add(prediction);
    if (common.json) results.push_back(json_of(prediction));
    if (out && panels.size() < kMostPanels) {
      panels.push_back(panel_of(prediction, known));
      shown.push_back(prediction.task->name);
    }
  };
  // The lines say how far it is, if they are on the screen.
  const bool lines_on_screen = isatty(common.json ? STDERR_FILENO : STDOUT_FILENO) != 0;
  ProgressBar bar("predict", "images", common.quiet || lines_on_screen);
  const Stopwatch watch;
  const std::int64_t damaged = cli::predict(model, pictures.tasks, options, take, bar.callback());
  const double seconds = watch.seconds();
  bar.finish();

  const std::int64_t images = std::ssize(pictures.tasks) - damaged;
  if (images == 0) throw FileError(fmt::format("no picture could be read; damaged: {}", damaged));
  if (table) table->finish();
  if (out) {
    if (images > std::ssize(panels))
      note(fmt::format("the sheet shows the first {} of {} pictures", panels.size(), images));
    image::write_picture(*out, sheet_of(panels, shown));
  }
  const double rate = static_cast<double>(images) / seconds;
  cli::say(common, fmt::format("{} picture{}, {:.0f} per second{}",
                               grouped(static_cast<std::uint64_t>(images)), images == 1 ? "" : "s", rate,
                               damaged > 0 ? fmt::format("; {} could not be read", damaged) : ""));
  if (csv) cli::say(common, "wrote " + csv->string());
  if (out) cli::say(common, "wrote " + *out);
  cli::Json report = {{"results", results},
                      {"images", images},
                      {"damaged", damaged},
                      {"passed_over", pictures.passed_over},
                      {"images_per_second", rate}};
  if (csv) report["csv"] = csv->string();
  if (out) report["out"] = *out;
  cli::report(common, report);
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, predict); }
