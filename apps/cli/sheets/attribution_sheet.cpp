#include "cli/sheets/attribution_sheet.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/sheets/figures.hpp"
#include "fathom/draw/heatmap.hpp"
#include "fathom/draw/sheet.hpp"

namespace fathom::cli {
namespace {

/// Few panels are drawn large (12 x 28), many so small that a sheet of all methods fits a screen (6 x 28).
std::int64_t panel_side(std::size_t methods) { return methods <= 3 ? 336 : 168; }

draw::Panel map_panel(const Display& shown, const explain::Attribution& attribution) {
  const double limit = attribution.map.abs().max().item<double>();
  const torch::Tensor shares = limit > 0 ? attribution.map / limit : attribution.map;
  const std::string constant = constant_text(attribution.map);
  const std::string scale =
      constant.empty() ? fmt::format("{} = {:.2g}", attribution.is_signed ? "±1" : "1", limit) : constant;
  return {draw::overlay(shown.picture, shares, 1, shown.pixelated), "", {scale}};
}

draw::Panel picture_panel(const checkpoint::Classifier& model, const Scene& scene, const Display& shown) {
  std::vector<std::string> captions = probable_classes(model, scene);
  const std::string target = class_text(model, scene, scene.target);
  if (scene.target != scene.predicted)
    std::replace(captions.begin(), captions.end(), target, "target: " + target);
  captions.front() = "predicted " + captions.front();
  captions.insert(captions.begin(), scene.caption);
  return {shown.picture, "", captions};
}

}  // namespace

torch::Tensor attribution_sheet(const checkpoint::Classifier& model, const std::vector<std::string>& methods,
                                const std::vector<AttributionRow>& rows) {
  std::vector<draw::Panel> panels;
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
    panels.push_back({draw::colour_bar(1, shown.picture.size(1), "share of the largest"), "", {}});
  }
  return draw::sheet(panels, {.columns = static_cast<std::int64_t>(methods.size()) + 3});
}

}  // namespace fathom::cli
