/// Flips, and what is one affine map: rotate, translate, scale, shear, and all four at once.
#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

#include "fathom/augment/operations/pixels.hpp"

namespace fathom::augment {
namespace {

using Matrix = std::array<double, 6>;

void flip_horizontally(const cv::Mat& from, cv::Mat& to, const Values&, Target) { cv::flip(from, to, 1); }
void flip_vertically(const cv::Mat& from, cv::Mat& to, const Values&, Target) { cv::flip(from, to, 0); }

Matrix horizontal_mirror(const Values&, Extent size) {
  return {-1, 0, static_cast<double>(size.width - 1), 0, 1, 0};
}
Matrix vertical_mirror(const Values&, Extent size) {
  return {1, 0, 0, 0, -1, static_cast<double>(size.height - 1)};
}

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

/// Exact at quarter turns, so that these move whole pixels.
double exact_sine(double degrees) {
  const double turn = std::remainder(degrees, 360);
  if (turn == 90 || turn == -90) return turn / 90;
  return turn == 180 || turn == -180 || turn == 0 ? 0 : std::sin(radians(turn));
}
double exact_cosine(double degrees) { return exact_sine(degrees + 90); }

struct Motion {
  double degrees = 0;  // counter-clockwise
  double right = 0, down = 0;
  double scale_x = 1, scale_y = 1;
  double shear_x = 0, shear_y = 0;  // tangents
};

/// Scaled, sheared and turned about the middle of the picture, then moved by whole pixels.
Matrix matrix_of(const Motion& m, Extent size) {
  const double c = exact_cosine(m.degrees), s = exact_sine(m.degrees);
  // [c s; -s c] [1 shear_x; shear_y 1] [scale_x 0; 0 scale_y]
  const double a = (c + s * m.shear_y) * m.scale_x, b = (c * m.shear_x + s) * m.scale_y;
  const double d = (-s + c * m.shear_y) * m.scale_x, e = (-s * m.shear_x + c) * m.scale_y;
  const double x = static_cast<double>(size.width - 1) / 2, y = static_cast<double>(size.height - 1) / 2;
  return {a, b, x - a * x - b * y + m.right, d, e, y - d * x - e * y + m.down};
}

double whole_pixels(double share, std::int64_t side) {
  return std::nearbyint(share * static_cast<double>(side));
}

Matrix rotation(const Values& v, Extent size) { return matrix_of({.degrees = v[0]}, size); }

Matrix translation(const Values& v, Extent size) {
  return {1, 0, whole_pixels(v[0], size.width), 0, 1, whole_pixels(v[1], size.height)};
}

Matrix scaling(const Values& v, Extent size) {
  return matrix_of({.scale_x = v[0] * v[1], .scale_y = v[0]}, size);
}

Matrix shearing(const Values& v, Extent size) {
  return matrix_of({.shear_x = std::tan(radians(v[0])), .shear_y = std::tan(radians(v[1]))}, size);
}

Matrix affine(const Values& v, Extent size) {
  return matrix_of({.degrees = v[0],
                    .right = whole_pixels(v[1], size.width),
                    .down = whole_pixels(v[2], size.height),
                    .scale_x = v[3],
                    .scale_y = v[3],
                    .shear_x = std::tan(radians(v[4])),
                    .shear_y = std::tan(radians(v[5]))},
                   size);
}

void warp(const cv::Mat& from, cv::Mat& to, const Matrix& matrix, double border, double fill, Target target) {
  const cv::Matx23d m(matrix.data());
  cv::warpAffine(from, to, m, from.size(), interpolation(target), border_type(border),
                 outside(fill, from, target));
}

/// Every affine operation has border and fill as its last two parameters, from number `N` on.
template <Matrix (*MatrixOf)(const Values&, Extent), std::size_t N>
void warp_by(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  warp(from, to, MatrixOf(v, {from.rows, from.cols}), v[N], v[N + 1], target);
}

Parameter degrees(const char* name, const char* meaning, double usual, double strong, double most) {
  return {.name = name,
          .meaning = meaning,
          .usual = {0 - usual, usual},
          .allowed = {-most, most},
          .symmetric = true,
          .neutral = 0,
          .strong = strong};
}

Parameter shift(const char* name, const char* meaning) {
  return {.name = name,
          .meaning = meaning,
          .usual = {-0.1, 0.1},
          .allowed = {-1, 1},
          .symmetric = true,
          .neutral = 0,
          .strong = 0.3};
}

Parameter factor(double low, double high, double strong) {
  return {.name = "factor",
          .meaning = "size of what is seen, 1: as it is",
          .usual = {low, high},
          .allowed = {0.05, 20},
          .scale = Scale::logarithmic,
          .neutral = 1,
          .strong = strong};
}

template <Matrix (*MatrixOf)(const Values&, Extent), std::size_t N>
OperationKind affine_kind(std::string name, std::string summary, std::string label, std::string source,
                          std::vector<Parameter> parameters) {
  parameters.push_back(border_parameter());
  parameters.push_back(fill_parameter());
  return {.name = std::move(name),
          .summary = std::move(summary),
          .label = std::move(label),
          .source = std::move(source),
          .group = Group::geometry,
          .parameters = std::move(parameters),
          .apply = warp_by<MatrixOf, N>,
          .matrix = MatrixOf};
}

}  // namespace

std::vector<OperationKind> affine_kinds() {
  const Parameter x = shift("x", "to the right, as a share of the width; by whole pixels");
  const Parameter y = shift("y", "down, as a share of the height; by whole pixels");
  return {
      {.name = "hflip",
       .summary = "left and right exchanged",
       .label = "keeps it, unless handedness matters: letters, digits, road signs, left and right hands",
       .source = "torchvision RandomHorizontalFlip",
       .group = Group::geometry,
       .in_place = true,
       .apply = flip_horizontally,
       .matrix = horizontal_mirror},
      {.name = "vflip",
       .summary = "top and bottom exchanged",
       .label = "keeps it where there is no up: microscopy, pictures from above; few photographs",
       .source = "torchvision RandomVerticalFlip",
       .group = Group::geometry,
       .in_place = true,
       .apply = flip_vertically,
       .matrix = vertical_mirror},
      affine_kind<rotation, 1>("rotate", "turned about its middle; quarter turns of a square are exact",
                               "keeps it at small angles; at large ones 6 becomes 9",
                               "Albumentations Affine: +-15 degrees is common",
                               {degrees("degrees", "counter-clockwise", 15, 45, 360)}),
      affine_kind<translation, 2>("translate", "moved by whole pixels",
                                  "keeps it while the thing stays in view",
                                  "torchvision RandomAffine: a tenth of the side", {x, y}),
      affine_kind<scaling, 2>("scale", "made larger or smaller about its middle, in a frame of the same size",
                              "keeps it, unless size tells classes apart",
                              "Albumentations RandomScale: +-10 %",
                              {factor(0.9, 1.1, 1.6),
                               {.name = "stretch",
                                .meaning = "how much wider than high it becomes, 1: its shape is kept",
                                .usual = {1, 1},
                                .allowed = {0.1, 10},
                                .scale = Scale::logarithmic}}),
      affine_kind<shearing, 2>("shear", "slanted", "keeps it at small angles", "Albumentations Affine",
                               {degrees("x", "by which verticals lean, in degrees", 10, 30, 80),
                                degrees("y", "by which horizontals lean, in degrees", 0, 0, 80)}),
      affine_kind<affine, 6>(
          "affine", "turned, moved, scaled and sheared by one warp, which blurs once instead of four times",
          "as its parts", "torchvision RandomAffine",
          {degrees("degrees", "counter-clockwise", 15, 30, 360), x, y, factor(0.9, 1.1, 1.3),
           degrees("shear-x", "by which verticals lean, in degrees", 8, 20, 80),
           degrees("shear-y", "by which horizontals lean, in degrees", 0, 0, 80)}),
  };
}

}  // namespace fathom::augment
