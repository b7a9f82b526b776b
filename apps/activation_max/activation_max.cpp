/// activation_max: which pictures maximise a class, a channel or a unit?
///
///   activation_max --model cnn.pt --all-classes
///   activation_max --model cnn.pt --stage conv2 --channel 5 --variants 4
///
/// Gradient ascent from noise, all pictures in one batch (lib/fathom/explain/maximise/activation_max.hpp).
/// This program reads the model, builds the objective from the flags, runs gradient ascent, and draws a
/// sheet: each picture with its activation before and after, and the predicted class.
#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "activation_max/activation_targets.hpp"
#include "cli/cli.hpp"
#include "cli/model_flags.hpp"
#include "cli/scene.hpp"
#include "cli/sheets/maximised_sheet.hpp"
#include "cli/stages.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/stopwatch.hpp"
#include "fathom/core/text.hpp"
#include "fathom/draw/animation.hpp"
#include "fathom/explain/maximise/activation_max.hpp"
#include "fathom/io/npy.hpp"

namespace {

using namespace fathom;

constexpr std::int64_t kMostFrames = 128;      // of an animation; steps between them are left out
constexpr std::uint64_t kStart = 1, kRun = 2;  // streams of random numbers

cli::Parser parser() {
  cli::Parser parser("activation_max",
                     "Makes pictures that maximise a class, a channel or a unit of a network.",
                     {"activation_max --model fashion-cnn --all-classes",
                      "activation_max --model cifar10-cnn --stage conv3 --channel 5 --variants 4"});
  cli::add_common_flags(parser);
  cli::add_model_flags(parser);
  const explain::ActivationMaxOptions grey = explain::usual_options({0}),
                                      colour = explain::usual_options({0, 0, 0});
  const auto number = [](double value) { return fmt::format("{}", value); };
  const auto usual = [](const char* help, double of_grey, double of_colour) {
    return fmt::format("{} (default: {} for grey pictures, {} for colour)", help, of_grey, of_colour);
  };
  cli::add_target_flags(parser);
  const char* how = "Optimisation";
  parser.value(how, "steps", "steps of gradient ascent", "N", fmt::format("{}", grey.steps))
      .value(how, "lr", "Adam's learning rate", "RATE", number(grey.learning_rate))
      .value(how, "param", "parametrisation: pixel|fourier", "NAME", "fourier")
      .value(how, "l2", usual("weight of the squared distance from the background", grey.l2, colour.l2), "W")
      .value(how, "background",
             "background colour: mean|black|white|grey|VALUE in [0, 1] (default: black for grey pictures, "
             "else mean)",
             "WHAT")
      .value(how, "tv", "weight of the total variation", "W", number(grey.tv))
      .value(how, "blur", "blur every few steps: standard deviation, as a share of the side", "SHARE",
             number(grey.blur))
      .value(how, "jitter",
             usual("largest random shift per step, as a share of the side", grey.transform.jitter,
                   colour.transform.jitter),
             "SHARE")
      .value(how, "rotate",
             usual("largest random rotation per step, in degrees", grey.transform.rotate,
                   colour.transform.rotate),
             "DEGREES")
      .value(how, "scale",
             usual("largest random change of size per step, as a share", grey.transform.scale,
                   colour.transform.scale),
             "SHARE")
      .value(how, "pad", "width of a border in the background colour, as a share of the side", "SHARE",
             number(grey.transform.pad));
  const char* output = "Output";
  parser.value(output, "animate", "write the optimisation as .gif, .mp4, or a folder of pictures", "PATH")
      .value(output, "map", "write the pictures as float32 [N, C, H, W] in [0, 1]", "FILE.npy")
      .value(output, "o,out", "the sheet", "FILE", "activation_max.png");
  return parser;
}

explain::ActivationMaxOptions read_options(const cli::Arguments& arguments,
                                           const checkpoint::Classifier& model,
                                           const explain::Objective& activation) {
  explain::ActivationMaxOptions options = explain::usual_options(model.mean());
  options.steps = arguments.integer("steps", 1, 1000000);
  options.learning_rate = arguments.number("lr", 1e-6, 100);
  options.l2 = arguments.optional_number("l2", 0, 1e6).value_or(options.l2);
  options.tv = arguments.number("tv", 0, 1e6);
  options.blur = arguments.number("blur", 0, 1);
  explain::TransformOptions& transform = options.transform;
  transform.jitter = arguments.optional_number("jitter", 0, 1).value_or(transform.jitter);
  transform.rotate = arguments.optional_number("rotate", 0, 180).value_or(transform.rotate);
  transform.scale = arguments.optional_number("scale", 0, 1).value_or(transform.scale);
  transform.pad = arguments.number("pad", 0, 1);
  if (arguments.has("background")) options.background = cli::read_colour(arguments, "background", model);
  options.activation = activation;
  return options;
}

std::unique_ptr<explain::Parametrisation> read_parametrisation(const cli::Arguments& arguments,
                                                               const cli::Common& common,
                                                               const checkpoint::Classifier& model,
                                                               const cli::Targets& targets) {
  const models::InputShape& in = model.input();
  const explain::ImagesShape shape{std::ssize(targets.indices), in.channels, {in.height, in.width}};
  const torch::Generator generator = make_generator(derive_seed(common.seed, kStart));
  const torch::Tensor colour = torch::tensor(model.mean());
  return arguments.choice("param", {"pixel", "fourier"}) == "fourier"
             ? explain::fourier_parametrisation(shape, generator, colour)
             : explain::pixel_parametrisation(shape, generator, colour);
}

/// --animate: a file, or a folder for the frames.
std::optional<std::filesystem::path> read_animation(const cli::Arguments& arguments) {
  const auto path = arguments.optional("animate");
  if (!path) return {};
  if (!lower_extension(*path).empty()) return arguments.output("animate");
  // At most the first and the last one more.
  arguments.paths().writes_into("animate", *path, [](const std::string& name) {
    return cli::is_numbered_png(name, /*digits=*/4, kMostFrames + 2);
  });
  return *path;
}

/// The frames of --animate: the sheet without words that change its size.
class Ascent {
 public:
  Ascent(const std::optional<std::filesystem::path>& path, const cli::Targets& targets, std::int64_t steps)
      : targets_(targets), steps_(steps), stride_((steps + kMostFrames - 1) / kMostFrames) {
    if (path) animation_.emplace(*path);
  }
  explain::ImagesCallback callback() {
    if (!animation_) return {};
    return [this](std::int64_t step, const torch::Tensor& images) {
      if (step % stride_ == 0 || step == steps_) animation_->add(frame(step, images));
    };
  }
  void finish() {
    if (animation_) animation_->finish();
  }

 private:
  torch::Tensor frame(std::int64_t step, const torch::Tensor& images) const {
    std::vector<cli::Maximised> pictures;
    for (std::int64_t i = 0; i < images.size(0); ++i)
      pictures.push_back({images[i], targets_.names[static_cast<std::size_t>(i)], {}});
    return cli::maximised_sheet(pictures, fmt::format("step {:>{}}", step, std::to_string(steps_).size()));
  }

  const cli::Targets& targets_;
  std::int64_t steps_, stride_;
  std::optional<draw::Animation> animation_;
};

/// One picture's figures, as the sheet, the lines and the report tell them.
struct Finding {
  std::string name, taken_for;
  double start = 0, end = 0, probability = 0;
};

/// The probability is that of the target if it is a class, otherwise that of the predicted class.
std::vector<Finding> findings_of(const checkpoint::Classifier& model, const cli::Targets& targets,
                                 const explain::ActivationMax& found) {
  const torch::Tensor probabilities = torch::softmax(model.logits(found.images), 1);
  std::vector<Finding> findings;
  for (std::int64_t i = 0; i < found.images.size(0); ++i) {
    const auto predicted = probabilities[i].argmax().item<std::int64_t>();
    const std::int64_t of = targets.are_classes() ? targets.indices[static_cast<std::size_t>(i)] : predicted;
    findings.push_back({.name = targets.names[static_cast<std::size_t>(i)],
                        .taken_for = model.classes()[static_cast<std::size_t>(predicted)],
                        .start = found.start[i].item<double>(),
                        .end = found.end[i].item<double>(),
                        .probability = probabilities[i][of].item<double>()});
  }
  return findings;
}

torch::Tensor sheet_of(const explain::ActivationMax& found, const std::vector<Finding>& findings,
                       const cli::Targets& targets, const std::string& heading) {
  std::vector<cli::Maximised> pictures;
  for (std::int64_t i = 0; i < found.images.size(0); ++i) {
    const Finding& f = findings[static_cast<std::size_t>(i)];
    const std::string name = targets.are_classes() ? f.name : f.taken_for;
    pictures.push_back({found.images[i],
                        f.name,
                        {fmt::format("{:.1f} -> {:.1f}", f.start, f.end),
                         targets.are_classes() ? cli::named_percent("p", f.probability)
                                               : cli::named_percent(name, f.probability)}});
  }
  return cli::maximised_sheet(pictures, heading);
}

cli::Json targets_json(const std::vector<Finding>& findings) {
  cli::Json targets = cli::Json::array();
  for (const Finding& f : findings)
    targets.push_back({{"name", f.name},
                       {"start", f.start},
                       {"end", f.end},
                       {"probability", f.probability},
                       {"predicted", f.taken_for}});
  return targets;
}

void say_findings(const cli::Common& common, const std::vector<Finding>& findings,
                  const cli::Targets& targets) {
  for (const Finding& f : findings)
    cli::say(common,
             fmt::format("{:<16} {} {:8.3f} -> {:8.3f}   {}", f.name, targets.value_name(), f.start, f.end,
                         cli::named_percent(targets.are_classes() ? "p" : f.taken_for, f.probability)));
}

/// Pictures that end below their start.
void note_fallen(const cli::Arguments& arguments, const std::vector<Finding>& findings,
                 const cli::Targets& targets) {
  std::vector<std::string> fallen;
  for (const Finding& f : findings)
    if (f.end < f.start) fallen.push_back(fmt::format("{} ({:.3f} -> {:.3f})", f.name, f.start, f.end));
  if (fallen.empty()) return;
  constexpr std::size_t kMostNamed = 5;
  const std::size_t count = fallen.size();
  fallen.resize(std::min(count, kMostNamed));
  const std::string objective = arguments.has("stage") ? "logit" : arguments.text("objective");
  const std::string which = findings.size() == 1 ? "the picture ends"
                                                 : fmt::format("{} of {} pictures {}", count, findings.size(),
                                                               count == 1 ? "ends" : "end");
  note(fmt::format(
      "{} with a lower {} than at the start: {}{}{}; try more --steps, a smaller --l2, or another "
      "--lr",
      which, targets.value_name(), fmt::join(fallen, ", "), count > kMostNamed ? ", ..." : "",
      objective == "logit" ? "" : fmt::format(" (the {} was maximised, not the logit)", objective)));
}

void list_stages_of_model(const cli::Arguments& arguments, const cli::Common& common) {
  const checkpoint::Classifier model = cli::read_model(arguments, common);
  explain::require_stages(model);
  arguments.refuse_unread("with --list-stages");
  cli::list_stages(common, *model.network());
}

void maximise(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments);
  if (arguments.on("list-stages")) return list_stages_of_model(arguments, common);
  cli::require_consistent_targets(arguments);
  const std::string out = cli::picture_output(arguments);
  const auto raw = arguments.optional_output("map");
  const auto animation = read_animation(arguments);

  const checkpoint::Classifier model = cli::read_model(arguments, common);
  if (const std::int64_t channels = model.input().channels; channels != 1 && channels != 3)
    throw InvalidArgument(fmt::format(
        "pictures have 1 or 3 channels, but the model takes {}; occlusion and attribution explain it",
        channels));
  const cli::Targets targets = cli::read_targets(arguments, model);
  const explain::Objective objective = cli::read_objective(arguments, common, model, targets);
  const explain::Objective activation = cli::activation_of(arguments, targets);
  const explain::ActivationMaxOptions options = read_options(arguments, model, activation);
  const auto parametrisation = read_parametrisation(arguments, common, model, targets);
  const explain::Responses responses = explain::responses_of(model, (objective + activation).stages());
  arguments.refuse_unread();

  Stopwatch clock;
  Ascent ascent(animation, targets, options.steps);
  explain::ActivationMax found;
  {
    ProgressBar bar("activation_max", "steps", common.quiet);
    found = explain::activation_max(responses, objective, *parametrisation, options,
                                    make_generator(derive_seed(common.seed, kRun)), bar.callback(),
                                    ascent.callback());
  }
  const double seconds = clock.lap();
  ascent.finish();

  const std::vector<Finding> findings = findings_of(model, targets, found);
  const std::string heading = fmt::format(
      "{}, {} {}", targets.are_classes() ? "classes" : targets.stage + ", " + arguments.text("unit"),
      options.steps, plural(options.steps, "step"));
  image::write_picture(out, sheet_of(found, findings, targets, heading));
  if (raw) io::write_npy(*raw, found.images);
  say_findings(common, findings, targets);
  note_fallen(arguments, findings, targets);
  for (const auto& file : {std::optional<std::filesystem::path>(out), raw, animation})
    if (file) cli::say(common, "wrote " + file->string());
  cli::report(common, {{"targets", targets_json(findings)},
                       {"steps", options.steps},
                       {"steps_per_second", static_cast<double>(options.steps) / seconds},
                       {"images_per_second", static_cast<double>(found.images.size(0)) / seconds},
                       {"seconds", seconds},
                       {"out", out}});
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, maximise); }
