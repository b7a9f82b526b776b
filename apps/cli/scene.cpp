#include "cli/scene.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/image/mask.hpp"

namespace fathom::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLongestSlice = 10000;
constexpr std::int64_t kLongestResize = 8192;

/// The mean pixel of MNIST is 0.13, Fashion-MNIST's 0.29; photographs have 0.4 and more.
constexpr float kDarkMean = 0.35F;

/// The picture files of a folder, sorted; not those of folders in it.
std::vector<fs::path> files_in(const fs::path& folder) {
  const std::set<std::string> endings = {".png", ".jpg", ".jpeg", ".bmp", ".webp",
                                         ".ppm", ".pgm", ".tif",  ".tiff"};
  std::vector<fs::path> files;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed))
    if (entry.is_regular_file() && endings.count(lower_extension(entry.path())) > 0)
      files.push_back(entry.path());
  if (failed) throw FileError(fmt::format("cannot read folder '{}': {}", folder.string(), failed.message()));
  if (files.empty()) throw FileError(fmt::format("no pictures in folder '{}'", folder.string()));
  std::sort(files.begin(), files.end());
  return files;
}

using FileReader = std::function<torch::Tensor(const fs::path&)>;

ListedPicture open_file(const Arguments& arguments, const std::string& flag, const fs::path& file,
                        const FileReader& read) {
  arguments.paths().reads(flag, file);
  return {file.string(), {read(file), {}}};
}

std::vector<ListedPicture> open_folder(const Arguments& arguments, const std::string& flag,
                                       const fs::path& folder, std::int64_t most, const FileReader& read) {
  std::vector<ListedPicture> pictures;
  for (const fs::path& file : files_in(folder)) {
    if (std::ssize(pictures) >= most) break;
    pictures.push_back(open_file(arguments, flag, file, read));
  }
  return pictures;
}

std::vector<ListedPicture> open_slice(const Arguments& arguments, const std::string& flag,
                                      const std::string& name, const data::PictureSlice& slice,
                                      const Common& common) {
  if (slice.last - slice.first >= kLongestSlice)
    throw UsageError(fmt::format("--{} '{}' names more than {} pictures", flag, name, kLongestSlice));
  reads_set(arguments, flag, slice.set, common);
  std::int64_t index = slice.first;
  const std::string stem = name.substr(0, name.rfind(':') + 1);
  std::vector<ListedPicture> pictures;
  for (const data::NamedPicture& p : data::load_pictures(slice, catalog(common)))
    pictures.push_back({stem + std::to_string(index++), {p.image, p.label_name}});
  return pictures;
}

std::vector<ListedPicture> open_listed(const Arguments& arguments, const std::string& flag,
                                       const std::string& list, const Common& common, std::int64_t most,
                                       const FileReader& read) {
  std::vector<ListedPicture> pictures;
  for (const std::string& name : names_in(flag, list)) {
    const std::int64_t left = most - std::ssize(pictures);
    if (left <= 0) break;
    std::vector<ListedPicture> named;
    if (const auto slice = data::parse_picture_slice(name))
      named = open_slice(arguments, flag, name, *slice, common);
    else if (std::error_code ignored; fs::is_directory(name, ignored))
      named = open_folder(arguments, flag, name, left, read);
    else if (data::parse_picture_name(name))
      named = {{name, open_picture(arguments, flag, name, common)}};
    else
      named = {open_file(arguments, flag, name, read)};
    if (std::ssize(named) > left) named.resize(static_cast<std::size_t>(left));
    std::move(named.begin(), named.end(), std::back_inserter(pictures));
  }
  return pictures;
}

}  // namespace

std::vector<ListedPicture> open_pictures(const Arguments& arguments, const std::string& list,
                                         const Common& common, std::int64_t most, std::int64_t channels) {
  return open_listed(arguments, "image", list, common, most,
                     [channels](const fs::path& file) { return read_file_for(file, channels); });
}

std::vector<ListedPicture> open_masks(const Arguments& arguments, const std::string& list,
                                      const Common& common, std::int64_t most) {
  std::vector<ListedPicture> masks = open_listed(arguments, "mask", list, common, most, image::read_mask);
  for (const ListedPicture& mask : masks)
    if (mask.opened.picture.size(0) != 1)
      throw FormatError(fmt::format("mask '{}' has colours; a mask has one number per pixel", mask.name));
  return masks;
}

std::vector<float> probabilities(const checkpoint::Classifier& model, const torch::Tensor& input) {
  const torch::Tensor p = torch::softmax(model.logits(input)[0], 0).to(torch::kFloat).contiguous();
  return {p.data_ptr<float>(), p.data_ptr<float>() + p.numel()};
}

void add_fit_flags(Parser& parser) {
  parser.value(kData, "fit", "how a picture is fitted to the input: stretch|crop", "HOW", "stretch")
      .value(kData, "resize", "resize the short side first, then crop the centre", "N")
      .value(kData, "crop", "size of the cropped centre: the model's input size", "N[xN]")
      .toggle(kData, "invert", "turn black into white: for dark digits on a bright ground");
}

void add_scene_flags(Parser& parser, const std::string& group) {
  add_fit_flags(parser);
  parser.value(group, "target", "class name or index (default: the predicted class)", "CLASS");
}

image::FitOptions read_fit(const Arguments& arguments, const models::InputShape& input) {
  image::FitOptions fit{
      .channels = input.channels, .size = {input.height, input.width}, .invert = arguments.on("invert")};
  if (!arguments.has("resize") && !arguments.has("crop")) {
    if (arguments.choice("fit", {"stretch", "crop"}) == "crop") fit.fit = image::Fit::crop;
    return fit;
  }
  arguments.unused({"fit"}, "with --resize or --crop");
  fit.fit = image::Fit::centre_crop;
  if (arguments.has("crop") && arguments.extent("crop") != fit.size)
    throw UsageError(fmt::format("--crop must be the model's input size, {}x{}, not '{}'", input.height,
                                 input.width, arguments.text("crop")));
  fit.short_side =
      arguments.optional_integer("resize", std::min(input.height, input.width), kLongestResize).value_or(0);
  return fit;
}

void unused_fit_flags(const Arguments& arguments, const std::string& reason) {
  arguments.unused({"fit", "resize", "crop", "invert"}, reason);
}

void hint_at_inversion(const torch::Tensor& fitted, const std::vector<float>& mean,
                       const image::FitOptions& fit) {
  const bool on_black = std::all_of(mean.begin(), mean.end(), [](float m) { return m < kDarkMean; });
  if (fit.invert || !on_black) return;
  const torch::Tensor rows = torch::stack({fitted.select(2, 0), fitted.select(2, fitted.size(2) - 1)});
  const torch::Tensor columns = torch::stack({fitted.select(3, 0), fitted.select(3, fitted.size(3) - 1)});
  for (const torch::Tensor& part : {fitted, rows, columns})
    if (part.mean().item<double>() < 0.5) return;
  note(
      "the input is mostly bright, but the model was trained on bright things on a dark ground; --invert "
      "turns "
      "pictures with a bright ground around");
}

data::PictureReader fitting_reader(const image::FitOptions& fit) {
  return [fit](const fs::path& file, Extent size) {
    if (size == Extent{}) return image::read_picture_as(file, size);
    image::FitOptions to_size = fit;
    to_size.channels = 3;
    to_size.size = size;
    return image::fit_pixels(image::read_picture(file), to_size);
  };
}

torch::Tensor fit_batch(const torch::Tensor& images, const image::FitOptions& fit) {
  const std::vector<std::int64_t> input = {fit.channels, fit.size.height, fit.size.width};
  if (images.sizes().slice(1) == at::IntArrayRef(input) && !fit.invert && fit.fit != image::Fit::centre_crop)
    return images;
  std::vector<torch::Tensor> fitted;
  for (const torch::Tensor& each : images.unbind())
    fitted.push_back(image::fit(image::to_picture(each), fit));
  return torch::cat(fitted);
}

Scene read_scene(const Arguments& arguments, const checkpoint::Classifier& model, const OpenedPicture& opened,
                 const std::string& name) {
  Scene scene;
  const bool is_picture = opened.picture.size(0) == 1 || opened.picture.size(0) == 3;
  scene.picture = is_picture ? opened.picture : image::shown_bands(opened.picture);
  scene.caption = opened.true_class ? "true class: " + *opened.true_class
                                    : std::filesystem::path(name).filename().string();
  scene.fit = read_fit(arguments, model.input());
  scene.input = image::fit(opened.picture, scene.fit);
  if (!opened.true_class) hint_at_inversion(scene.input, model.mean(), scene.fit);
  scene.probabilities = probabilities(model, scene.input);
  scene.predicted =
      std::max_element(scene.probabilities.begin(), scene.probabilities.end()) - scene.probabilities.begin();
  const auto target = arguments.optional("target");
  scene.target = target ? model.class_index(*target) : scene.predicted;
  return scene;
}

torch::Tensor read_colour(const Arguments& arguments, const std::string& flag,
                          const checkpoint::Classifier& model) {
  const std::string word = arguments.text(flag);
  const auto colour = [&](double value) {
    return torch::full({model.input().channels}, value, torch::kFloat);
  };
  if (word == "mean") return torch::tensor(model.mean());
  if (word == "black") return colour(0);
  if (word == "white") return colour(1);
  if (word == "grey") return colour(0.5);
  return colour(arguments.number(flag, 0, 1));
}

}  // namespace fathom::cli
