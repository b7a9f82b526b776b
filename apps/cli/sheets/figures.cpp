#include "cli/sheets/figures.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/cli.hpp"
#include "fathom/draw/heatmap.hpp"
#include "fathom/draw/sheet.hpp"

namespace fathom::cli {
namespace {

constexpr std::int64_t kPanelSide = 336;                 // 12 x 28
constexpr std::int64_t kLeastInputWidth = 126;           // of the words below it
constexpr std::int64_t kLeastSide = 8, kLeastFrame = 2;  // of what is shown, and of a covered patch
constexpr std::int64_t kLeastBar = 120;                  // of a colour bar
constexpr std::int64_t kWidestWords = 240;
constexpr std::int64_t kShownClasses = 3;
constexpr double kScoreRounding = 2e-6;  // of a score of 1, in float32 through a network
constexpr draw::Colour kRed = {202, 0, 32}, kBlue = {5, 113, 176};

/// A patch of the input on the display, at least kLeastFrame pixels wide and tall.
Patch place(const Display& display, Patch p) {
  const auto span = [](std::int64_t first, std::int64_t length, double scale, std::int64_t shown) {
    const std::int64_t begin =
        std::clamp<std::int64_t>(std::lround(static_cast<double>(first) * scale), 0, shown - kLeastFrame);
    const auto end = std::lround(static_cast<double>(first + length) * scale);
    return std::pair{begin, std::clamp<std::int64_t>(end, begin + kLeastFrame, shown) - begin};
  };
  const auto [y, height] = span(p.y, p.height, display.scale_y, display.picture.size(1));
  const auto [x, width] = span(p.x, p.width, display.scale_x, display.picture.size(2));
  return {y, x, height, width};
}

/// Of any number of bands those that are shown: three, or one.
torch::Tensor shown_channels(const torch::Tensor& bands, std::int64_t dimension) {
  return bands.narrow(dimension, 0, bands.size(dimension) >= 3 ? 3 : 1).contiguous();
}

/// The baseline as a picture of the panel's size.
torch::Tensor baseline_panel(const OcclusionScene& scene, const Display& shown) {
  const torch::Tensor baseline = scene.baseline.dim() == 1 ? scene.baseline.view({-1, 1, 1}) : scene.baseline;
  const torch::Tensor full =
      shown_channels(baseline.expand({scene.fit.channels, scene.fit.size.height, scene.fit.size.width}), 0);
  const Extent size = {shown.picture.size(1), shown.picture.size(2)};
  return image::to_rgb(image::resize(image::to_picture(full), size, shown.pixelated));
}

torch::Tensor with_patch(const OcclusionScene& scene, const Display& shown, Patch patch,
                         draw::Colour colour) {
  const Patch p = place(shown, patch);
  torch::Tensor picture = shown.picture.clone();
  const auto part = [&](const torch::Tensor& t) {
    return t.narrow(1, p.y, p.height).narrow(2, p.x, p.width);
  };
  part(picture).copy_(part(baseline_panel(scene, shown)));
  return draw::framed(picture, p, colour);
}

double rounding_of(const explain::OcclusionMap& map) {
  return kScoreRounding * std::max(1.0, std::abs(static_cast<double>(map.score)));
}

/// `picture` on white, at the top and as tall as `height`.
torch::Tensor heightened(const torch::Tensor& picture, std::int64_t height) {
  if (picture.size(1) >= height) return picture;
  torch::Tensor tall = torch::full({3, height, picture.size(2)}, 255, torch::kUInt8);
  tall.narrow(1, 0, picture.size(1)).copy_(picture);
  return tall;
}

/// With a colour bar at its right, which is as tall as the picture but not too low for its words.
torch::Tensor with_drop_bar(const torch::Tensor& picture, const OcclusionScene& scene, double limit) {
  const std::int64_t height = std::max(kLeastBar, picture.size(1));
  return torch::cat(
      {heightened(picture, height), draw::colour_bar(limit, height, scene.score_name + " drop")}, 2);
}

/// A whole sheet with one colour bar at its right.
torch::Tensor with_outer_bar(const torch::Tensor& sheet, const OcclusionScene& scene, double limit) {
  constexpr std::int64_t kEdge = 16;  // as around the sheet
  const std::int64_t height = std::clamp(sheet.size(1) - 2 * kEdge, kLeastBar, kPanelSide);
  const std::int64_t whole = std::max(sheet.size(1), height + 2 * kEdge);
  const torch::Tensor bar = draw::colour_bar(limit, height, scene.score_name + " drop");
  torch::Tensor column = torch::full({3, whole, bar.size(2) + kEdge}, 255, torch::kUInt8);
  column.narrow(1, (whole - height) / 2, height).narrow(2, 0, bar.size(2)).copy_(bar);
  return torch::cat({heightened(sheet, whole), column}, 2);
}

torch::Tensor heat_picture(const Display& shown, const explain::OcclusionMap& map, double limit) {
  return draw::overlay(shown.picture, map.drop, limit, shown.pixelated);
}

draw::Panel scene_panel(const checkpoint::Classifier& model, const Scene& scene, const Display& shown) {
  return {shown.picture, shown_caption(scene), probable_classes(model, scene)};
}

draw::Panel covered_panel(const checkpoint::Classifier& model, const OcclusionScene& scene,
                          const Display& shown, const std::string& title, const CoveredPart& part,
                          draw::Colour colour) {
  return {with_patch(scene, shown, part.patch, colour),
          title,
          {named_percent(class_name(model, scene.target), part.probability),
           fmt::format("{} {} {:.3g}", scene.score_name, part.drop >= 0 ? "falls by" : "rises by",
                       std::abs(part.drop))}};
}

}  // namespace

Display display(const Scene& scene, std::int64_t side) {
  const Extent whole = {scene.picture.size(1), scene.picture.size(2)};
  const Patch part = image::fitted_part(whole, scene.fit);
  const torch::Tensor seen =
      scene.picture.narrow(1, part.y, part.height).narrow(2, part.x, part.width).contiguous();
  const std::int64_t longer = std::max(part.height, part.width);
  Display shown;
  shown.pixelated = longer <= side / 3;
  const std::int64_t whole_factor = side / longer;
  const double factor = shown.pixelated ? static_cast<double>(whole_factor)
                                        : static_cast<double>(side) / static_cast<double>(longer);
  const Extent size = {std::max<std::int64_t>(kLeastSide, std::lround(part.height * factor)),
                       std::max<std::int64_t>(kLeastSide, std::lround(part.width * factor))};
  shown.picture = image::to_rgb(image::resize(seen, size, shown.pixelated));
  if (scene.fit.invert) shown.picture = 255 - shown.picture;
  shown.scale_y = static_cast<double>(size.height) / static_cast<double>(scene.fit.size.height);
  shown.scale_x = static_cast<double>(size.width) / static_cast<double>(scene.fit.size.width);
  return shown;
}

torch::Tensor at_panel_size(const torch::Tensor& picture, std::int64_t side) {
  const std::int64_t height = picture.size(1), width = picture.size(2), longer = std::max(height, width);
  const auto scaled = [&](std::int64_t length) {
    const std::int64_t scaled_length = longer <= side ? length * (side / longer) : length * side / longer;
    return std::max(std::min(kLeastSide, side), scaled_length);
  };
  return image::resize(picture, {scaled(height), scaled(width)}, /*pixelated=*/longer <= side);
}

std::string shown_caption(const Scene& scene) {
  const Extent whole = {scene.picture.size(1), scene.picture.size(2)};
  const Patch part = image::fitted_part(whole, scene.fit);
  std::vector<std::string> done;
  if (part.height < whole.height || part.width < whole.width) done.emplace_back("cropped");
  if (scene.fit.invert) done.emplace_back("inverted");
  return done.empty() ? scene.caption : fmt::format("{} ({})", scene.caption, fmt::join(done, ", "));
}

std::string class_name(const checkpoint::Classifier& model, std::int64_t index) {
  return model.classes()[static_cast<std::size_t>(index)];
}

std::string class_text(const checkpoint::Classifier& model, const Scene& scene, std::int64_t index) {
  return named_percent(class_name(model, index), scene.probabilities[static_cast<std::size_t>(index)]);
}

std::vector<std::string> probable_classes(const checkpoint::Classifier& model, const Scene& scene) {
  std::vector<std::int64_t> classes(scene.probabilities.size());
  std::iota(classes.begin(), classes.end(), 0);
  const auto shown = std::min<std::int64_t>(kShownClasses, std::ssize(classes));
  const auto p = [&](std::int64_t index) { return scene.probabilities[static_cast<std::size_t>(index)]; };
  std::stable_sort(classes.begin(), classes.end(),
                   [&](std::int64_t a, std::int64_t b) { return p(a) > p(b); });
  classes.resize(static_cast<std::size_t>(shown));
  if (std::find(classes.begin(), classes.end(), scene.target) == classes.end())
    classes.push_back(scene.target);
  std::vector<std::string> lines;
  for (const std::int64_t index : classes) lines.push_back(class_text(model, scene, index));
  return lines;
}

std::string constant_text(const torch::Tensor& map, double tolerance) {
  const double low = map.min().item<double>(), high = map.max().item<double>();
  if (!(high - low <= tolerance)) return {};
  return std::max(std::abs(low), std::abs(high)) <= tolerance ? "zero everywhere"
                                                              : fmt::format("{:.3g} everywhere", high);
}

std::string constant_text(const explain::OcclusionMap& map) {
  return constant_text(map.drop, rounding_of(map));
}

draw::Panel input_panel(const Scene& scene, const Display& beside) {
  const torch::Tensor input = image::to_picture(shown_channels(scene.input, 1));
  const Extent display = {beside.picture.size(1), beside.picture.size(2)};
  const std::int64_t half = std::max<std::int64_t>(1, std::max(display.height, display.width) / 2);
  const std::int64_t side =
      std::clamp(std::max(input.size(1), input.size(2)), half, std::max(half, display.height));
  const torch::Tensor shown = image::to_rgb(at_panel_size(input, side));
  const std::int64_t height = std::max(shown.size(1), display.height),
                     width = std::max(shown.size(2), kLeastInputWidth);
  torch::Tensor canvas = torch::full({3, height, width}, 255, torch::kUInt8);
  canvas.narrow(1, height - shown.size(1), shown.size(1))
      .narrow(2, (width - shown.size(2)) / 2, shown.size(2))
      .copy_(shown);
  return {canvas, "", {"the model's input,", fmt::format("{}x{}", input.size(2), input.size(1))}};
}

std::string evidence_text(const explain::OcclusionMap& map) {
  if (constant_text(map).starts_with("zero")) return "no effect";
  return map.largest_drop > rounding_of(map) ? "strongest evidence for" : "least evidence against";
}

std::string counter_evidence_text(const explain::OcclusionMap& map) {
  if (constant_text(map).starts_with("zero")) return "no effect";
  return map.smallest_drop < -rounding_of(map) ? "strongest evidence against" : "least important";
}

CoveredPart covered_part(const checkpoint::Classifier& model, const OcclusionScene& scene, Patch patch,
                         double drop) {
  const torch::Tensor image = explain::covered(scene.input, patch, scene.baseline);
  return {patch, drop, probabilities(model, image)[static_cast<std::size_t>(scene.target)]};
}

torch::Tensor occlusion_figure(const checkpoint::Classifier& model, const OcclusionScene& scene,
                               const explain::OcclusionMap& map, const CoveredPart& most,
                               const CoveredPart& least) {
  const Display shown = display(scene, kPanelSide);
  const std::string target = class_name(model, scene.target), constant = constant_text(map);
  const std::string title = fmt::format("evidence for {}", target);
  const std::vector<std::string> meaning =
      constant.empty() ? std::vector<std::string>{"red: covering it lowers the score",
                                                  "blue: covering it raises the score"}
                       : std::vector<std::string>{constant + ":", "no part matters more than another"};
  std::vector<draw::Panel> panels = {scene_panel(model, scene, shown), input_panel(scene, shown)};
  const draw::SheetOptions options{.widest_words = kWidestWords};
  if (constant.starts_with("zero")) {  // neither a scale nor parts that differ
    panels.push_back({heat_picture(shown, map, 1), title, meaning});
    return draw::sheet(panels, options);
  }
  const double limit = draw::symmetric_limit(map.drop);
  panels.push_back(
      {with_drop_bar(heat_picture(shown, map, limit), scene, limit), title, meaning, shown.picture.size(2)});
  panels.push_back(covered_panel(model, scene, shown, evidence_text(map) + ", covered", most, kRed));
  panels.push_back(
      covered_panel(model, scene, shown, counter_evidence_text(map) + ", covered", least, kBlue));
  return draw::sheet(panels, options);
}

torch::Tensor all_targets_figure(const checkpoint::Classifier& model, const OcclusionScene& scene,
                                 const std::vector<explain::OcclusionMap>& maps) {
  const Display shown = display(scene, kPanelSide);
  double limit = 0;  // of the maps that are not zero
  for (const explain::OcclusionMap& map : maps)
    if (!constant_text(map).starts_with("zero")) limit = std::max(limit, draw::symmetric_limit(map.drop));
  std::vector<draw::Panel> panels = {scene_panel(model, scene, shown), input_panel(scene, shown)};
  for (std::size_t k = 0; k < maps.size(); ++k) {
    const bool is_predicted = static_cast<std::int64_t>(k) == scene.predicted;
    panels.push_back({heat_picture(shown, maps[k], limit > 0 ? limit : 1),
                      model.classes()[k] + (is_predicted ? " (predicted)" : ""),
                      {named_percent(model.classes()[k], scene.probabilities[k])}});
    if (const std::string constant = constant_text(maps[k]); !constant.empty())
      panels.back().captions.push_back(constant);
  }
  const torch::Tensor maps_sheet = draw::sheet(panels, {.columns = 4, .widest_words = kWidestWords});
  return limit > 0 ? with_outer_bar(maps_sheet, scene, limit) : maps_sheet;
}

}  // namespace fathom::cli
