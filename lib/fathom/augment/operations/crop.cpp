/// What changes the frame: crops and resize.
#include "fathom/augment/operations/crop.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <opencv2/imgproc.hpp>

#include "fathom/augment/operations/pixels.hpp"

namespace fathom::augment {
namespace {

/// For each place along an axis of a window the picture's place that is seen there; -1: outside.
std::vector<int> sources(std::int64_t start, std::int64_t length, int side, int border) {
  std::vector<int> places(static_cast<std::size_t>(length));
  for (std::int64_t i = 0; i < length; ++i)
    places[static_cast<std::size_t>(i)] = cv::borderInterpolate(static_cast<int>(start + i), side, border);
  return places;
}

/// The part of a picture that begins at (y, x) and may reach beyond it.
void cut(const cv::Mat& from, cv::Mat& to, const Patch& part, double border, double fill, Target target) {
  const cv::Rect window(static_cast<int>(part.x), static_cast<int>(part.y), static_cast<int>(part.width),
                        static_cast<int>(part.height));
  if ((window & cv::Rect({0, 0}, from.size())) == window) {
    from(window).copyTo(to);
    return;
  }
  const std::vector<int> columns = sources(part.x, part.width, from.cols, border_type(border));
  const std::vector<int> rows = sources(part.y, part.height, from.rows, border_type(border));
  const std::size_t pixel = from.elemSize();
  const cv::Mat blank(1, 1, from.type(), outside(fill, from, target));
  to.create(window.size(), from.type());
  // Columns of the picture itself are copied as one; what lies beside them pixel by pixel.
  const cv::Rect seen = window & cv::Rect({0, 0}, from.size());
  const int left = seen.empty() ? 0 : seen.x - window.x;
  for (int y = 0; y < to.rows; ++y) {
    const int row = rows[static_cast<std::size_t>(y)];
    uchar* const out = to.ptr(y);
    const auto fill_pixels = [&](int first, int end) {
      for (int x = first; x < end; ++x) {
        const int column = columns[static_cast<std::size_t>(x)];
        const bool is_outside = row < 0 || column < 0;
        std::memcpy(out + pixel * static_cast<std::size_t>(x),
                    is_outside ? blank.ptr() : from.ptr(row) + pixel * static_cast<std::size_t>(column),
                    pixel);
      }
    };
    if (row < 0 || seen.empty()) {
      fill_pixels(0, to.cols);
      continue;
    }
    fill_pixels(0, left);
    std::memcpy(out + pixel * static_cast<std::size_t>(left), from.ptr(row, seen.x),
                pixel * static_cast<std::size_t>(seen.width));
    fill_pixels(left + seen.width, to.cols);
  }
}

std::int64_t or_own(double asked, std::int64_t own) {
  return asked > 0 ? static_cast<std::int64_t>(asked) : own;
}

/// A place from 0 to 1 among `free` + 1 whole positions.
std::int64_t position(double place, std::int64_t free) {
  return std::min(free, static_cast<std::int64_t>(std::floor(place * static_cast<double>(free + 1))));
}

/// values: padding, height, width, x, y, border, fill.
Extent crop_size(Extent from, const Values& v) {
  return {or_own(v[1], from.height), or_own(v[2], from.width)};
}

}  // namespace

Patch crop_part(const Values& v, Extent picture) {
  const Extent size = crop_size(picture, v);
  const auto padding = static_cast<std::int64_t>(v[0]);
  // Where the frame is larger than the padded picture, the picture stands in its middle.
  const auto start = [&](double place, std::int64_t side, std::int64_t length) {
    const std::int64_t free = side + 2 * padding - length;
    return free >= 0 ? position(place, free) - padding : -((length - side) / 2);
  };
  return {start(v[4], picture.height, size.height), start(v[3], picture.width, size.width), size.height,
          size.width};
}

namespace {

void crop(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  cut(from, to, crop_part(v, {from.rows, from.cols}), v[5], v[6], target);
}

/// values: height, width, border, fill.
Extent centre_crop_size(Extent from, const Values& v) {
  return {or_own(v[0], from.height), or_own(v[1], from.width)};
}

void centre_crop(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  const Extent size = centre_crop_size({from.rows, from.cols}, v);
  const auto start = [](std::int64_t side, std::int64_t length) {
    return side >= length ? (side - length) / 2 : -((length - side) / 2);
  };
  cut(from, to, {start(from.rows, size.height), start(from.cols, size.width), size.height, size.width}, v[2],
      v[3], target);
}

/// values: area, ratio, x, y, height, width.
Extent resized_crop_size(Extent from, const Values& v) {
  return {or_own(v[4], from.height), or_own(v[5], from.width)};
}

void resized_crop(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  const double area = v[0] * from.rows * from.cols;
  const auto length = [](double wanted, int side) {
    return std::clamp(static_cast<int>(std::lround(wanted)), 1, side);
  };
  const int width = length(std::sqrt(area * v[1]), from.cols),
            height = length(std::sqrt(area / v[1]), from.rows);
  const cv::Rect part(static_cast<int>(position(v[2], from.cols - width)),
                      static_cast<int>(position(v[3], from.rows - height)), width, height);
  const Extent size = resized_crop_size({from.rows, from.cols}, v);
  const cv::Size result(static_cast<int>(size.width), static_cast<int>(size.height));
  if (part.size() == result)
    from(part).copyTo(to);
  else
    resize_to(from(part), to, result, target);
}

/// values: height, width.
Extent resized_size(Extent from, const Values& v) {
  return {or_own(v[0], from.height), or_own(v[1], from.width)};
}

void resize(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  const Extent size = resized_size({from.rows, from.cols}, v);
  resize_to(from, to, {static_cast<int>(size.width), static_cast<int>(size.height)}, target);
}

Parameter side(const char* name) {
  return fixed(name, "of the result in pixels; 0: the picture's own", 0, {0, 16384}, Scale::whole);
}

}  // namespace

std::vector<OperationKind> crop_kinds() {
  return {
      {.name = "crop",
       .summary =
           "a part of the picture, which is padded first; at its own size that is a shift by whole pixels",
       .label = "keeps it while the thing stays in view",
       .source = "padding 4 for 32 x 32 pixels: He et al. 2016",
       .group = Group::geometry,
       .parameters = {fixed("padding", "on all sides, in pixels", 4, {0, 8192}, Scale::whole), side("height"),
                      side("width"), place("x", "0: the leftmost part, 1: the rightmost"),
                      place("y", "0: the topmost part, 1: the lowest"), border_parameter(), fill_parameter()},
       .apply = crop,
       .result_size = crop_size},
      {.name = "resized-crop",
       .summary = "a part of random size and shape, brought to the result's size",
       .label = "keeps it for large parts; at 8 % of the area the thing may be left out",
       .source = "Szegedy et al. 2015; torchvision RandomResizedCrop",
       .group = Group::geometry,
       .parameters = {{.name = "area",
                       .meaning = "of the part, as a share of the picture's",
                       .usual = {0.08, 1},
                       .allowed = {0.0001, 1},
                       .neutral = 1,
                       .strong = 0.2},
                      {.name = "ratio",
                       .meaning = "width by height of the part",
                       .usual = {0.75, 4. / 3},
                       .allowed = {0.01, 100},
                       .scale = Scale::logarithmic},
                      place("x", "0: the leftmost part, 1: the rightmost"),
                      place("y", "0: the topmost part, 1: the lowest"),
                      side("height"),
                      side("width")},
       .apply = resized_crop,
       .result_size = resized_crop_size},
      {.name = "centre-crop",
       .summary = "the middle of the picture; a smaller one gets a border",
       .label = "keeps it while the thing is in the middle",
       .source = "torchvision CenterCrop",
       .group = Group::geometry,
       .parameters = {side("height"), side("width"), border_parameter(), fill_parameter()},
       .apply = centre_crop,
       .result_size = centre_crop_size},
      {.name = "resize",
       .summary = "to another size, its shape given up; area averages when shrinking",
       .label = "keeps it",
       .source = "OpenCV resize",
       .group = Group::geometry,
       .parameters = {side("height"), side("width")},
       .apply = resize,
       .result_size = resized_size},
  };
}

}  // namespace fathom::augment
