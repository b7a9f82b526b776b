#include "cli/sheets/figures.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "cli/cli.hpp"
#include "fathom/draw/heatmap.hpp"
#include "fathom/draw/sheet.hpp"

namespace fathom::cli {
namespace {

constexpr std::int64_t kPanelSide = 336;        // 12 x 28
constexpr std::int64_t kLeastInputWidth = 126;  // of the words below it
constexpr std::int64_t kShownClasses = 3;
constexpr double kScoreRounding = 2e-6;  // of a score of 1, in float32 through a network
constexpr draw::Colour kRed = {202, 0, 32}, kBlue = {5, 113, 176};

Patch place(const Display& display, Patch p) {
  const auto y = std::lround(p.y * display.scale_y), x = std::lround(p.x * display.scale_x);
  return {y, x, std::lround((p.y + p.height) * display.scale_y) - y,
          std::lround((p.x + p.width) * display.scale_x) - x};
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

/// The map over the picture, with its colour bar.
torch::Tensor heat_picture(const OcclusionScene& scene, const Display& shown,
                           const explain::OcclusionMap& map, double limit) {
  const torch::Tensor heat = draw::overlay(shown.picture, map.drop, limit, shown.pixelated);
  return torch::cat({heat, draw::colour_bar(limit, heat.size(1), scene.score_name + " drop")}, 2);
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
  const Extent size = {std::max<std::int64_t>(1, std::lround(part.height * factor)),
                       std::max<std::int64_t>(1, std::lround(part.width * factor))};
  shown.picture = image::to_rgb(image::resize(seen, size, shown.pixelated));
  shown.scale_y = static_cast<double>(size.height) / static_cast<double>(scene.fit.size.height);
  shown.scale_x = static_cast<double>(size.width) / static_cast<double>(scene.fit.size.width);
  return shown;
}

torch::Tensor at_panel_size(const torch::Tensor& picture, std::int64_t side) {
  const std::int64_t height = picture.size(1), width = picture.size(2), longer = std::max(height, width);
  const auto scaled = [&](std::int64_t length) {
    return longer <= side ? length * (side / longer) : std::max<std::int64_t>(1, length * side / longer);
  };
  return image::resize(picture, {scaled(height), scaled(width)}, /*pixelated=*/longer <= side);
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
  return constant_text(map.drop, kScoreRounding * std::max(1.0, std::abs(static_cast<double>(map.score))));
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
  const double limit = constant.starts_with("zero") ? 1 : draw::symmetric_limit(map.drop);
  const std::vector<std::string> meaning =
      constant.empty() ? std::vector<std::string>{"red: covering it hurts", "blue: covering it helps"}
                       : std::vector<std::string>{constant + ":", "no part matters more than another"};
  return draw::sheet({{shown.picture, scene.caption, probable_classes(model, scene)},
                      input_panel(scene, shown),
                      {heat_picture(scene, shown, map, limit), fmt::format("evidence for {}", target),
                       meaning, shown.picture.size(2)},
                      covered_panel(model, scene, shown, "most important part covered", most, kRed),
                      covered_panel(model, scene, shown, "least important part covered", least, kBlue)});
}

torch::Tensor all_targets_figure(const checkpoint::Classifier& model, const OcclusionScene& scene,
                                 const std::vector<explain::OcclusionMap>& maps) {
  const Display shown = display(scene, kPanelSide);
  double limit = 0;
  for (const explain::OcclusionMap& map : maps) limit = std::max(limit, draw::symmetric_limit(map.drop));
  std::vector<draw::Panel> panels = {{shown.picture, scene.caption, probable_classes(model, scene)},
                                     input_panel(scene, shown)};
  for (std::size_t k = 0; k < maps.size(); ++k) {
    panels.push_back({heat_picture(scene, shown, maps[k], limit),
                      model.classes()[k],
                      {named_percent(model.classes()[k], scene.probabilities[k])},
                      shown.picture.size(2)});
    if (const std::string constant = constant_text(maps[k]); !constant.empty())
      panels.back().captions.push_back(constant);
  }
  return draw::sheet(panels, {.columns = 4});
}

}  // namespace fathom::cli
