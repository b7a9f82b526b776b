#include "cli/sheets/filter_sheet.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/sheets/figures.hpp"
#include "fathom/draw/heatmap.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

constexpr std::int64_t kColumns = 8;
constexpr std::int64_t kSmallPanel = 96, kLargePanel = 256;  // sides in pixels, the longer one's
constexpr std::int64_t kFewPanels = 8;                       // so many are drawn large
constexpr std::int64_t kTallestBar = 360;
constexpr int kOutline = 190;             // grey
constexpr std::int64_t kStripWidth = 32;  // units per row of a strip

/// With a thin line around it, so that white at its border can be told from the paper.
torch::Tensor outlined(const torch::Tensor& picture) {
  const std::int64_t height = picture.size(1), width = picture.size(2);
  torch::Tensor framed = torch::full({3, height + 2, width + 2}, kOutline, torch::kUInt8);
  framed.narrow(1, 1, height).narrow(2, 1, width).copy_(image::to_rgb(picture));
  return framed;
}

/// At a readable size: small ones grow by a whole factor, their numbers visible as squares.
torch::Tensor panel_picture(const torch::Tensor& picture, std::int64_t panels) {
  return outlined(at_panel_size(picture, panels <= kFewPanels ? kLargePanel : kSmallPanel));
}

/// The sheet with a colour bar to its right.
torch::Tensor with_bar(const torch::Tensor& sheet, double limit, const std::string& label) {
  constexpr std::int64_t kEdge = 16;  // as around the sheet
  const std::int64_t height = std::min(kTallestBar, sheet.size(1) - 2 * kEdge);
  const torch::Tensor bar = draw::colour_bar(limit, height, label);
  torch::Tensor column = torch::full({3, sheet.size(1), bar.size(2) + kEdge / 2}, 255, torch::kUInt8);
  column.narrow(1, (sheet.size(1) - height) / 2, height).narrow(2, 0, bar.size(2)).copy_(bar);
  return torch::cat({sheet, column}, 2);
}

/// float [3, h, w] around 0 to colours around grey.
torch::Tensor colours_of(const torch::Tensor& filter, double limit) {
  return image::to_picture((filter / limit + 1) / 2);
}

/// Width [N] as rows of a strip, [rows, kStripWidth]; what is left of the last row is NaN, drawn grey.
torch::Tensor strip_of(const torch::Tensor& units) {
  const std::int64_t width = std::min(units.size(0), kStripWidth);
  const std::int64_t rows = (units.size(0) + width - 1) / width;
  torch::Tensor strip = torch::full({rows * width}, NAN);
  strip.narrow(0, 0, units.size(0)).copy_(units);
  return strip.view({rows, width});
}

draw::Panel heat_panel(const torch::Tensor& map, double limit, std::int64_t panels, std::string title,
                       std::vector<std::string> captions = {}) {
  return {panel_picture(draw::diverging_colours(map, limit), panels), std::move(title), std::move(captions)};
}

std::vector<draw::Panel> activation_panels(const torch::Tensor& activations, const SheetContent& content,
                                           double limit, const std::vector<std::string>& classes) {
  std::vector<draw::Panel> panels;
  if (activations.dim() == 3) {
    const std::int64_t count = content.shown.size(0) + 1;
    for (std::int64_t i = 0; i + 1 < count; ++i) {
      const auto channel = content.shown[i].item<std::int64_t>();
      panels.push_back(heat_panel(activations[channel], limit, count, std::to_string(channel)));
    }
  } else if (activations.dim() == 2) {
    panels.push_back(heat_panel(activations, limit, 1, "one row per step, top to bottom",
                                {fmt::format("one column per unit, 0 to {}", activations.size(1) - 1)}));
  } else if (!classes.empty()) {
    for (std::int64_t k = 0; k < activations.size(0); ++k)
      panels.push_back(heat_panel(activations[k].view({1, 1}), limit, kFewPanels + 1,
                                  classes[static_cast<std::size_t>(k)],
                                  {fmt::format("{:+.2f}", activations[k].item<double>())}));
  } else {
    panels.push_back(heat_panel(
        strip_of(activations), limit, 1,
        fmt::format("{} units, {} per row", activations.size(0), std::min(activations.size(0), kStripWidth)),
        {"unit 0 at the top left"}));
  }
  return panels;
}

}  // namespace

torch::Tensor filter_sheet(const explain::Filters& filters, const SheetContent& content) {
  const double limit = draw::symmetric_limit(filters.weights);
  const bool colour = filters.weights.size(1) == 3;
  const std::int64_t count = content.shown.size(0);
  std::vector<draw::Panel> panels;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto index = content.shown[i].item<std::int64_t>();
    const torch::Tensor filter = filters.weights[index];
    const std::string& name = filters.names[static_cast<std::size_t>(index)];
    // Channels that are neither grey nor RGB stand side by side.
    const torch::Tensor flat = torch::cat(filter.unbind(0), 1);  // [h, C w]
    panels.push_back(colour ? draw::Panel{panel_picture(colours_of(filter, limit), count), name, {}}
                            : heat_panel(flat, limit, count, name));
  }
  draw::SheetOptions options{.columns = kColumns, .heading = content.heading};
  if (!colour) return with_bar(draw::sheet(panels, options), limit, "weight per standard deviation");
  options.heading += fmt::format("; grey: 0, full colour: ±{:.2g} per standard deviation of a pixel", limit);
  return draw::sheet(panels, options);
}

torch::Tensor activation_sheet(const torch::Tensor& input, const torch::Tensor& activations,
                               const SheetContent& content, const std::vector<std::string>& classes) {
  const double limit = draw::symmetric_limit(activations);
  std::vector<draw::Panel> panels = activation_panels(activations, content, limit, classes);
  const std::int64_t size =
      activations.dim() == 1 && !classes.empty() ? kFewPanels + 1 : std::ssize(panels) + 1;
  panels.insert(panels.begin(), {panel_picture(image::to_picture(input), size), "picture", {}});
  return with_bar(draw::sheet(panels, {.columns = kColumns, .heading = content.heading}), limit,
                  "activation");
}

}  // namespace fathom::cli
