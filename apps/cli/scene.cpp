#include "cli/scene.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/data/class_match.hpp"
#include "fathom/data/folder.hpp"
#include "fathom/image/mask.hpp"

namespace fathom::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLongestSlice = 10000;
constexpr std::int64_t kLongestResize = 8192;

/// The mean pixel of MNIST is 0.13, Fashion-MNIST's 0.29; photographs have 0.4 and more.
constexpr float kDarkMean = 0.35F;

/// A flag that lists pictures, and how it reads one.
struct PictureFlag {
  std::string name;
  std::function<torch::Tensor(const fs::path&)> read;
  torch::Tensor (*decode)(const std::string& bytes, const std::string& what);
};

/// Pictures that cannot be read, which are all found before one message names them.
class Damage {
 public:
  void add(const std::string& name, const std::string& reason) {
    names_.push_back(fmt::format("'{}'", name));
    failures_.push_back({name, reason});
  }
  std::int64_t count() const { return std::ssize(names_); }
  /// Throws FormatError if there are any; of a single one what its reader said.
  void refuse(std::int64_t pictures) const {
    if (names_.empty()) return;
    throw FormatError(names_.size() == 1 ? failures_.front().reason : text(pictures));
  }
  std::string text(std::int64_t pictures) const {
    constexpr std::size_t kMostNamed = 20;
    const std::size_t more = names_.size() > kMostNamed ? names_.size() - kMostNamed : 0;
    return fmt::format("{} of {} {} cannot be read: {}{} ({})", names_.size(), pictures,
                       plural(pictures, "picture"),
                       fmt::join(names_.begin(), names_.end() - static_cast<std::ptrdiff_t>(more), ", "),
                       more > 0 ? fmt::format(" and {} more", more) : "", failures_text(failures_));
  }

 private:
  std::vector<std::string> names_;
  std::vector<Failure> failures_;
};

void open_file(const Arguments& arguments, const PictureFlag& flag, const std::string& name,
               std::vector<ListedPicture>& pictures, Damage& damage) {
  arguments.paths().reads(flag.name, name);
  try {
    pictures.push_back({name, {flag.read(name), {}}});
  } catch (const FormatError& e) {
    damage.add(name, e.what());
  }
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

/// The names in a list joined by commas. A file whose name has commas is taken whole.
std::vector<std::string> file_names_in(const std::string& flag, const std::string& list) {
  constexpr std::size_t kMostParts = 8;  // of one name
  const auto exists = [](const std::string& name) {
    std::error_code ignored;
    return fs::exists(name, ignored);
  };
  if (exists(list)) return {list};
  const std::vector<std::string> parts = split(list + ",", ',');
  std::vector<std::string> names;
  for (std::size_t i = 0; i < parts.size();) {
    std::size_t used = 1;
    std::string name = parts[i], joined = parts[i];
    for (std::size_t n = 1; n < kMostParts && i + n < parts.size(); ++n) {
      joined += "," + parts[i + n];
      if (!exists(joined)) continue;
      name = joined;
      used = n + 1;
    }
    names.push_back(name);
    i += used;
  }
  for (const std::string& name : names)
    if (name.empty()) throw UsageError(fmt::format("--{} '{}' contains an empty name", flag, list));
  return names;
}

void open_named(const Arguments& arguments, const PictureFlag& flag, const std::string& name,
                const Common& common, std::int64_t left, std::vector<ListedPicture>& pictures,
                Damage& damage) {
  if (name == "-") {
    pictures.push_back({"-", {flag.decode(read_standard_input(), "standard input"), {}}});
  } else if (const auto slice = data::parse_picture_slice(name)) {
    std::vector<ListedPicture> named = open_slice(arguments, flag.name, name, *slice, common);
    std::move(named.begin(), named.end(), std::back_inserter(pictures));
  } else if (std::error_code ignored; fs::is_directory(name, ignored)) {
    std::vector<fs::path> files = data::pictures_in(name);
    if (std::ssize(files) > left) files.resize(static_cast<std::size_t>(left));
    for (const fs::path& file : files) open_file(arguments, flag, file.string(), pictures, damage);
  } else {
    open_file(arguments, flag, name, pictures, damage);
  }
}

std::vector<ListedPicture> open_listed(const Arguments& arguments, const PictureFlag& flag,
                                       const std::string& list, const Common& common, std::int64_t most,
                                       bool skip_damaged) {
  const std::vector<std::string> names =
      arguments.has(flag.name) ? picture_names(arguments, flag.name) : file_names_in(flag.name, list);
  std::vector<ListedPicture> pictures;
  Damage damage;
  for (const std::string& name : names) {
    const std::int64_t left = most - std::ssize(pictures) - damage.count();
    if (left <= 0) break;
    open_named(arguments, flag, name, common, left, pictures, damage);
  }
  const std::int64_t listed = std::ssize(pictures) + damage.count();
  if (!skip_damaged || pictures.empty())
    damage.refuse(listed);
  else if (damage.count() > 0)
    note("left out, " + damage.text(listed));
  if (std::ssize(pictures) > most) pictures.resize(static_cast<std::size_t>(most));
  return pictures;
}

std::vector<float> softmax_of(const torch::Tensor& logits) {
  const torch::Tensor p = torch::softmax(logits, 0).to(torch::kFloat).contiguous();
  return {p.data_ptr<float>(), p.data_ptr<float>() + p.numel()};
}

/// "true class: dog (right)". A model without class names cannot be right or wrong about a name.
std::string true_class_text(const checkpoint::Classifier& model, const Scene& scene) {
  const std::string text = "true class: " + *scene.true_class;
  if (data::are_placeholders(model.classes())) return text;
  const auto index = data::find_class(*scene.true_class, model.classes());
  if (index) return fmt::format("{} ({})", text, *index == scene.predicted ? "right" : "wrong");
  note(fmt::format("the true class '{}' is not one of the model's classes", *scene.true_class));
  return text + " (not in the model)";
}

/// Nothing if this is not the name of pictures of a set. Who opens it says what is wrong with it.
std::optional<data::PictureSlice> slice_of(const std::string& name) try {
  return data::parse_picture_slice(name);
} catch (const InvalidArgument&) {
  return {};
}

/// The last `parts` parts of a path.
fs::path end_of(const fs::path& path, std::ptrdiff_t parts) {
  const std::ptrdiff_t all = std::distance(path.begin(), path.end());
  fs::path end;
  for (auto part = std::next(path.begin(), std::max<std::ptrdiff_t>(0, all - parts)); part != path.end();
       ++part)
    end /= *part;
  return end;
}

}  // namespace

std::vector<std::string> distinct_names(const std::vector<std::string>& paths) {
  std::vector<std::string> names(paths.size());
  std::vector<std::size_t> open(paths.size());  // indices of the paths that others may share the name with
  std::iota(open.begin(), open.end(), 0);
  for (std::ptrdiff_t parts = 1; !open.empty(); ++parts) {
    std::map<std::string, std::set<std::string>> of_name;
    for (const std::size_t i : open) {
      names[i] = end_of(paths[i], parts).string();
      of_name[names[i]].insert(paths[i]);
    }
    open.erase(std::remove_if(open.begin(), open.end(),
                              [&](std::size_t i) {
                                return of_name.at(names[i]).size() == 1 ||
                                       names[i] == fs::path(paths[i]).string();
                              }),
               open.end());
  }
  return names;
}

std::string one_picture_name(const Arguments& arguments, const std::string& flag) {
  arguments.required(flag);
  const std::vector<std::string> given = arguments.values(flag);
  const bool is_of_set = given.size() == 1 && slice_of(given.front());  // its path may have commas
  const std::vector<std::string> names = is_of_set ? given : picture_names(arguments, flag);
  const auto refuse = [&](const std::string& what) {
    throw UsageError(fmt::format(
        "--{} takes one picture, but {}; predict and attribution take any number of pictures, and "
        "folders",
        flag, what));
  };
  if (names.size() > 1) refuse(fmt::format("{} are given", names.size()));
  const std::string& name = names.front();
  std::error_code ignored;
  if (fs::is_directory(name, ignored)) refuse(fmt::format("'{}' is a folder", name));
  if (const auto slice = slice_of(name); slice && slice->last > slice->first)
    refuse(fmt::format("'{}' names {}", name, slice->last - slice->first + 1));
  return name;
}

std::vector<std::string> picture_names(const Arguments& arguments, const std::string& flag) {
  std::vector<std::string> names;
  for (const std::string& each : arguments.values(flag))
    for (std::string& name : file_names_in(flag, each)) names.push_back(std::move(name));
  if (std::count(names.begin(), names.end(), "-") > 1)
    throw UsageError(fmt::format("--{} has '-' more than once, but standard input has one picture", flag));
  return names;
}

std::vector<ListedPicture> open_pictures(const Arguments& arguments, const std::string& list,
                                         const Common& common, std::int64_t most, std::int64_t channels,
                                         bool skip_damaged) {
  const auto read = [channels](const fs::path& file) { return read_file_for(file, channels); };
  return open_listed(arguments, {"image", read, image::decode_picture}, list, common, most, skip_damaged);
}

std::vector<ListedPicture> open_masks(const Arguments& arguments, const std::string& list,
                                      const Common& common, std::int64_t most) {
  std::vector<ListedPicture> masks =
      open_listed(arguments, {"mask", image::read_mask, image::decode_mask}, list, common, most, false);
  for (const ListedPicture& mask : masks)
    if (mask.opened.picture.size(0) != 1)
      throw FormatError(fmt::format("mask '{}' has colours; a mask has one number per pixel", mask.name));
  return masks;
}

std::vector<float> probabilities(const checkpoint::Classifier& model, const torch::Tensor& input) {
  return softmax_of(model.logits(input)[0]);
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
                 const std::string& caption) {
  Scene scene;
  const bool is_picture = opened.picture.size(0) == 1 || opened.picture.size(0) == 3;
  scene.picture = is_picture ? opened.picture : image::shown_bands(opened.picture);
  scene.true_class = opened.true_class;
  scene.fit = read_fit(arguments, model.input());
  scene.input = image::fit(opened.picture, scene.fit);
  if (!opened.true_class) hint_at_inversion(scene.input, model.mean(), scene.fit);
  scene.logits = model.logits(scene.input)[0];
  scene.probabilities = softmax_of(scene.logits);
  scene.predicted =
      std::max_element(scene.probabilities.begin(), scene.probabilities.end()) - scene.probabilities.begin();
  scene.caption = opened.true_class ? true_class_text(model, scene) : caption;
  const auto target = arguments.optional("target");
  scene.target = target ? model.class_index(*target) : scene.predicted;
  return scene;
}

void note_if_flat(const checkpoint::Classifier& model, const Scene& scene) {
  if (const std::string reason = model.why_flat(scene.logits, scene.target); !reason.empty()) note(reason);
}

void note_if_rounded(const checkpoint::Classifier& model, const std::vector<Scene>& scenes) {
  constexpr float kRounding = 5e-7F;  // 1 - p, or p, that seven digits do not show
  std::vector<const Scene*> rounded;
  for (const Scene& scene : scenes) {
    const float p = scene.probabilities[static_cast<std::size_t>(scene.target)];
    if ((p <= kRounding || p >= 1 - kRounding) && model.why_flat(scene.logits, scene.target).empty())
      rounded.push_back(&scene);
  }
  if (rounded.empty()) return;
  const Scene& first = *rounded.front();
  const auto target = static_cast<std::size_t>(first.target);
  const std::string where =
      scenes.size() == 1 ? "" : fmt::format(" for {} of {} pictures", rounded.size(), scenes.size());
  note(fmt::format(
      "the probability of the explained class ('{}') is rounded to {}{}: covering parts can change "
      "the logit much and the probability not at all, so probabilities of changed pictures, "
      "deletion and insertion say little",
      model.classes()[target], first.probabilities[target] < 0.5F ? 0 : 1, where));
}

torch::Tensor read_colour(const Arguments& arguments, const std::string& flag,
                          const checkpoint::Classifier& model, const std::string& further) {
  const std::string word = arguments.text(flag);
  const auto colour = [&](double value) {
    return torch::full({model.input().channels}, value, torch::kFloat);
  };
  if (word == "mean") return torch::tensor(model.mean());
  if (word == "black") return colour(0);
  if (word == "white") return colour(1);
  if (word == "grey") return colour(0.5);
  try {
    return colour(arguments.number(flag, 0, 1));
  } catch (const UsageError&) {
    throw UsageError(fmt::format("--{} must be mean, black, white, grey, {}or a number from 0 to 1, not '{}'",
                                 flag, further, word));
  }
}

}  // namespace fathom::cli
