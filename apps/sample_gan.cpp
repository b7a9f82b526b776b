/// sample_gan: draws samples from a trained generator.
///
///   sample_gan --model gan.pt -o grid.png
///
/// A grid of samples; interpolations between samples (--interpolate); or each sample beside its nearest
/// training picture, which reveals a generator that memorises (--nearest).
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/model_files.hpp"
#include "cli/sets.hpp"
#include "cli/sheets/gan_sheet.hpp"
#include "fathom/checkpoint/class_names.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/stopwatch.hpp"
#include "fathom/core/text.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/gan/checkpoint.hpp"
#include "fathom/gan/sampling.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/npy.hpp"

namespace {

using namespace fathom;

constexpr std::int64_t kInterpolationRows = 6, kInterpolationSteps = 10;

cli::Parser parser() {
  cli::Parser parser("sample_gan", "Draws pictures from a generator that train_gan wrote.",
                     {"sample_gan --model fashion-gan --class sandal -o sandals.png",
                      "sample_gan --model fashion-gan --nearest --count 8 -o nearest.png"});
  cli::add_common_flags(parser);
  const char *what = "Samples", *output = "Output";
  parser.value(cli::kModel, "model", "a generator, or the name of a shipped one", "NAME")
      .value(cli::kData, "data", "data set for --nearest (default: the set in the generator's card)", "SET")
      .value(cli::kData, "image-size", "side to which pictures of a folder are resized", "N", "32")
      .value(what, "count", "samples, or rows with --interpolate (default: 6 rows; with --nearest 16)", "N")
      .value(what, "class", "class to draw, by name or index (conditional generators only)", "CLASS")
      .toggle(what, "interpolate", "draw rows of samples along the arc between two latent vectors")
      .toggle(what, "nearest", "show each sample beside the nearest training picture")
      .value(what, "columns", "columns of the grid", "N")
      .value(output, "npy", "samples as uint8 [N,C,H,W]", "FILE.npy")
      .value(output, "save-dir", "write every sample as a separate picture", "DIR")
      .value(output, "o,out", "the grid", "FILE", "samples.png");
  cli::add_set_flags(parser);
  return parser;
}

/// A class of the generator by its name (case ignored) or index; nothing where none is asked for.
std::optional<std::int64_t> asked_class(const cli::Arguments& arguments, const gan::GanCard& card) {
  const auto asked = arguments.optional("class");
  if (!asked) return std::nullopt;
  if (gan::classes_of(card.architecture) == 0)
    throw cli::UsageError("--class is for a conditional generator, and this one is unconditional");
  return checkpoint::class_index(card.classes, *asked);
}

/// What is drawn, in rows of `columns`.
struct Drawn {
  torch::Tensor pictures;  // uint8 [N, C, H, W]
  std::int64_t columns = 8;
  std::string heading;
};

/// Pairs of a sample and the training picture nearest to it, and how far apart they are.
torch::Tensor nearest_sheet(const torch::Tensor& samples, const data::ImageSet& set, std::int64_t columns) {
  const gan::Nearest nearest = gan::nearest_pictures(samples, set.images);
  std::vector<draw::Panel> panels;
  for (std::int64_t i = 0; i < samples.size(0); ++i) {
    const std::int64_t index = nearest.index[i].item<std::int64_t>();
    const torch::Tensor pair = torch::stack({samples[i], set.images[index]});
    panels.push_back(
        {image::to_rgb(draw::tiled(pair, 2, std::max<std::int64_t>(1, 84 / samples.size(3)))),
         "",
         {fmt::format("{} of {}", index,
                      set.classes.at(static_cast<std::size_t>(set.labels[index].item<std::int64_t>()))),
          fmt::format("differs by {:.1f} %", 100 * nearest.distance[i].item<float>())}});
  }
  return draw::sheet(panels,
                     {.columns = columns, .heading = "samples, and the training pictures nearest to them"});
}

/// The training pictures that --nearest compares with; nothing without it.
std::optional<data::ImageSet> read_training_set(const cli::Arguments& arguments, const cli::Common& common,
                                                const gan::GanCard& card) {
  if (!arguments.on("nearest")) {
    arguments.unused({"data", "image-size", "skip-damaged"}, "without --nearest");
    return {};
  }
  const std::string name = arguments.optional("data").value_or(card.data_set);
  cli::reads_set(arguments, "data", name, common);
  Extent size;
  if (cli::is_folder_set(name)) {
    const std::int64_t side = arguments.integer("image-size", 4, 1024);
    size = {side, side};
  } else {
    arguments.unused({"image-size"},
                     fmt::format("on data set '{}', whose pictures have a size of their own", name));
  }
  data::Catalog catalog = cli::catalog(common, size);
  catalog.skip_damaged = cli::skips_damaged(arguments, name);
  arguments.refuse_unread();
  return data::load(name, data::Split::train, catalog);
}

constexpr int kDigits = 5;  // of the names of saved pictures

/// --save-dir, for `count` pictures.
std::optional<std::filesystem::path> read_save_dir(const cli::Arguments& arguments, std::int64_t count) {
  const auto folder = arguments.optional("save-dir");
  if (!folder) return {};
  arguments.paths().writes_into("save-dir", *folder, [=](const std::string& name) {
    return cli::is_numbered_png(name, kDigits, count);
  });
  return *folder;
}

void save_each(const std::filesystem::path& folder, const torch::Tensor& pictures) {
  for (std::int64_t i = 0; i < pictures.size(0); ++i)
    image::write_picture(folder / fmt::format("{:0{}}.png", i, kDigits), pictures[i]);
}

void sample_gan(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments);
  const std::string out = cli::picture_output(arguments);
  const auto npy = arguments.optional_output("npy");
  const bool interpolate = arguments.on("interpolate"), nearest = arguments.on("nearest");
  if (interpolate && nearest)
    throw cli::UsageError("--interpolate and --nearest are different sheets; give one");
  const gan::GanCheckpoint checkpoint = gan::load_generator(cli::model_input(arguments, "model"));
  gan::Generator& generator = *checkpoint.generator;
  generator.to(common.device);
  if (!std::holds_alternative<gan::DcganOptions>(generator.architecture()))
    throw InvalidArgument("the generator makes points, not pictures");
  const auto label = asked_class(arguments, checkpoint.card);
  Drawn drawn;
  if (!label) drawn.columns = cli::sheet_columns(gan::classes_of(generator.architecture()));
  const std::int64_t count = arguments.optional_integer("count", 1, 1'000'000)
                                 .value_or(interpolate ? kInterpolationRows
                                           : nearest   ? 16
                                                       : 6 * drawn.columns);
  const auto asked_columns = arguments.optional_integer("columns", 1, 1000);
  const auto save_dir = read_save_dir(arguments, interpolate ? count * kInterpolationSteps : count);
  const std::optional<data::ImageSet> training = read_training_set(arguments, common, checkpoint.card);
  arguments.refuse_unread();
  Stopwatch watch;
  if (interpolate) {
    drawn = {gan::interpolation(generator, count, kInterpolationSteps, label, common.seed),
             kInterpolationSteps, "interpolation between samples"};
  } else {
    ProgressBar bar("sample_gan", "samples", common.quiet);
    drawn.pictures =
        gan::draw_samples(generator, count, make_generator(common.seed), label, bar.callback()).values;
    drawn.heading = label ? checkpoint.card.classes.at(static_cast<std::size_t>(*label)) : "";
  }
  const double seconds = watch.lap();
  const std::int64_t columns = asked_columns.value_or(nearest ? 4 : drawn.columns);
  image::write_picture(out, training ? nearest_sheet(drawn.pictures, *training, columns)
                                     : cli::sample_sheet(drawn.pictures, columns, drawn.heading));
  if (npy) io::write_npy(*npy, drawn.pictures);
  if (save_dir) save_each(*save_dir, drawn.pictures);
  cli::say(common, fmt::format("{} {}; wrote {}", drawn.pictures.size(0),
                               plural(drawn.pictures.size(0), "sample"), out));
  cli::report(common, {{"count", drawn.pictures.size(0)}, {"seconds", seconds}, {"picture", out}});
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, sample_gan); }
