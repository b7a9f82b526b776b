#include "fathom/augment/operations/opencv_picture.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "fathom/augment/operations/catalogue.hpp"

namespace fathom::augment {
namespace {

constexpr int type_of(std::string_view border) {
  return border == "constant"    ? cv::BORDER_CONSTANT
         : border == "reflect"   ? cv::BORDER_REFLECT_101
         : border == "replicate" ? cv::BORDER_REPLICATE
                                 : cv::BORDER_WRAP;
}
constexpr int kBorderTypes[] = {type_of(kBorders[0]), type_of(kBorders[1]), type_of(kBorders[2]),
                                type_of(kBorders[3])};

/// Along an axis of `from` pixels the one below the middle of pixel `i` of `to`.
std::int64_t place_below(std::int64_t i, std::int64_t from, std::int64_t to) {
  return (2 * i + 1) * from / (2 * to);
}

/// cv::resize's INTER_NEAREST takes the pixel at floor(i * from / to) instead, and moves a mask by up to half
/// a pixel; INTER_NEAREST_EXACT adds up a rounded step, and between two pixels takes now one, now the other.
/// (In warps and remap, nearest neighbour is about the middle.)
void resize_mask(const cv::Mat& from, cv::Mat& to, cv::Size size) {
  const std::size_t pixel = from.elemSize();
  std::vector<std::size_t> columns;
  for (int x = 0; x < size.width; ++x)
    columns.push_back(pixel * static_cast<std::size_t>(place_below(x, from.cols, size.width)));
  to.create(size, from.type());
  for (int y = 0; y < to.rows; ++y) {
    const uchar* const line = from.ptr(static_cast<int>(place_below(y, from.rows, size.height)));
    uchar* out = to.ptr(y);
    for (int x = 0; x < to.cols; ++x, out += pixel)
      std::memcpy(out, line + columns[static_cast<std::size_t>(x)], pixel);
  }
}

}  // namespace

int border_type(double choice) { return kBorderTypes[static_cast<std::size_t>(choice)]; }

double white(const cv::Mat& image) { return image.depth() == CV_8U ? 255 : 1; }

cv::Scalar outside(double fill, const cv::Mat& image, Target target) {
  if (target == Target::mask) return {};
  const double value = fill * white(image);
  return {value, value, value, 0};
}

int interpolation(Target target) { return target == Target::mask ? cv::INTER_NEAREST : cv::INTER_LINEAR; }

void resize_to(const cv::Mat& from, cv::Mat& to, cv::Size size, Target target) {
  if (target == Target::mask) {
    resize_mask(from, to, size);
    return;
  }
  const cv::Size shrunk(std::min(size.width, from.cols), std::min(size.height, from.rows));
  if (shrunk == size) {
    cv::resize(from, to, size, 0, 0, cv::INTER_AREA);
  } else if (shrunk == from.size()) {
    cv::resize(from, to, size, 0, 0, cv::INTER_LINEAR);
  } else {  // with INTER_AREA OpenCV averages neither axis if one grows
    cv::Mat averaged;
    cv::resize(from, averaged, shrunk, 0, 0, cv::INTER_AREA);
    cv::resize(averaged, to, size, 0, 0, cv::INTER_LINEAR);
  }
}

void clamp_unit(cv::Mat& image) {
  if (image.depth() != CV_32F) return;
  cv::min(image, 1., image);
  cv::max(image, 0., image);
}

}  // namespace fathom::augment
