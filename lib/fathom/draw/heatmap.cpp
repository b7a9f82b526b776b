#include "fathom/draw/heatmap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "fathom/core/error.hpp"
#include "fathom/draw/lettering.hpp"
#include "fathom/image/mat.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::draw {
namespace {

constexpr double kPaleness = 0.35;       // how much of the picture's contrast an overlay gives up
constexpr double kDensestOverlay = 0.9;  // opacity where |value| reaches the limit

/// ColorBrewer's RdBu of nine colours from blue to red, its middle made pure white: float [9, 3].
torch::Tensor colour_table() {
  return torch::tensor({33,  102, 172, 67,  147, 195, 146, 197, 222, 209, 229, 240, 255, 255,
                        255, 253, 219, 199, 244, 165, 130, 214, 96,  77,  178, 24,  43},
                       torch::kFloat64)
      .view({9, 3});
}

void require_map(const torch::Tensor& map) {
  if (!map.defined() || !map.is_floating_point() || map.dim() != 2 || map.numel() == 0) {
    throw InvalidArgument("a map must be float [H, W] with at least one value");
  }
}

void require_limit(double limit) {
  if (!std::isfinite(limit) || limit <= 0) {
    throw InvalidArgument(fmt::format("the limit of a colour scale must be positive, not {}", limit));
  }
}

torch::Tensor resized_map(const torch::Tensor& map, std::int64_t height, std::int64_t width, bool pixelated) {
  torch::Tensor values = map.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const cv::Mat from(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)), CV_32F,
                     values.data_ptr<float>());
  const torch::Tensor resized = torch::empty({height, width});
  cv::Mat to(static_cast<int>(height), static_cast<int>(width), CV_32F, resized.data_ptr<float>());
  cv::resize(from, to, to.size(), 0, 0, pixelated ? cv::INTER_NEAREST_EXACT : cv::INTER_LINEAR);
  return resized;
}

/// "+2.3", "-0.012", "+1.2e-4", "0": short enough to stand beside a bar.
std::string tick_text(double value) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 0.001 && size < 9.95) return fmt::format("{:+.2g}", value);
  if (size >= 1 && size < 10'000) return fmt::format("{:+.0f}", value);
  const std::string text = fmt::format("{:+.1e}", value);
  const std::size_t e = text.find('e');
  return text.substr(0, e + 1) +
         std::to_string(std::stoi(text.substr(e + 1)));  // without "+0" before the exponent
}

}  // namespace

double symmetric_limit(const torch::Tensor& map) {
  const torch::Tensor values = map.detach().to(torch::kFloat64).flatten();
  const torch::Tensor finite = values.masked_select(values.isfinite()).abs();
  const double largest = finite.numel() == 0 ? 0 : finite.max().item<double>();
  return largest > 0 ? largest : 1;
}

torch::Tensor diverging_colours(const torch::Tensor& map, double limit) {
  require_map(map);
  require_limit(limit);
  const torch::Tensor table = colour_table();
  const torch::Tensor values = map.detach().to(torch::kCPU, torch::kFloat64);
  const torch::Tensor unknown = values.isnan();
  const torch::Tensor position = ((values.masked_fill(unknown, 0) / limit).clamp(-1, 1) + 1) * 4;  // 0 to 8
  const torch::Tensor below = position.floor().clamp(0, 7);
  const torch::Tensor share = (position - below).unsqueeze(-1);
  const torch::Tensor index = below.to(torch::kInt64).flatten();
  const auto colours_at = [&](const torch::Tensor& i) {  // [H, W, 3]
    return table.index_select(0, i).view({map.size(0), map.size(1), 3});
  };
  const torch::Tensor colours = colours_at(index) * (1 - share) + colours_at(index + 1) * share;
  return colours.masked_fill(unknown.unsqueeze(-1), 128)
      .round()
      .to(torch::kUInt8)
      .permute({2, 0, 1})
      .contiguous();
}

torch::Tensor overlay(const torch::Tensor& picture, const torch::Tensor& map, double limit, bool pixelated) {
  require_map(map);
  require_limit(limit);
  const torch::Tensor grey = image::to_grey(picture).to(torch::kFloat32);
  const torch::Tensor pale = 255 - (255 - grey) * (1 - kPaleness);  // [1, H, W]
  const torch::Tensor values = resized_map(map, picture.size(1), picture.size(2), pixelated);
  const torch::Tensor strength = (values.nan_to_num(0) / limit).abs().clamp(0, 1);
  const torch::Tensor opacity = (kDensestOverlay * strength * (2 - strength)).unsqueeze(0);
  const torch::Tensor colours = diverging_colours(values, limit).to(torch::kFloat32);
  return (pale * (1 - opacity) + colours * opacity).round().clamp(0, 255).to(torch::kUInt8);
}

torch::Tensor colour_bar(double limit, std::int64_t height, const std::string& label, bool from_zero) {
  require_limit(limit);
  if (height < 1 || height > 100'000)
    throw InvalidArgument(fmt::format("a colour bar cannot be {} pixels tall", height));
  constexpr int width = 104, bar_left = 12, bar_right = 26, tick_right = 30, numbers_left = 34;
  constexpr int label_distance = 16, last_baseline = 100;  // of the label from the numbers, with its letters
  constexpr int numbers_width = last_baseline - label_distance - numbers_left;
  const double lowest = from_zero ? 0 : -limit;
  const auto rows = static_cast<int>(height);
  cv::Mat canvas(rows, width, CV_8UC3, cv::Scalar::all(255));

  const torch::Tensor values = torch::linspace(limit, lowest, height, torch::kFloat64).unsqueeze(1);
  const cv::Mat column = image::to_mat(diverging_colours(values, limit));
  cv::resize(column, canvas(cv::Rect(bar_left, 0, bar_right - bar_left, rows)), {bar_right - bar_left, rows},
             0, 0, cv::INTER_NEAREST);
  const cv::Scalar line(96, 96, 96);
  cv::rectangle(canvas, cv::Rect(bar_left, 0, bar_right - bar_left, rows), line);

  Lettering numbers{.height = std::clamp(rows / 6.0, 1.0, 10.0)};
  numbers = shrunk_to_fit(tick_text(-limit), numbers, numbers_width);
  const int letters = letter_height(numbers);
  int numbers_right = numbers_left;
  for (const double value : {limit, 0.0, lowest}) {
    const int y = static_cast<int>(std::lround((limit - value) / (limit - lowest) * (rows - 1)));
    cv::line(canvas, {bar_right, y}, {tick_right, y}, line);
    // At the ends the number stays inside, so that the bar can be as tall as the picture beside it.
    const int baseline = std::clamp(y + letters / 2, letters + 2, std::max(letters + 2, rows - 3));
    draw_text(canvas, tick_text(value), numbers_left, baseline, numbers);
    numbers_right = std::max(numbers_right, numbers_left + text_width(tick_text(value), numbers));
    if (value == lowest) break;
  }
  const int label_baseline = std::min(numbers_right + label_distance, last_baseline);
  const Lettering along = shrunk_to_fit(label, {.height = 10}, rows - 4);
  draw_text_upwards(canvas, label, label_baseline, (rows + text_width(label, along)) / 2, along);
  return image::to_tensor(canvas);
}

}  // namespace fathom::draw
