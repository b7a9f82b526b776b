/// What bends a picture: perspective, elastic and grid distortion.
#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "fathom/augment/operations/catalogue.hpp"
#include "fathom/augment/operations/opencv_picture.hpp"

namespace fathom::augment {
namespace {

constexpr Parameter inward(std::string_view corner) {
  return place(corner, "how far this corner moves inward, as a share of the maximum");
}

constexpr Parameters kPerspective({graded("distortion", "how far a corner may move inward, 1: to the centre",
                                          {0.1, 0.5}, {0, 0.95}, {.neutral = 0, .strong = 0.6}),
                                   inward("top-left-x"), inward("top-left-y"), inward("top-right-x"),
                                   inward("top-right-y"), inward("bottom-right-x"), inward("bottom-right-y"),
                                   inward("bottom-left-x"), inward("bottom-left-y"), border_parameter(),
                                   fill_parameter()});

void perspective(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  // From the pixels' outer edges, so that a picture of one pixel has four corners too.
  const auto right = static_cast<float>(from.cols) - 0.5F, bottom = static_cast<float>(from.rows) - 0.5F;
  const double half = v[kPerspective["distortion"]] / 2;
  const auto x = static_cast<float>(half * from.cols), y = static_cast<float>(half * from.rows);
  const auto u = [&](std::size_t number) { return static_cast<float>(v[number]); };
  const cv::Point2f corners[] = {{-0.5F, -0.5F}, {right, -0.5F}, {right, bottom}, {-0.5F, bottom}};
  const cv::Point2f moved[] = {
      {-0.5F + x * u(kPerspective["top-left-x"]), -0.5F + y * u(kPerspective["top-left-y"])},
      {right - x * u(kPerspective["top-right-x"]), -0.5F + y * u(kPerspective["top-right-y"])},
      {right - x * u(kPerspective["bottom-right-x"]), bottom - y * u(kPerspective["bottom-right-y"])},
      {-0.5F + x * u(kPerspective["bottom-left-x"]), bottom - y * u(kPerspective["bottom-left-y"])}};
  const cv::Mat map = cv::getPerspectiveTransform(corners, moved);
  cv::warpPerspective(from, to, map, from.size(), interpolation(target),
                      border_type(v[kPerspective["border"]]), outside(v[kPerspective["fill"]], from, target));
}

constexpr Parameters kElastic(
    {graded("alpha", "standard deviation of the displacement, as a share of the shorter side", {0.01, 0.04},
            {0, 1}, {.neutral = 0, .strong = 0.06}),
     {.name = "sigma",
      .meaning = "smoothness: standard deviation of the blur, as a share of the side",
      .usual = {0.08, 0.14},
      .allowed = {0.01, 1}},
     border_parameter(/*reflect=*/true),
     fill_parameter(),
     noise_parameter()});

/// Smooth noise with standard deviation 1, of the given size. Drawn on at most 64 x 64 points, since nothing
/// finer is left of it.
cv::Mat smooth_noise(cv::Size size, double sigma, cv::RNG& random) {
  const cv::Size coarse(std::min(size.width, 64), std::min(size.height, 64));
  cv::Mat field(coarse, CV_32F), full;
  random.fill(field, cv::RNG::NORMAL, 0, 1);
  cv::GaussianBlur(field, field, cv::Size(), std::max(0.1, sigma * coarse.width),
                   std::max(0.1, sigma * coarse.height));
  cv::Scalar mean, deviation;
  cv::meanStdDev(field, mean, deviation);
  const double spread = deviation[0] > 0 ? deviation[0] : 1;
  field.convertTo(field, CV_32F, 1 / spread, -mean[0] / spread);
  cv::resize(field, full, size, 0, 0, cv::INTER_LINEAR);
  return full;
}

void elastic(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  cv::RNG random(static_cast<std::uint64_t>(v[kElastic["noise"]]) + 1);
  const double sigma = v[kElastic["sigma"]];
  cv::Mat map_x = smooth_noise(from.size(), sigma, random), map_y = smooth_noise(from.size(), sigma, random);
  const auto reach = static_cast<float>(v[kElastic["alpha"]] * std::min(from.cols, from.rows));
  for (int y = 0; y < from.rows; ++y) {
    float *in_x = map_x.ptr<float>(y), *in_y = map_y.ptr<float>(y);
    for (int x = 0; x < from.cols; ++x) {
      in_x[x] = static_cast<float>(x) + reach * in_x[x];
      in_y[x] = static_cast<float>(y) + reach * in_y[x];
    }
  }
  cv::remap(from, to, map_x, map_y, interpolation(target), border_type(v[kElastic["border"]]),
            outside(v[kElastic["fill"]], from, target));
}

constexpr Parameters kGridDistortion({graded("distortion",
                                             "largest change of a cell's width, as a share of it", {0.1, 0.3},
                                             {0, 0.9}, {.neutral = 0, .strong = 0.7}),
                                      fixed("cells", "cells along each axis", 5, {2, 64}, Scale::whole),
                                      border_parameter(/*reflect=*/true), fill_parameter(),
                                      noise_parameter()});

/// Where each place along an axis comes from: cells of random widths are brought to equal ones.
std::vector<float> uneven_axis(int side, int cells, double distortion, Random& random) {
  std::vector<double> ends{0};
  for (int i = 0; i < cells; ++i) ends.push_back(ends.back() + 1 + random.uniform(-distortion, distortion));
  std::vector<float> source(static_cast<std::size_t>(side));
  for (int i = 0; i < side; ++i) {
    const double place = (i + 0.5) / side * cells;
    const int cell = std::min(cells - 1, static_cast<int>(place));
    const double low = ends[static_cast<std::size_t>(cell)], high = ends[static_cast<std::size_t>(cell) + 1];
    source[static_cast<std::size_t>(i)] =
        static_cast<float>((low + (high - low) * (place - cell)) / ends.back() * side - 0.5);
  }
  return source;
}

void grid_distortion(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  Random random(static_cast<std::uint64_t>(v[kGridDistortion["noise"]]));
  const auto cells = static_cast<int>(v[kGridDistortion["cells"]]);
  const double distortion = v[kGridDistortion["distortion"]];
  const std::vector<float> columns = uneven_axis(from.cols, cells, distortion, random);
  const std::vector<float> rows = uneven_axis(from.rows, cells, distortion, random);
  cv::Mat map(from.size(), CV_32FC2);
  for (int y = 0; y < from.rows; ++y) {
    auto* const line = map.ptr<cv::Vec2f>(y);
    for (int x = 0; x < from.cols; ++x)
      line[x] = {columns[static_cast<std::size_t>(x)], rows[static_cast<std::size_t>(y)]};
  }
  cv::remap(from, to, map, cv::noArray(), interpolation(target), border_type(v[kGridDistortion["border"]]),
            outside(v[kGridDistortion["fill"]], from, target));
}

}  // namespace

std::vector<OperationKind> warp_kinds() {
  return {
      plain_kind(Group::geometry, "perspective",
                 "changes the perspective: each corner moves inward independently", "keeps it",
                 "torchvision RandomPerspective: distortion 0.5", kPerspective, perspective),
      plain_kind(Group::geometry, "elastic", "displaces pixels by smooth noise, like an unsteady hand",
                 "keeps it at small alpha; strokes break and shapes melt at large",
                 "Simard et al. 2003, as shares of the side instead of pixels", kElastic, elastic),
      plain_kind(Group::geometry, "grid-distortion", "stretches and shrinks the rows and columns of a grid",
                 "keeps it", "Albumentations GridDistortion: 5 cells, 0.3", kGridDistortion, grid_distortion),
  };
}

}  // namespace fathom::augment
