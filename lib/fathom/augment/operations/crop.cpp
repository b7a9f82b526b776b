/// What changes the frame: crops and resize.
#include <algorithm>
#include <cmath>
#include <cstring>

#include <opencv2/imgproc.hpp>

#include "fathom/augment/operations/catalogue.hpp"
#include "fathom/augment/operations/opencv_picture.hpp"
#include "fathom/augment/whole_batch/copy.hpp"

namespace fathom::augment {
namespace {

constexpr Parameter side(std::string_view name) {
  return fixed(name, "of the result in pixels; 0: same as the picture", 0, {0, 16384}, Scale::whole);
}

constexpr Parameters kCrop(
    {fixed("padding", "border added on all sides, in pixels", 4, {0, 8192}, Scale::whole), side("height"),
     side("width"), place("x", "0: the leftmost part, 1: the rightmost"),
     place("y", "0: the topmost part, 1: the lowest"), border_parameter(), fill_parameter()});
constexpr Parameters kResizedCrop({graded("area", "area of the part, as a share of the picture", {0.08, 1},
                                          {0.0001, 1}, {.neutral = 1, .strong = 0.2}),
                                   {.name = "ratio",
                                    .meaning = "width / height of the part",
                                    .usual = {0.75, 4. / 3},
                                    .allowed = {0.01, 100},
                                    .scale = Scale::logarithmic},
                                   place("x", "0: the leftmost part, 1: the rightmost"),
                                   place("y", "0: the topmost part, 1: the lowest"),
                                   side("height"),
                                   side("width")});
constexpr Parameters kCentreCrop({side("height"), side("width"), border_parameter(), fill_parameter()});
constexpr Parameters kResize({side("height"), side("width")});

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

/// The size that "height" and "width" ask for.
template <const auto& kParameters>
Extent asked_size(Extent from, const Values& v) {
  return {or_own(v[kParameters["height"]], from.height), or_own(v[kParameters["width"]], from.width)};
}

/// What is seen; it may reach beyond the picture.
Patch crop_part(const Values& v, Extent picture) {
  const Extent size = asked_size<kCrop>(picture, v);
  const auto padding = static_cast<std::int64_t>(v[kCrop["padding"]]);
  // Where the frame is larger than the padded picture, the picture stands in its middle.
  const auto start = [&](double place, std::int64_t side, std::int64_t length) {
    const std::int64_t free = side + 2 * padding - length;
    return free >= 0 ? position(place, free) - padding : -((length - side) / 2);
  };
  return {start(v[kCrop["y"]], picture.height, size.height), start(v[kCrop["x"]], picture.width, size.width),
          size.height, size.width};
}

void crop(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  cut(from, to, crop_part(v, {from.rows, from.cols}), v[kCrop["border"]], v[kCrop["fill"]], target);
}

bool crop_small(const ChannelPlanes& from, std::uint8_t* to, const Values& v) {
  copy_part(from, to, crop_part(v, from.size), border_type(v[kCrop["border"]]), v[kCrop["fill"]]);
  return true;
}

void centre_crop(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  const Extent size = asked_size<kCentreCrop>({from.rows, from.cols}, v);
  // torchvision rounds half a pixel to the even number, and gives the odd pixel of a border to the far side.
  const auto start = [](std::int64_t side, std::int64_t length) {
    if (side < length) return -((length - side) / 2);
    return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(side - length) / 2));
  };
  cut(from, to, {start(from.rows, size.height), start(from.cols, size.width), size.height, size.width},
      v[kCentreCrop["border"]], v[kCentreCrop["fill"]], target);
}

void resized_crop(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  const double ratio = v[kResizedCrop["ratio"]];
  const double area = v[kResizedCrop["area"]] * from.rows * from.cols;
  const auto length = [](double wanted, int side) {
    return std::clamp(static_cast<int>(std::lround(wanted)), 1, side);
  };
  const int width = length(std::sqrt(area * ratio), from.cols),
            height = length(std::sqrt(area / ratio), from.rows);
  const cv::Rect part(static_cast<int>(position(v[kResizedCrop["x"]], from.cols - width)),
                      static_cast<int>(position(v[kResizedCrop["y"]], from.rows - height)), width, height);
  const Extent size = asked_size<kResizedCrop>({from.rows, from.cols}, v);
  const cv::Size result(static_cast<int>(size.width), static_cast<int>(size.height));
  if (part.size() == result)
    from(part).copyTo(to);
  else
    resize_to(from(part), to, result, target);
}

void resize(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  const Extent size = asked_size<kResize>({from.rows, from.cols}, v);
  resize_to(from, to, {static_cast<int>(size.width), static_cast<int>(size.height)}, target);
}

/// A kind whose result has the required size.
template <const auto& kParameters>
OperationKind frame_kind(std::string name, std::string summary, std::string label, std::string source,
                         decltype(OperationKind::apply) apply,
                         decltype(OperationKind::apply_to_planes) apply_to_planes = nullptr) {
  OperationKind kind = plain_kind(Group::geometry, std::move(name), std::move(summary), std::move(label),
                                  std::move(source), kParameters, apply);
  kind.apply_to_planes = apply_to_planes;
  kind.result_size = asked_size<kParameters>;
  return kind;
}

}  // namespace

std::vector<OperationKind> crop_kinds() {
  return {
      frame_kind<kCrop>(
          "crop",
          "pads the picture and cuts out a part; at the original size, this is a shift by whole pixels",
          "keeps it while the object stays in view", "padding 4 for 32 x 32 pixels: He et al. 2016", crop,
          crop_small),
      frame_kind<kResizedCrop>("resized-crop", "cuts out a part of random size and shape and resizes it",
                               "keeps it for large parts; at 8 % of the area the object may be cut off",
                               "Szegedy et al. 2015; torchvision RandomResizedCrop", resized_crop),
      frame_kind<kCentreCrop>("centre-crop", "keeps the centre of the picture; a smaller picture is padded",
                              "keeps it while the object is in the centre", "torchvision CenterCrop",
                              centre_crop),
      frame_kind<kResize>(
          "resize", "resizes without keeping the aspect ratio; averages areas along each axis that shrinks",
          "keeps it", "OpenCV resize", resize),
  };
}

}  // namespace fathom::augment
