#include "augment_preview/augment_sheet.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "augment_preview/augment_panel.hpp"
#include "fathom/draw/sheet.hpp"

namespace fathom::cli {
namespace {

using draw::Panel;

constexpr std::int64_t kSheetWidth = 1120;                      // aimed at
constexpr std::int64_t kSmallestSide = 84, kLargestSide = 336;  // of a panel
constexpr std::int64_t kMaskGap = 4;

std::int64_t side_for(std::int64_t columns) {
  return std::clamp(kSheetWidth / columns - 16, kSmallestSide, kLargestSide);
}

std::vector<std::string> lines_of(const std::string& text, std::int64_t side) {
  std::vector<std::string> lines;
  add_lines(lines, text, side);
  return lines;
}

/// Its partner is the augmented picture that follows.
std::string mixing_text(const Partner& partner) {
  return fmt::format("{} with {:.0f} % of the next", augment::to_string(partner.mixing.kind),
                     100 * (1 - partner.mixing.share));
}

/// Labels spread over all greys, so that 0, 1, 2 can be told apart.
torch::Tensor visible(const torch::Tensor& mask) {
  const auto largest = std::max(1.F, mask.to(torch::kFloat).max().item<float>());
  return mask.to(torch::kFloat).mul(255 / largest).round().to(torch::kUInt8);
}

/// The picture at a readable size, and below it what was made of its mask.
torch::Tensor with_mask(const torch::Tensor& picture, const torch::Tensor& mask, std::int64_t side) {
  torch::Tensor shown = readable(picture, side);
  if (!mask.defined()) return shown;
  const torch::Tensor gap = torch::full({3, kMaskGap, shown.size(2)}, 255, torch::kUInt8);
  return torch::cat({shown, gap, readable(visible(mask), side)}, 1);
}

Panel original_panel(const Preview& preview, std::int64_t number, std::int64_t side) {
  const auto place = static_cast<std::size_t>(number);
  const ListedPicture& picture = preview.pictures[place];
  const std::string name =
      picture.opened.true_class.value_or(std::filesystem::path(picture.name).filename().string());
  return {
      with_mask(picture.opened.picture, preview.masks.empty() ? torch::Tensor() : preview.masks[place], side),
      preview.pictures.size() == 1 ? "picture" : fmt::format("picture {}", number),
      {shortened(name, side)}};
}

/// What the record made of its picture and of the picture's mask.
torch::Tensor augmented_picture(const Preview& preview, const Record& record, std::int64_t side) {
  return with_mask(replay(record, preview.pictures),
                   preview.masks.empty() ? torch::Tensor() : replay_mask(record, preview.masks), side);
}

Panel augmented_panel(const Preview& preview, const Record& record, std::int64_t side) {
  std::vector<std::string> captions;
  for (const augment::Step& step : record.drawing) add_lines(captions, augment::describe(step), side);
  if (record.partner) add_lines(captions, mixing_text(*record.partner), side);
  if (captions.empty()) captions.emplace_back("unchanged");
  return {augmented_picture(preview, record, side), std::to_string(record.index), captions};
}

/// The picture after the first `count` operations.
Panel stage_panel(const Preview& preview, const augment::Pipeline& pipeline, const Record& record,
                  std::size_t count, std::int64_t side) {
  // Every operation draws from a stream of its own, so the first ones draw the same without the others.
  const auto drawn = [&](std::size_t operations) {
    augment::Pipeline first;
    first.operations.assign(pipeline.operations.begin(),
                            pipeline.operations.begin() + static_cast<std::ptrdiff_t>(operations));
    return augment::draw(first, {preview.seed, record.epoch, record.picture});
  };
  const augment::Drawing drawing = drawn(count);
  const bool applied = drawing.size() > drawn(count - 1).size();
  const std::string text = applied ? parameters_text(drawing.back()) : "not applied";
  const Record until = {.picture = record.picture, .drawing = drawing};
  return {augmented_picture(preview, until, side), pipeline.operations[count - 1].kind->name,
          lines_of(text.empty() ? "applied" : text, side)};
}

/// "cutmix or mixup"
std::string mixings_text(const augment::Pipeline& pipeline) {
  std::vector<std::string> names;
  for (const augment::Mixing& mixing : pipeline.mixings) names.push_back(augment::to_string(mixing.kind));
  return fmt::format("{}", fmt::join(names, " or "));
}

}  // namespace

augment::Pipeline turned(const Preview& preview) {
  augment::Pipeline pipeline = preview.pipeline;
  const double magnitude = static_cast<double>(preview.magnitude) / 100;
  const double probability = static_cast<double>(preview.probability) / 100;
  for (augment::Operation& operation : pipeline.operations) {
    if (preview.magnitude != 100) operation = augment::scaled(std::move(operation), magnitude);
    operation.probability *= probability;
  }
  for (augment::Mixing& mixing : pipeline.mixings) mixing.probability *= probability;
  return pipeline;
}

std::vector<Record> draw_records(const Preview& preview) {
  const augment::Pipeline pipeline = turned(preview);
  std::vector<Record> records;
  for (std::int64_t i = 0; i < preview.grid.height * preview.grid.width; ++i)
    records.push_back(draw_record(pipeline, preview.pictures, preview.seed, i));
  return records;
}

std::string heading_of(const Preview& preview) {
  std::string text = fmt::format("{}, seed {}", preview.name, preview.seed);
  if (preview.magnitude != 100) text += fmt::format(", magnitude {} %", preview.magnitude);
  if (preview.probability != 100) text += fmt::format(", probability {} %", preview.probability);
  return text;
}

torch::Tensor grid_sheet(const Preview& preview, const std::vector<Record>& records,
                         const std::string& heading) {
  const std::int64_t count = std::ssize(records), columns = std::min(preview.grid.width, count);
  const std::int64_t side = side_for(columns);
  std::vector<bool> seen(preview.pictures.size());
  std::vector<Panel> panels;
  for (std::int64_t first = 0; first < count; first += columns) {
    const std::int64_t end = std::min(first + columns, count);
    for (std::int64_t i = first; i < end; ++i) {
      const std::size_t number =
          static_cast<std::size_t>(records[static_cast<std::size_t>(i)].picture) % seen.size();
      if (!seen[number]) panels.push_back(original_panel(preview, static_cast<std::int64_t>(number), side));
      seen[number] = true;
    }
    fill_row(panels, columns);
    for (std::int64_t i = first; i < end; ++i)
      panels.push_back(augmented_panel(preview, records[static_cast<std::size_t>(i)], side));
  }
  return draw::sheet(panels, {.columns = columns, .heading = heading});
}

torch::Tensor stages_sheet(const Preview& preview) {
  const augment::Pipeline pipeline = turned(preview);
  const std::int64_t columns = preview.grid.width, side = side_for(columns);
  std::vector<Record> records;
  for (std::int64_t i = 0; i < columns; ++i)
    records.push_back(draw_record(pipeline, preview.pictures, preview.seed, i));
  std::vector<Panel> panels;
  for (const Record& record : records) panels.push_back(original_panel(preview, record.picture, side));
  for (std::size_t k = 1; k <= pipeline.operations.size(); ++k)
    for (const Record& record : records) panels.push_back(stage_panel(preview, pipeline, record, k, side));
  if (!pipeline.mixings.empty())
    for (const Record& record : records)
      panels.push_back({augmented_picture(preview, record, side), mixings_text(pipeline),
                        lines_of(record.partner ? mixing_text(*record.partner) : "not applied", side)});
  return draw::sheet(panels, {.columns = columns, .heading = heading_of(preview)});
}

}  // namespace fathom::cli
