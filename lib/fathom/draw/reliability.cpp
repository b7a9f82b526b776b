#include "fathom/draw/reliability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "fathom/core/error.hpp"
#include "fathom/draw/lettering.hpp"
#include "fathom/image/mat.hpp"

namespace fathom::draw {
namespace {

constexpr int kPlotSide = 360, kSharesHeight = 80, kPlotGap = 34;
constexpr int kPlotLeft = 70, kPlotTop = 56, kPlotEdge = 28;
constexpr int kPlotBottom = 52;  // for the numbers and the axis's name
const cv::Scalar kAccuracyColour(107, 174, 214), kGapColour(222, 45, 38);  // ColorBrewer's Blues and Reds
const cv::Scalar kLineColour(120, 120, 120);

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

void draw_frame(cv::Mat& canvas, const Plot& plot, const std::string& name, double top_value) {
  const Lettering small{.height = 9}, axis{.height = 11, .bold = true};
  cv::rectangle(canvas, {plot.left, plot.bottom - plot.height}, {plot.left + plot.width, plot.bottom},
                kLineColour);
  for (const double tick : {0.0, 0.5, 1.0}) {
    const std::string number = fmt::format("{:.3g}", tick * top_value);
    draw_text(canvas, number, plot.left - 6 - text_width(number, small),
              plot.y(tick) + letter_height(small) / 2, small);
  }
  draw_text_upwards(canvas, name, 20, plot.bottom - plot.height / 2 + text_width(name, axis) / 2, axis);
}

}  // namespace

torch::Tensor reliability_picture(const std::vector<ReliabilityBin>& bins, const std::string& title) {
  if (bins.empty() || bins.size() > 100)
    throw InvalidArgument(fmt::format("a reliability diagram has 1 to 100 bins, not {}", bins.size()));
  const Lettering heading{.height = 13, .bold = true};
  const int width = std::max(kPlotLeft + kPlotSide + kPlotEdge, least_width(title, heading) + 2 * kPlotEdge);
  const int left = kPlotLeft + (width - kPlotLeft - kPlotSide - kPlotEdge) / 2;
  const Plot accuracy{left, kPlotTop + kPlotSide, kPlotSide, kPlotSide},
      shares{left, kPlotTop + kPlotSide + kPlotGap + kSharesHeight, kPlotSide, kSharesHeight};
  cv::Mat canvas(shares.bottom + kPlotBottom, width, CV_8UC3, cv::Scalar::all(255));

  std::int64_t images = 0, most = 1;
  for (const ReliabilityBin& bin : bins) {
    images += bin.images;
    most = std::max(most, bin.images);
  }
  const auto count = static_cast<double>(bins.size());
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const double low = static_cast<double>(i) / count, high = static_cast<double>(i + 1) / count;
    if (bins[i].images == 0) continue;
    fill_between(canvas, accuracy, low, high, 0, bins[i].accuracy, kAccuracyColour);
    fill_between(canvas, accuracy, low, high, bins[i].accuracy, bins[i].confidence, kGapColour);
    fill_between(canvas, shares, low, high, 0,
                 static_cast<double>(bins[i].images) / static_cast<double>(most), kAccuracyColour);
  }
  cv::line(canvas, {accuracy.x(0), accuracy.y(0)}, {accuracy.x(1), accuracy.y(1)}, kLineColour, 1,
           cv::LINE_AA);
  draw_frame(canvas, accuracy, "accuracy", 1);
  draw_frame(canvas, shares, "share",
             static_cast<double>(most) / static_cast<double>(std::max<std::int64_t>(1, images)));

  const Lettering small{.height = 9}, axis{.height = 11, .bold = true};
  for (const double tick : {0.0, 0.25, 0.5, 0.75, 1.0})
    draw_text_centred(canvas, fmt::format("{:.3g}", tick), shares.x(tick), shares.bottom + 16, small);
  draw_text_centred(canvas, "confidence (red: distance from the accuracy)", left + kPlotSide / 2,
                    shares.bottom + 38, axis);
  draw_text_centred(canvas, title, width / 2, kPlotTop - 22,
                    shrunk_to_fit(title, heading, width - 2 * kPlotEdge));
  return image::to_tensor(canvas);
}

}  // namespace fathom::draw
