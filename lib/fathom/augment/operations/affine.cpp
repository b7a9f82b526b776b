/// Flips, and what is one affine map: rotate, translate, scale, shear, and all four at once.
#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

#include "fathom/augment/operations/catalogue.hpp"
#include "fathom/augment/operations/opencv_picture.hpp"
#include "fathom/augment/whole_batch/copy.hpp"
#include "fathom/augment/whole_batch/warp.hpp"

namespace fathom::augment {
namespace {

constexpr Parameter factor(double low, double high, double strong) {
  return graded("factor", "size of the object, 1: unchanged", {low, high}, {0.05, 20},
                {.neutral = 1, .strong = strong}, Scale::logarithmic);
}

constexpr Parameter kRight =
    symmetric("x", "to the right, as a share of the width; by whole pixels", 0.1, 1, {.strong = 0.3});
constexpr Parameter kDown =
    symmetric("y", "down, as a share of the height; by whole pixels", 0.1, 1, {.strong = 0.3});

constexpr Parameters kRotate({symmetric("degrees", "counter-clockwise", 15, 360, {.strong = 45}),
                              border_parameter(), fill_parameter()});
constexpr Parameters kTranslate({kRight, kDown, border_parameter(), fill_parameter()});
constexpr Parameters kScale({factor(0.9, 1.1, 1.6),
                             {.name = "stretch",
                              .meaning = "horizontal scale over vertical scale, 1: the aspect ratio is kept",
                              .usual = {1, 1},
                              .allowed = {0.1, 10},
                              .scale = Scale::logarithmic},
                             border_parameter(),
                             fill_parameter()});
constexpr Parameters kShear({symmetric("x", "slant of vertical lines, in degrees", 10, 80, {.strong = 30}),
                             symmetric("y", "slant of horizontal lines, in degrees", 0, 80, {.strong = 0}),
                             border_parameter(), fill_parameter()});
constexpr Parameters kAffine(
    {symmetric("degrees", "counter-clockwise", 15, 360, {.strong = 30}), kRight, kDown, factor(0.9, 1.1, 1.3),
     symmetric("shear-x", "slant of vertical lines, in degrees", 8, 80, {.strong = 20}),
     symmetric("shear-y", "slant of horizontal lines, in degrees", 0, 80, {.strong = 0}), border_parameter(),
     fill_parameter()});

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

/// Scaled, sheared along x, then along y, and turned about the middle of the picture, then moved by whole
/// pixels. As in torchvision, the shears come one after the other and keep the area at any angles; both in
/// one matrix would press the picture onto a line at 45 degrees.
Matrix matrix_of(const Motion& m, Extent size) {
  const double c = exact_cosine(m.degrees), s = exact_sine(m.degrees);
  // [c s; -s c] [1 0; shear_y 1] [1 shear_x; 0 1] [scale_x 0; 0 scale_y]
  const double lowered = 1 + m.shear_x * m.shear_y;
  const double a = (c + s * m.shear_y) * m.scale_x, b = (c * m.shear_x + s * lowered) * m.scale_y;
  const double d = (-s + c * m.shear_y) * m.scale_x, e = (-s * m.shear_x + c * lowered) * m.scale_y;
  const double x = static_cast<double>(size.width - 1) / 2, y = static_cast<double>(size.height - 1) / 2;
  return {a, b, x - a * x - b * y + m.right, d, e, y - d * x - e * y + m.down};
}

double whole_pixels(double share, std::int64_t side) {
  return std::nearbyint(share * static_cast<double>(side));
}

Matrix rotation(const Values& v, Extent size) { return matrix_of({.degrees = v[kRotate["degrees"]]}, size); }

Matrix translation(const Values& v, Extent size) {
  return {1, 0, whole_pixels(v[kTranslate["x"]], size.width),
          0, 1, whole_pixels(v[kTranslate["y"]], size.height)};
}

Matrix scaling(const Values& v, Extent size) {
  const double factor = v[kScale["factor"]];
  return matrix_of({.scale_x = factor * v[kScale["stretch"]], .scale_y = factor}, size);
}

Matrix shearing(const Values& v, Extent size) {
  return matrix_of(
      {.shear_x = std::tan(radians(v[kShear["x"]])), .shear_y = std::tan(radians(v[kShear["y"]]))}, size);
}

Matrix affine(const Values& v, Extent size) {
  return matrix_of({.degrees = v[kAffine["degrees"]],
                    .right = whole_pixels(v[kAffine["x"]], size.width),
                    .down = whole_pixels(v[kAffine["y"]], size.height),
                    .scale_x = v[kAffine["factor"]],
                    .scale_y = v[kAffine["factor"]],
                    .shear_x = std::tan(radians(v[kAffine["shear-x"]])),
                    .shear_y = std::tan(radians(v[kAffine["shear-y"]]))},
                   size);
}

using MatrixFunction = Matrix (*)(const Values&, Extent);

template <const auto& kParameters, MatrixFunction kMatrix>
void warp(const cv::Mat& from, cv::Mat& to, const Values& v, Target target) {
  const cv::Matx23d matrix(kMatrix(v, {from.rows, from.cols}).data());
  cv::warpAffine(from, to, matrix, from.size(), interpolation(target), border_type(v[kParameters["border"]]),
                 outside(v[kParameters["fill"]], from, target));
}

template <const auto& kParameters, MatrixFunction kMatrix>
bool warp_small(const ChannelPlanes& from, std::uint8_t* to, const Values& v) {
  return warp_planes(from, to, kMatrix(v, from.size), border_type(v[kParameters["border"]]),
                     v[kParameters["fill"]], fastest_instructions());
}

bool translate_small(const ChannelPlanes& from, std::uint8_t* to, const Values& v) {
  const Matrix m = translation(v, from.size);
  copy_part(
      from, to,
      {-static_cast<std::int64_t>(m[5]), -static_cast<std::int64_t>(m[2]), from.size.height, from.size.width},
      border_type(v[kTranslate["border"]]), v[kTranslate["fill"]]);
  return true;
}

bool flip_small_horizontally(const ChannelPlanes& from, std::uint8_t* to, const Values&) {
  if (to == from.pixels)
    mirror_columns(to, from.channels, from.size);
  else
    copy_mirrored(from, to, /*columns=*/true, /*rows=*/false);
  return true;
}

bool flip_small_vertically(const ChannelPlanes& from, std::uint8_t* to, const Values&) {
  copy_mirrored(from, to, /*columns=*/false, /*rows=*/true);
  return true;
}

template <const auto& kParameters, MatrixFunction kMatrix>
OperationKind affine_kind(
    std::string name, std::string summary, std::string label, std::string source,
    decltype(OperationKind::apply_to_planes) apply_to_planes = warp_small<kParameters, kMatrix>) {
  OperationKind kind = plain_kind(Group::geometry, std::move(name), std::move(summary), std::move(label),
                                  std::move(source), kParameters, warp<kParameters, kMatrix>);
  kind.apply_to_planes = apply_to_planes;
  kind.matrix = kMatrix;
  return kind;
}

}  // namespace

std::vector<OperationKind> affine_kinds() {
  return {
      {.name = "hflip",
       .summary = "mirrors left and right",
       .label = "keeps it, unless handedness matters: letters, digits, road signs, left and right hands",
       .source = "torchvision RandomHorizontalFlip",
       .group = Group::geometry,
       .in_place = true,
       .apply = flip_horizontally,
       .apply_to_planes = flip_small_horizontally,
       .planes_in_place = true,
       .matrix = horizontal_mirror},
      {.name = "vflip",
       .summary = "mirrors top and bottom",
       .label = "keeps it if no direction is up: microscopy, aerial pictures; few photographs",
       .source = "torchvision RandomVerticalFlip",
       .group = Group::geometry,
       .in_place = true,
       .apply = flip_vertically,
       .apply_to_planes = flip_small_vertically,
       .matrix = vertical_mirror},
      affine_kind<kRotate, rotation>("rotate",
                                     "rotates about the centre; quarter turns of a square are exact",
                                     "keeps it at small angles; at large ones 6 becomes 9",
                                     "Albumentations Affine: +-15 degrees is common"),
      affine_kind<kTranslate, translation>("translate", "shifts by whole pixels",
                                           "keeps it while the object stays in view",
                                           "torchvision RandomAffine: a tenth of the side", translate_small),
      affine_kind<kScale, scaling>(
          "scale", "enlarges or shrinks about the centre; the picture keeps its size",
          "keeps it, unless size distinguishes classes", "Albumentations RandomScale: +-10 %"),
      affine_kind<kShear, shearing>("shear", "shears", "keeps it at small angles", "Albumentations Affine"),
      affine_kind<kAffine, affine>(
          "affine", "rotates, shifts, scales and shears in one warp, which blurs once instead of four times",
          "same as its parts", "torchvision RandomAffine"),
  };
}

}  // namespace fathom::augment
