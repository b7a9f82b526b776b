#include "augment_preview/augment_catalog.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "augment_preview/augment_panel.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/draw/sheet.hpp"

namespace fathom::cli {
namespace {

using augment::Group;

constexpr std::int64_t kCatalogSide = 120, kCatalogColumns = 9;
constexpr double kTextScale = 0.8;
constexpr double kMagnitudes[] = {0.1, 0.5, 1};
constexpr Group kGroups[] = {Group::geometry, Group::blur,    Group::colour,
                             Group::noise,    Group::erasing, Group::composition};

/// One picture's worth of an operation: at a magnitude where it has one, all else drawn, the same at each.
augment::Drawing drawn(const augment::OperationKind& kind, double magnitude, Extent picture,
                       std::uint64_t stream) {
  augment::Operation operation = augment::usual(kind);
  const augment::Values graded = augment::at_magnitude(kind, magnitude).values;
  for (std::size_t i = 0; i < kind.parameters.size(); ++i)
    if (kind.parameters[i].neutral) augment::set(operation, kind.parameters[i].name, {graded[i], graded[i]});
  if (kind.name == "resize" || kind.name == "centre-crop") {
    const auto half = [](std::int64_t side) {
      return static_cast<double>(std::max<std::int64_t>(1, side / 2));
    };
    augment::set(operation, "height", {half(picture.height), half(picture.height)});
    augment::set(operation, "width", {half(picture.width), half(picture.width)});
  }
  augment::Drawing drawing;
  augment::draw(operation, stream, drawing);
  return drawing;
}

/// The values that a magnitude turns.
std::string graded_text(const augment::Step& step) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < step.kind->parameters.size(); ++i) {
    const augment::Parameter& p = step.kind->parameters[i];
    if (p.neutral && p.strong != *p.neutral)
      parts.push_back(fmt::format("{} {:.3g}", p.name, step.values[i]));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Of the operations within a composition.
void add_names(const std::vector<augment::Step>& steps, std::vector<std::string>& names) {
  for (const augment::Step& step : steps)
    if (step.kind->is_composition())
      add_names(step.steps, names);
    else
      names.push_back(step.kind->name);
}

/// On white of one width, so that the columns of all groups stand below each other.
torch::Tensor centred(const torch::Tensor& picture) {
  torch::Tensor canvas = torch::full({3, picture.size(1), kCatalogSide}, 255, torch::kUInt8);
  canvas.narrow(2, (kCatalogSide - picture.size(2)) / 2, picture.size(2)).copy_(picture);
  return canvas;
}

draw::Panel catalog_panel(const CatalogEntry& entry, const torch::Tensor& picture) {
  std::vector<std::string> captions, names;
  const augment::Step& step = entry.drawing.front();
  const bool graded = augment::has_magnitude(*entry.kind);
  add_lines(captions, graded || entry.kind->is_composition() ? graded_text(step) : parameters_text(step),
            kCatalogSide);
  add_names(step.steps, names);
  add_lines(captions, fmt::format("{}", fmt::join(names, ", ")), kCatalogSide);
  return {centred(readable(augment::replay(entry.drawing, picture), kCatalogSide)), entry.kind->name,
          captions};
}

/// The magnitudes of an operation stay in one row.
torch::Tensor group_sheet(Group group, const std::vector<CatalogEntry>& entries,
                          const torch::Tensor& picture) {
  std::vector<draw::Panel> panels, others;
  for (const CatalogEntry& entry : entries)
    if (entry.kind->group == group)
      (augment::has_magnitude(*entry.kind) ? panels : others).push_back(catalog_panel(entry, picture));
  panels.insert(panels.end(), others.begin(), others.end());
  fill_row(panels, kCatalogColumns);
  return draw::sheet(
      panels, {.columns = kCatalogColumns, .heading = augment::to_string(group), .text_scale = kTextScale});
}

/// Sheets below each other, white to the right of the narrower ones.
torch::Tensor stacked(const std::vector<torch::Tensor>& sheets) {
  std::int64_t height = 0, width = 0;
  for (const torch::Tensor& sheet : sheets) height += sheet.size(1), width = std::max(width, sheet.size(2));
  torch::Tensor all = torch::full({3, height, width}, 255, torch::kUInt8);
  std::int64_t top = 0;
  for (const torch::Tensor& sheet : sheets) {
    all.narrow(1, top, sheet.size(1)).narrow(2, 0, sheet.size(2)).copy_(sheet);
    top += sheet.size(1);
  }
  return all;
}

}  // namespace

std::vector<CatalogEntry> catalog_entries(Extent picture, std::uint64_t seed) {
  std::vector<CatalogEntry> entries;
  std::uint64_t number = 0;
  for (const augment::OperationKind& kind : augment::operation_kinds()) {
    const std::uint64_t stream = derive_seed(seed, number++);
    if (kind.takes_operations) continue;
    for (const double magnitude : kMagnitudes)
      if (augment::has_magnitude(kind) || magnitude == 1)
        entries.push_back({&kind, drawn(kind, magnitude, picture, stream)});
  }
  return entries;
}

torch::Tensor catalog_picture(const torch::Tensor& picture) {
  return std::max(picture.size(1), picture.size(2)) <= kCatalogSide ? picture
                                                                    : readable(picture, kCatalogSide);
}

torch::Tensor catalog_sheet(const torch::Tensor& picture, const std::vector<CatalogEntry>& entries) {
  std::vector<draw::Panel> first = {{centred(readable(picture, kCatalogSide)), "picture", {}}};
  fill_row(first, kCatalogColumns);
  std::vector<torch::Tensor> sheets = {
      draw::sheet(first, {.columns = kCatalogColumns,
                          .heading = "operations at 10, 50 and 100 % of their magnitude",
                          .text_scale = kTextScale})};
  for (const Group group : kGroups) sheets.push_back(group_sheet(group, entries, picture));
  return stacked(sheets);
}

}  // namespace fathom::cli
