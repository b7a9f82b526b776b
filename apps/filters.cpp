/// filters: what does a network look for, and where does it find it?
///
///   filters --model cnn.pt
///   filters --model cnn.pt --stage conv3 --image dog.png
///
/// Without a picture, the weights of the first layer, which are small pictures themselves; with one, what the
/// units of a stage answer to it. This program reads the network, takes the weights
/// (lib/fathom/explain/filters.hpp) or runs the picture up to the stage, and draws a labelled sheet.
#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/model_files.hpp"
#include "cli/scene.hpp"
#include "cli/sets.hpp"
#include "cli/sheets/filter_sheet.hpp"
#include "cli/stages.hpp"
#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/checkpoint/file_kind.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/explain/filters.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/npy.hpp"
#include "fathom/models/image_model.hpp"

namespace {

using namespace fathom;

cli::Parser parser() {
  cli::Parser parser(
      "filters",
      "Draws the filters of a network's first layer, or the feature maps of a stage for a picture.",
      {"filters --model cifar10-cnn -o filters.png",
       "filters --model fashion-cnn --stage conv3 --image fashion-mnist:test:17"});
  cli::add_common_flags(parser);
  const char* own = "Filters";
  parser.value(cli::kModel, "model", "a checkpoint of fathom, or a shipped model's name", "NAME");
  parser
      .value(cli::kData, "image",
             "a picture file, SET:SPLIT:INDEX, or - for standard input: draws feature maps", "NAME")
      .several();  // so that one_picture_name can say which programs take several
  cli::add_fit_flags(parser);
  parser.value(own, "stage", "stage whose feature maps are drawn (default: the first)", "STAGE")
      .toggle(own, "list-stages", "print the names of the stages and exit")
      .value(own, "limit", "maximum number of pictures drawn", "N", "64")
      .value(own, "sort", "order: none (the network's order) or norm (the strongest first)", "HOW", "none")
      .value(own, "map", "write all raw values, float32, in the network's order", "FILE.npy")
      .value(own, "o,out", "the sheet", "FILE", "filters.png");
  return parser;
}

checkpoint::Checkpoint open_network(const cli::Arguments& arguments, const cli::Common& common) {
  const std::string path = cli::model_input(arguments, "model").string();
  const std::string what = fmt::format("cannot read model '{}'", path);
  const std::string bytes = io::read_file(path);
  checkpoint::require_program(bytes, path, what);
  std::optional<checkpoint::Checkpoint> checkpoint = checkpoint::checkpoint_from_bytes(bytes, what);
  if (!checkpoint)
    throw InvalidArgument(
        fmt::format("filters and feature maps need a network with known stages, but '{}' is a TorchScript "
                    "file without fathom's card; occlusion works with it",
                    path));
  checkpoint->network->to(common.device);
  checkpoint->network->eval();
  return *std::move(checkpoint);
}

/// Which of several pictures are drawn, and in which order.
struct Selection {
  std::int64_t limit = 1;
  bool sorted = false;
};

/// The last flags that are read.
Selection read_selection(const cli::Arguments& arguments) {
  const Selection selection = {arguments.integer("limit", 1, 4096),
                               arguments.choice("sort", {"none", "norm"}) == "norm"};
  arguments.refuse_unread();
  return selection;
}

/// Of the pictures [N, ...].
torch::Tensor chosen(const Selection& selection, const torch::Tensor& pictures) {
  const torch::Tensor order =
      selection.sorted ? explain::strongest_first(pictures) : torch::arange(pictures.size(0));
  return order.narrow(0, 0, std::min(selection.limit, pictures.size(0)));
}

std::string shown_text(const torch::Tensor& shown, std::int64_t count, bool sorted) {
  if (shown.size(0) == count) return sorted ? ", the strongest first" : "";
  return fmt::format(", the {} {} of them", sorted ? "strongest" : "first", shown.size(0));
}

/// "3x3", or "3x3 in 3 channels".
std::string size_text(const torch::Tensor& filters) {
  const std::string size = fmt::format("{}x{}", filters.size(2), filters.size(3));
  return filters.size(1) == 1 ? size : fmt::format("{} in {} channels", size, filters.size(1));
}

/// What was drawn, for the report.
struct Drawing {
  std::string kind, stage, text;
  torch::Tensor values;  // as --map writes them
  std::int64_t count = 0, height = 1, width = 1, shown = 0;
  torch::Tensor sheet;
};

Drawing draw_filters(const cli::Arguments& arguments, const checkpoint::Checkpoint& checkpoint) {
  const explain::Filters filters = explain::first_layer_filters(*checkpoint.network);
  if (const auto stage = arguments.optional("stage"); stage && checkpoint.network->stage_index(*stage) > 0)
    throw cli::UsageError(
        fmt::format("--image is missing: the weights of {} cannot be drawn as pictures, because they weight "
                    "the outputs of the stage before; with --image, its feature maps are drawn",
                    *stage));
  cli::unused_fit_flags(arguments, "without --image");
  const Selection selection = read_selection(arguments);
  const torch::Tensor& w = filters.weights;
  const torch::Tensor shown = chosen(selection, w);
  const std::string text =
      fmt::format("{}: {} {} of {}{}", filters.stage, w.size(0), plural(w.size(0), "filter"), size_text(w),
                  shown_text(shown, w.size(0), selection.sorted));
  return {.kind = "weights",
          .stage = filters.stage,
          .text = text,
          .values = w,
          .count = w.size(0),
          .height = w.size(2),
          .width = w.size(3),
          .shown = shown.size(0),
          .sheet = cli::filter_sheet(filters, {shown, text})};
}

Drawing draw_activations(const cli::Arguments& arguments, const cli::Common& common,
                         const checkpoint::Checkpoint& checkpoint) {
  const torch::NoGradGuard no_grad;
  models::ImageModel& network = *checkpoint.network;
  const std::string stage = arguments.optional("stage").value_or(network.stages().front());
  network.stage_index(stage);  // a wrong name is told before the picture is opened
  const image::FitOptions fit = cli::read_fit(arguments, models::input_of(checkpoint.card.architecture));
  const cli::OpenedPicture opened =
      cli::open_picture(arguments, "image", cli::one_picture_name(arguments, "image"), common);
  const torch::Tensor input = image::fit(opened.picture, fit);
  if (!opened.true_class) cli::hint_at_inversion(input, checkpoint.card.mean, fit);
  const torch::Tensor a = network.forward_to(input.to(common.device), stage)[0].to(torch::kCPU).contiguous();
  // What is no stack of maps is one picture, and drawn whole.
  if (a.dim() != 3) {
    arguments.unused({"limit", "sort"}, fmt::format("at stage {}, which is drawn whole", stage));
    arguments.refuse_unread();
  }
  const Selection selection = a.dim() == 3 ? read_selection(arguments) : Selection{};
  const torch::Tensor shown = a.dim() == 3 ? chosen(selection, a) : torch::arange(a.size(-1));
  Drawing drawing{.kind = "activations", .stage = stage, .values = a, .shown = shown.size(0)};
  drawing.count = a.dim() == 3 ? a.size(0) : a.size(-1);
  if (a.dim() == 3) drawing.height = a.size(1), drawing.width = a.size(2);
  if (a.dim() == 2) drawing.height = a.size(0);
  drawing.text = a.dim() == 3
                     ? fmt::format("{}: {} {} of {}x{}{}", stage, a.size(0), plural(a.size(0), "map"),
                                   a.size(1), a.size(2), shown_text(shown, a.size(0), selection.sorted))
                 : a.dim() == 2 ? fmt::format("{}: {} {} after each of {} {}", stage, a.size(1),
                                              plural(a.size(1), "unit"), a.size(0), plural(a.size(0), "row"))
                                : fmt::format("{}: {} {}", stage, a.size(0), plural(a.size(0), "unit"));
  const bool classes = stage == "logits";
  drawing.sheet = cli::activation_sheet(input, a, {shown, drawing.text},
                                        classes ? checkpoint.card.classes : std::vector<std::string>{});
  return drawing;
}

void filters(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments);
  if (arguments.on("list-stages")) {
    const checkpoint::Checkpoint checkpoint = open_network(arguments, common);
    arguments.refuse_unread("with --list-stages");
    return cli::list_stages(common, *checkpoint.network);
  }
  const std::string out = cli::picture_output(arguments);
  const auto raw = arguments.optional_output("map");

  const checkpoint::Checkpoint checkpoint = open_network(arguments, common);
  const Drawing drawing = arguments.has("image") ? draw_activations(arguments, common, checkpoint)
                                                 : draw_filters(arguments, checkpoint);
  image::write_picture(out, drawing.sheet);
  if (raw) io::write_npy(*raw, drawing.values);

  cli::say(common, drawing.text);
  if (drawing.shown < drawing.count)
    note(fmt::format("{} of {} left out; --limit {} draws them all", drawing.count - drawing.shown,
                     drawing.count, drawing.count));
  cli::say(common, "wrote " + out);
  cli::report(common, {{"stage", drawing.stage},
                       {"count", drawing.count},
                       {"height", drawing.height},
                       {"width", drawing.width},
                       {"kind", drawing.kind},
                       {"shown", drawing.shown},
                       {"largest", drawing.values.abs().max().item<double>()},
                       {"out", out}});
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, filters); }
