/// What covers a part of the picture.
#include <algorithm>
#include <cmath>

#include "fathom/augment/operations/catalogue.hpp"
#include "fathom/augment/operations/opencv_picture.hpp"
#include "fathom/augment/whole_batch/copy.hpp"

namespace fathom::augment {
namespace {

constexpr Parameter covering_fill() { return fixed("fill", "fill value, in [0, 1]", 0, {0, 1}); }

constexpr Parameters kCutout({graded("size", "side of the square, as a share of the shorter side", {0.5, 0.5},
                                     {0, 1}, {.neutral = 0, .strong = 0.7}),
                              place("x", "centre of the square, 0: left, 1: right"),
                              place("y", "centre of the square, 0: top, 1: bottom"), covering_fill()});

constexpr std::string_view kCovers[] = {"constant", "noise"};
constexpr Parameters kErasing(
    {graded("area", "area of the rectangle, as a share of the picture", {0.02, 0.33}, {0, 1},
            {.neutral = 0, .strong = 0.5}),
     {.name = "ratio",
      .meaning = "height / width of the rectangle",
      .usual = {0.3, 3.3},
      .allowed = {0.01, 100},
      .scale = Scale::logarithmic},
     place("x", "0: leftmost, 1: rightmost"),
     place("y", "0: topmost, 1: lowest"),
     covering_fill(),
     word_parameter("with", "constant (the fill) or noise (independent random values)", kCovers),
     noise_parameter()});

/// It lies within the picture and may be empty, as the next.
Patch cutout_patch(const Values& v, Extent size) {
  const double side = v[kCutout["size"]] * static_cast<double>(std::min(size.height, size.width));
  // A whole number of pixels around a centre anywhere in the picture, cut off at its border.
  const auto span = [side](double place, std::int64_t length) {
    const auto width = static_cast<std::int64_t>(std::lround(side));
    const auto centre = std::min(length - 1, static_cast<std::int64_t>(place * static_cast<double>(length)));
    const std::int64_t start = centre - width / 2;
    const std::int64_t first = std::max<std::int64_t>(0, start), end = std::min(length, start + width);
    return std::pair{first, std::max<std::int64_t>(0, end - first)};
  };
  const auto [x, width] = span(v[kCutout["x"]], size.width);
  const auto [y, height] = span(v[kCutout["y"]], size.height);
  return {y, x, height, width};
}

Patch erased_patch(const Values& v, Extent size) {
  const double area =
      v[kErasing["area"]] * static_cast<double>(size.height) * static_cast<double>(size.width);
  const auto length = [](double wanted, std::int64_t side) {
    return std::clamp<std::int64_t>(std::lround(wanted), 0, side);
  };
  const double ratio = v[kErasing["ratio"]];
  const std::int64_t height = length(std::sqrt(area * ratio), size.height);
  const std::int64_t width = length(std::sqrt(area / ratio), size.width);
  const auto start = [](double place, std::int64_t free) {
    return std::min(free, static_cast<std::int64_t>(place * static_cast<double>(free + 1)));
  };
  return {start(v[kErasing["y"]], size.height - height), start(v[kErasing["x"]], size.width - width), height,
          width};
}

cv::Mat part_of(cv::Mat& image, const Patch& p) {
  return image(cv::Rect(static_cast<int>(p.x), static_cast<int>(p.y), static_cast<int>(p.width),
                        static_cast<int>(p.height)));
}

/// Grey of that value; opaque.
void cover(cv::Mat part, double fill) {
  cv::Scalar colour = cv::Scalar::all(fill * white(part));
  if (part.channels() == 4) colour[3] = white(part);
  part.setTo(colour);
}

void cutout(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  if (to.data != from.data) from.copyTo(to);
  cover(part_of(to, cutout_patch(v, {from.rows, from.cols})), v[kCutout["fill"]]);
}

bool cutout_small(const ChannelPlanes& from, std::uint8_t* to, const Values& v) {
  copy_covered(from, to, cutout_patch(v, from.size), v[kCutout["fill"]]);
  return true;
}

bool covers_with_noise(const Values& v) { return v[kErasing["with"]] == kErasing.choice("with", "noise"); }

void erase(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  if (to.data != from.data) from.copyTo(to);
  const Patch patch = erased_patch(v, {from.rows, from.cols});
  cv::Mat part = part_of(to, patch);
  if (!covers_with_noise(v)) {
    cover(part, v[kErasing["fill"]]);
    return;
  }
  cover(part, 0);
  Random random(static_cast<std::uint64_t>(v[kErasing["noise"]]));
  const int colours = std::min(3, part.channels());
  for (int y = 0; y < part.rows; ++y)
    for (int x = 0; x < part.cols; ++x)
      for (int c = 0; c < colours; ++c) {
        const int at = x * part.channels() + c;
        if (part.depth() == CV_8U)
          part.ptr(y)[at] = static_cast<uchar>(random() >> 56U);
        else
          part.ptr<float>(y)[at] = static_cast<float>(random.uniform());
      }
}

bool erase_small(const ChannelPlanes& from, std::uint8_t* to, const Values& v) {
  const Patch part = erased_patch(v, from.size);
  const bool noise = covers_with_noise(v);
  copy_covered(from, to, part, noise ? 0 : v[kErasing["fill"]]);
  if (!noise) return true;
  Random random(static_cast<std::uint64_t>(v[kErasing["noise"]]));
  const std::int64_t width = from.size.width, plane = width * from.size.height;
  for (std::int64_t y = part.y; y < part.y + part.height; ++y)
    for (std::int64_t x = part.x; x < part.x + part.width; ++x)
      for (std::int64_t c = 0; c < std::min<std::int64_t>(3, from.channels); ++c)
        to[c * plane + y * width + x] = static_cast<std::uint8_t>(random() >> 56U);
  return true;
}

}  // namespace

std::vector<OperationKind> erasing_kinds() {
  return {
      {.name = "cutout",
       .summary = "covers a square; its centre is anywhere, so it may extend beyond the border",
       .label = "keeps it while enough of the object is visible",
       .source = "DeVries & Taylor 2017: half the side for CIFAR-10",
       .group = Group::erasing,
       .parameters = kCutout,
       .in_place = true,
       .apply = cutout,
       .apply_to_planes = cutout_small,
       .planes_in_place = true},
      {.name = "erasing",
       .summary = "covers a rectangle of random size and shape inside the picture",
       .label = "keeps it while enough of the object is visible",
       .source = "Zhong et al. 2017; torchvision RandomErasing: 2 to 33 %",
       .group = Group::erasing,
       .parameters = kErasing,
       .in_place = true,
       .apply = erase,
       .apply_to_planes = erase_small,
       .planes_in_place = true},
  };
}

}  // namespace fathom::augment
