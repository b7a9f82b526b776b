#include "fathom/draw/reliability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/statistics.hpp"
#include "fathom/core/text.hpp"
#include "fathom/draw/lettering.hpp"
#include "fathom/image/mat.hpp"

namespace fathom::draw {
namespace {

constexpr int kPlotSide = 480, kCountsHeight = 110, kPlotGap = 34;
constexpr int kPlotLeft = 76, kPlotTop = 124, kPlotEdge = 28;
constexpr int kTick = 5;
constexpr int kBelow = 92;              // for the numbers, the axis's name and two lines
constexpr double kLeastCount = 0.01;    // of the lower plot's height, one pixel
constexpr double kHighestCount = 0.84;  // of the lower plot's height; numbers are above the bars
constexpr double kLeastNumber = 8;      // legible
constexpr int kWhisker = 4;             // half the width of its ends
// ColorBrewer's Blues, Reds and, for what even colour-blind readers tell from red, yellow.
const cv::Scalar kAccuracyColour(107, 174, 214), kOverColour(222, 45, 38), kUnderColour(253, 190, 80);
const cv::Scalar kLineColour(120, 120, 120), kGridColour(225, 225, 225), kLevelColour(8, 48, 107),
    kWhiskerColour(40, 40, 40);

constexpr std::array kTicks = {0.0, 0.25, 0.5, 0.75, 1.0};

std::string reliability_tick(double value) { return fmt::format("{:.3g} %", 100 * value); }

/// A plot with its lower left corner at (left, bottom); values in [0, 1].
struct Plot {
  int left, bottom, width, height;

  int x(double value) const { return left + static_cast<int>(std::lround(value * width)); }
  int y(double value) const { return bottom - static_cast<int>(std::lround(value * height)); }
};

void fill_between(cv::Mat& canvas, const Plot& plot, double x0, double x1, double y0, double y1,
                  const cv::Scalar& colour) {
  const int top = plot.y(std::max(y0, y1)), bottom = plot.y(std::min(y0, y1));
  const int left = plot.x(x0) + 1, right = plot.x(x1) - 1;
  if (bottom > top && right > left) canvas(cv::Rect(left, top, right - left, bottom - top)).setTo(colour);
}

void draw_frame(cv::Mat& canvas, const Plot& plot, const std::string& name) {
  const Lettering axis{.height = 11, .bold = true};
  cv::rectangle(canvas, {plot.left, plot.bottom - plot.height}, {plot.left + plot.width, plot.bottom},
                kLineColour);
  draw_text_upwards(canvas, name, plot.left - kPlotLeft + 20,
                    plot.bottom - plot.height / 2 + text_width(name, axis) / 2, axis);
}

/// A number at the left of a plot, at a height in [0, 1].
void draw_height(cv::Mat& canvas, const Plot& plot, double height, const std::string& number) {
  const Lettering small{.height = 9};
  cv::line(canvas, {plot.left - kTick, plot.y(height)}, {plot.left, plot.y(height)}, kLineColour);
  draw_text(canvas, number, plot.left - kTick - 4 - text_width(number, small),
            plot.y(height) + letter_height(small) / 2, small);
}

void draw_confidences(cv::Mat& canvas, const Plot& plot) {
  for (const double tick : kTicks) {
    cv::line(canvas, {plot.x(tick), plot.bottom}, {plot.x(tick), plot.bottom + kTick}, kLineColour);
    draw_text_centred(canvas, reliability_tick(tick), plot.x(tick), plot.bottom + 19, {.height = 9});
  }
}

/// The means over all images.
struct Summary {
  std::int64_t images = 0, most = 0;  ///< of all bins, and of the fullest
  double accuracy = 0, confidence = 0;
  double calibration_error = 0;

  double gap() const { return confidence - accuracy; }
};

Summary summary_of(const std::vector<ReliabilityBin>& bins) {
  Summary all;
  for (const ReliabilityBin& bin : bins) {
    all.images += bin.images;
    all.most = std::max(all.most, bin.images);
  }
  for (const ReliabilityBin& bin : bins) {
    const double share =
        static_cast<double>(bin.images) / static_cast<double>(std::max<std::int64_t>(1, all.images));
    all.accuracy += share * bin.accuracy;
    all.confidence += share * bin.confidence;
    all.calibration_error += share * std::abs(bin.confidence - bin.accuracy);
  }
  return all;
}

std::string summary_text(const Summary& all) {
  const double points = 100 * std::abs(all.gap());
  const std::string gap = points < 0.005 ? ""
                                         : fmt::format(", {:.2f} points {} on average", points,
                                                       all.gap() > 0 ? "too high" : "too low");
  return fmt::format("{} {}: accuracy {:.2f} %, mean confidence {:.2f} %{}",
                     grouped(static_cast<std::uint64_t>(all.images)), plural(all.images, "image"),
                     100 * all.accuracy, 100 * all.confidence, gap);
}

/// A bar from `low` to `high` with short ends.
void draw_whisker(cv::Mat& canvas, int x, int low, int high) {
  cv::line(canvas, {x, low}, {x, high}, kWhiskerColour);
  for (const int y : {low, high}) cv::line(canvas, {x - kWhisker, y}, {x + kWhisker, y}, kWhiskerColour);
}

/// An entry of the legend: a square of a colour, or what `draw` draws into the square.
struct LegendEntry {
  std::string text;
  cv::Scalar colour;
  void (*draw)(cv::Mat& canvas, const cv::Rect& square) = nullptr;
};

void draw_diagonal_sign(cv::Mat& canvas, const cv::Rect& at) {
  cv::line(canvas, {at.x, at.y + at.height - 1}, {at.x + at.width - 1, at.y}, kLineColour, 1, cv::LINE_AA);
}

void draw_whisker_sign(cv::Mat& canvas, const cv::Rect& at) {
  draw_whisker(canvas, at.x + at.width / 2, at.y + at.height - 1, at.y);
}

/// What the colours and lines mean, in one line.
void draw_legend(cv::Mat& canvas, const std::vector<LegendEntry>& entries, int middle, int baseline) {
  constexpr int square = 12, gap = 5, between = 16;
  const Lettering small{.height = 9};
  int width = -between;
  for (const LegendEntry& entry : entries) width += square + gap + text_width(entry.text, small) + between;
  int left = middle - width / 2;
  for (const LegendEntry& entry : entries) {
    const cv::Rect place(left, baseline - 10, square, square);
    if (entry.draw == nullptr)
      canvas(place).setTo(entry.colour);
    else
      entry.draw(canvas, place);
    draw_text(canvas, entry.text, left + square + gap, baseline, small);
    left += square + gap + text_width(entry.text, small) + between;
  }
}

/// Of the accuracy; wide for a bin with few images.
Interval accuracy_interval(const ReliabilityBin& bin) {
  const std::int64_t right = std::llround(bin.accuracy * static_cast<double>(bin.images));
  return wilson95(std::clamp<std::int64_t>(right, 0, bin.images), bin.images);
}

void draw_bins(cv::Mat& canvas, const Plot& plot, const std::vector<ReliabilityBin>& bins) {
  for (const double tick : kTicks)
    cv::line(canvas, {plot.left, plot.y(tick)}, {plot.left + plot.width, plot.y(tick)}, kGridColour);
  const auto count = static_cast<double>(bins.size());
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const ReliabilityBin& bin = bins[i];
    if (bin.images == 0) continue;
    const double low = static_cast<double>(i) / count, high = static_cast<double>(i + 1) / count;
    fill_between(canvas, plot, low, high, 0, bin.accuracy, kAccuracyColour);
    fill_between(canvas, plot, low, high, bin.accuracy, bin.confidence,
                 bin.confidence > bin.accuracy ? kOverColour : kUnderColour);
    cv::line(canvas, {plot.x(low) + 1, plot.y(bin.accuracy)}, {plot.x(high) - 2, plot.y(bin.accuracy)},
             kLevelColour, 2);
    const Interval interval = accuracy_interval(bin);
    draw_whisker(canvas, (plot.x(low) + plot.x(high)) / 2, plot.y(interval.low), plot.y(interval.high));
  }
  cv::line(canvas, {plot.x(0), plot.y(0)}, {plot.x(1), plot.y(1)}, kLineColour, 1, cv::LINE_AA);
}

/// "2330", or "12k" if there is no room for all digits.
std::string count_text(std::int64_t images, double room, const Lettering& lettering) {
  const std::string all = fmt::format("{}", images);
  if (text_width(all, lettering) < room || images < 1000) return all;
  const auto count = static_cast<double>(images);
  return images < 999'500 ? fmt::format("{:.0f}k", count / 1e3) : fmt::format("{:.3g}M", count / 1e6);
}

/// Every bin with images has a bar and its number; a number that is wider than its bin is left out.
void draw_counts(cv::Mat& canvas, const Plot& plot, const std::vector<ReliabilityBin>& bins,
                 const Summary& all) {
  const auto count = static_cast<double>(bins.size());
  const Lettering small{.height = kLeastNumber};
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (bins[i].images == 0) continue;
    const double low = static_cast<double>(i) / count, high = static_cast<double>(i + 1) / count;
    const double height = std::max(kLeastCount, kHighestCount * static_cast<double>(bins[i].images) /
                                                    static_cast<double>(std::max<std::int64_t>(1, all.most)));
    fill_between(canvas, plot, low, high, 0, height, kAccuracyColour);
    const std::string number = count_text(bins[i].images, plot.width / count, small);
    if (text_width(number, small) < plot.width / count)
      draw_text_centred(canvas, number, (plot.x(low) + plot.x(high)) / 2, plot.y(height) - 4, small);
  }
}

}  // namespace

torch::Tensor reliability_picture(const std::vector<ReliabilityBin>& bins, const std::string& title) {
  if (bins.empty() || bins.size() > 100)
    throw InvalidArgument(fmt::format("a reliability diagram has 1 to 100 bins, not {}", bins.size()));
  const Lettering heading{.height = 13, .bold = true}, axis{.height = 11, .bold = true}, line{.height = 10};
  const int width = std::max(kPlotLeft + kPlotSide + kPlotEdge, least_width(title, heading) + 2 * kPlotEdge);
  const int left = kPlotLeft + (width - kPlotLeft - kPlotSide - kPlotEdge) / 2, middle = left + kPlotSide / 2;
  const Plot accuracy{left, kPlotTop + kPlotSide, kPlotSide, kPlotSide},
      counts{left, kPlotTop + kPlotSide + kPlotGap + kCountsHeight, kPlotSide, kCountsHeight};
  cv::Mat canvas(counts.bottom + kBelow, width, CV_8UC3, cv::Scalar::all(255));

  const Summary all = summary_of(bins);
  draw_bins(canvas, accuracy, bins);
  draw_frame(canvas, accuracy, "accuracy");
  for (const double tick : kTicks) draw_height(canvas, accuracy, tick, reliability_tick(tick));
  draw_confidences(canvas, accuracy);
  draw_counts(canvas, counts, bins, all);
  draw_frame(canvas, counts, "images");
  draw_height(canvas, counts, 0, "0");
  if (all.most > 0) draw_height(canvas, counts, kHighestCount, grouped(static_cast<std::uint64_t>(all.most)));
  draw_confidences(canvas, counts);

  const int room = width - 2 * kPlotEdge;
  draw_text_centred(canvas, title, width / 2, 34, shrunk_to_fit(title, heading, room));
  const std::string summary = summary_text(all);
  draw_text_centred(canvas, summary, width / 2, 60, shrunk_to_fit(summary, line, room));
  draw_legend(canvas,
              {{"accuracy", kAccuracyColour},
               {"its 95 % interval", {}, draw_whisker_sign},
               {"calibrated: accuracy = confidence", {}, draw_diagonal_sign}},
              width / 2, 86);
  draw_legend(
      canvas,
      {{"overconfident: accuracy lower", kOverColour}, {"underconfident: accuracy higher", kUnderColour}},
      width / 2, 106);
  draw_text_centred(canvas, "confidence: the probability of the predicted class", middle, counts.bottom + 40,
                    axis);
  const std::string error = fmt::format("expected calibration error {:.2f} %: the mean over all images of",
                                        100 * all.calibration_error);
  draw_text_centred(canvas, error, middle, counts.bottom + 60, line);
  draw_text_centred(canvas, "|accuracy - mean confidence| of their bin (Guo et al. 2017)", middle,
                    counts.bottom + 77, line);
  return image::to_tensor(canvas);
}

}  // namespace fathom::draw
