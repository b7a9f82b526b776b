#include "cli/sheets/attribution_sheet.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/sheets/figures.hpp"
#include "fathom/draw/heatmap.hpp"
#include "fathom/draw/sheet.hpp"

namespace fathom::cli {
namespace {

/// Few panels are drawn large (12 x 28), many so small that a sheet of all methods fits a screen (6 x 28).
std::int64_t panel_side(std::size_t methods) { return methods <= 3 ? 336 : 168; }

constexpr double kClippedQuantile = 0.99, kOutlier = 3;
constexpr std::int64_t kLeastBarHeight = 120, kWidestCaption = 240;

/// The magnitude that is drawn in full colour: the largest, or, if that is more than 3 times the 99th
/// percentile, the percentile, because single bright pixels would leave everything else white.
struct ColourScale {
  double limit = 1;
  bool is_clipped = false;
};

ColourScale colour_scale_of(const torch::Tensor& map) {
  const torch::Tensor sizes = std::get<0>(map.abs().flatten().to(torch::kFloat64).sort());
  const double largest = sizes[-1].item<double>();
  const auto at =
      static_cast<std::int64_t>(std::ceil(kClippedQuantile * static_cast<double>(sizes.size(0)))) - 1;
  const double percentile = sizes[at].item<double>();
  if (percentile > 0 && largest > kOutlier * percentile) return {percentile, true};
  return {largest > 0 ? largest : 1, false};
}

draw::Panel map_panel(const Display& shown, const explain::Attribution& attribution) {
  const ColourScale scale = colour_scale_of(attribution.map);
  std::vector<std::string> captions = {constant_text(attribution.map)};
  if (captions.front().empty())
    captions.front() = fmt::format("full colour = {}{:.2g}", attribution.is_signed ? "±" : "", scale.limit);
  if (scale.is_clipped) captions.emplace_back("clipped at the 99th percentile");
  return {draw::overlay(shown.picture, attribution.map / scale.limit, 1, shown.pixelated), "", captions};
}

/// A bar for each kind of map in the row, from -1 to 1 and from 0 to 1.
draw::Panel bars_panel(const AttributionRow& row, std::int64_t height) {
  std::vector<torch::Tensor> bars;
  for (const bool is_signed : {true, false})
    if (std::any_of(row.attributions.begin(), row.attributions.end(),
                    [&](const explain::Attribution& a) { return a.is_signed == is_signed; }))
      bars.push_back(draw::colour_bar(1, height, is_signed ? "signed maps" : "unsigned maps", !is_signed));
  return {torch::cat(bars, 2), "", {}};
}

draw::Panel picture_panel(const checkpoint::Classifier& model, const Scene& scene, const Display& shown) {
  std::vector<std::string> captions = probable_classes(model, scene);
  const std::string target = class_text(model, scene, scene.target);
  if (scene.target != scene.predicted)
    std::replace(captions.begin(), captions.end(), target, "target: " + target);
  captions.front() = "predicted " + captions.front();
  captions.insert(captions.begin(), shown_caption(scene));
  return {shown.picture, "", captions};
}

}  // namespace

torch::Tensor attribution_sheet(const checkpoint::Classifier& model, const std::vector<std::string>& methods,
                                const std::vector<AttributionRow>& rows) {
  std::vector<draw::Panel> panels;
  std::int64_t bar_height = kLeastBarHeight;  // one for all rows, so that their words have one size
  for (std::size_t r = 0; r < std::min(rows.size(), kSheetRows); ++r)
    bar_height = std::max(bar_height, display(rows[r].scene, panel_side(methods.size())).picture.size(1));
  for (std::size_t r = 0; r < std::min(rows.size(), kSheetRows); ++r) {
    const AttributionRow& row = rows[r];
    const Display shown = display(row.scene, panel_side(methods.size()));
    panels.push_back(picture_panel(model, row.scene, shown));
    panels.push_back(input_panel(row.scene, shown));
    for (std::size_t m = 0; m < methods.size(); ++m) {
      panels.push_back(map_panel(shown, row.attributions[m]));
      panels.back().captions.insert(panels.back().captions.end(), row.captions[m].begin(),
                                    row.captions[m].end());
      if (r == 0) panels.back().title = methods[m];
    }
    panels.push_back(bars_panel(row, bar_height));
  }
  return draw::sheet(
      panels, {.columns = static_cast<std::int64_t>(methods.size()) + 3, .widest_words = kWidestCaption});
}

}  // namespace fathom::cli
