#include "cli/sheets/gan_sheet.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "fathom/draw/chart.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

constexpr std::int64_t kStripRows = 8, kStripColumns = 10;

/// Small pictures are drawn at about 56 pixels a side.
std::int64_t scale_of(const torch::Tensor& pictures) {
  return std::max<std::int64_t>(1, 56 / pictures.size(3));
}

/// Positions of up to `most` of `count` records, the first and the last among them. Most is learned early, so
/// each lies about as many times as far on as the one before it.
std::vector<std::int64_t> spread(std::int64_t count, std::int64_t most) {
  std::vector<std::int64_t> chosen;
  const std::int64_t n = std::min(count, most);
  for (std::int64_t i = 0; i + 1 < n; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(n - 1);
    const auto place = std::llround(std::pow(static_cast<double>(count), share)) - 1;
    chosen.push_back(std::max<std::int64_t>(place, i));
  }
  chosen.push_back(count - 1);
  return chosen;
}

/// Where points lie on a canvas that shows [-limit, limit] in both directions: int64 [M] rows and columns of
/// those inside.
struct PixelPositions {
  torch::Tensor rows, columns;
};
PixelPositions pixels_of(const torch::Tensor& points, double limit, std::int64_t side) {
  const torch::Tensor place = ((points / limit + 1) / 2 * static_cast<double>(side)).floor().to(torch::kLong);
  const torch::Tensor inside = ((place >= 0) & (place < side - 1)).all(1);
  return {side - 1 - place.select(1, 1).masked_select(inside), place.select(1, 0).masked_select(inside)};
}

void paint(torch::Tensor canvas, const PixelPositions& pixels, draw::Colour colour) {
  for (std::int64_t c = 0; c < 3; ++c)
    canvas.select(0, c).index_put_(
        {pixels.rows, pixels.columns},
        torch::tensor(static_cast<int>(colour[static_cast<std::size_t>(c)]), torch::kByte));
}

torch::Tensor circles(const gan::RingOptions& ring) {
  const torch::Tensor angle = torch::arange(720, torch::kFloat) * (std::numbers::pi / 360);
  const torch::Tensor circle = 3 * ring.sigma * torch::stack({torch::cos(angle), torch::sin(angle)}, 1);
  return (gan::ring_centres(ring).unsqueeze(1) + circle.unsqueeze(0)).reshape({-1, 2});
}

draw::Series series_of(const std::string& name, const std::vector<gan::GanRecord>& history, auto value) {
  draw::Series series{name, {}, {}};
  for (const gan::GanRecord& record : history) {
    series.x.push_back(static_cast<double>(record.step));
    series.y.push_back(value(record));
  }
  return series;
}

}  // namespace

std::int64_t sheet_columns(std::int64_t classes) { return classes >= 5 && classes <= 12 ? classes : 8; }

torch::Tensor sample_sheet(const torch::Tensor& pictures, std::int64_t columns, const std::string& heading) {
  return draw::sheet({{image::to_rgb(draw::tiled(pictures, columns, scale_of(pictures))), "", {}}},
                     {.heading = heading});
}

torch::Tensor learning_strip(const torch::Tensor& snapshots, const std::vector<gan::GanRecord>& history,
                             const std::string& heading) {
  std::vector<draw::Panel> rows;
  for (const std::int64_t i : spread(snapshots.size(0), kStripRows)) {
    const torch::Tensor pictures = snapshots[i].slice(0, 0, kStripColumns);
    rows.push_back({image::to_rgb(draw::tiled(pictures, kStripColumns, scale_of(pictures))),
                    fmt::format("step {}", history.at(static_cast<std::size_t>(i)).step),
                    {}});
  }
  return draw::sheet(rows, {.columns = 1, .heading = heading});
}

torch::Tensor ring_scatter(const torch::Tensor& points, const gan::RingOptions& ring, std::int64_t side) {
  constexpr draw::Colour kLine = {170, 170, 170}, kPoint = {0, 114, 178};
  const double limit = 1.4 * ring.radius;
  torch::Tensor canvas = torch::full({3, side, side}, 250, torch::kByte);
  paint(canvas, pixels_of(circles(ring), limit, side), kLine);
  const PixelPositions dots = pixels_of(points, limit, side);
  for (std::int64_t dy = -1; dy <= 0; ++dy)
    for (std::int64_t dx = 0; dx <= 1; ++dx)
      paint(canvas, {(dots.rows + dy).clamp(0, side - 1), (dots.columns + dx).clamp(0, side - 1)}, kPoint);
  return canvas;
}

torch::Tensor ring_strip(const torch::Tensor& snapshots, const std::vector<gan::GanRecord>& history,
                         const gan::RingOptions& ring, const std::string& heading) {
  std::vector<draw::Panel> panels;
  for (const std::int64_t i : spread(snapshots.size(0), kStripRows)) {
    const gan::RingScores scores = gan::ring_scores(ring, snapshots[i]);
    panels.push_back({ring_scatter(snapshots[i], ring, 240),
                      fmt::format("step {}", history.at(static_cast<std::size_t>(i)).step),
                      {fmt::format("{} of {} modes", scores.modes_covered, ring.modes),
                       fmt::format("{:.0f} % near a mode", 100 * scores.near_share)}});
  }
  return draw::sheet(panels, {.columns = 4, .heading = heading});
}

std::string gan_chart(const std::vector<gan::GanRecord>& history, const std::string& title,
                      bool as_probability, const std::string& score_name) {
  std::vector<draw::Chart> charts(2);
  charts[0] = {
      .title = title,
      .x_label = "step",
      .y_label = "loss",
      .series = {series_of("discriminator", history, [](const auto& r) { return r.discriminator_loss; }),
                 series_of("generator", history, [](const auto& r) { return r.generator_loss; })}};
  charts[1] = {
      .title = "output of the discriminator",
      .x_label = "step",
      .y_label = as_probability ? "probability of being real" : "logit",
      .series = {series_of("real samples", history, [](const auto& r) { return r.on_real; }),
                 series_of("generated samples", history, [](const auto& r) { return r.on_generated; })}};
  const bool scored =
      std::any_of(history.begin(), history.end(), [](const auto& r) { return r.score.has_value(); });
  if (scored)
    charts.push_back({.title = score_name + " (lower is better)",
                      .x_label = "step",
                      .y_label = score_name,
                      .series = {series_of("averaged generator", history,
                                           [](const auto& r) { return r.score.value_or(NAN); })}});
  const int height = charts[0].height;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n",
      charts[0].width, height * static_cast<int>(charts.size()));
  for (std::size_t i = 0; i < charts.size(); ++i)
    svg += fmt::format("<g transform=\"translate(0,{})\">\n{}</g>\n", height * static_cast<int>(i),
                       draw::chart_svg(charts[i]));
  return svg + "</svg>\n";
}

}  // namespace fathom::cli
