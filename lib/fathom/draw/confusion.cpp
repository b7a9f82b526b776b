#include "fathom/draw/confusion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "fathom/core/error.hpp"
#include "fathom/draw/lettering.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/image/mat.hpp"

namespace fathom::draw {
namespace {

constexpr std::int64_t kMostClasses = 200;  // a picture of 200 is some 6000 pixels wide
constexpr int kBorder = 20;
constexpr int kWidestName = 240;
constexpr int kGap = 8;       // between labels and matrix
constexpr int kAxisGap = 14;  // between an axis's name and its labels
constexpr const char* kColumnsName = "predicted class";
constexpr const char* kRowsName = "true class";
constexpr Colour kDark{32, 32, 32}, kFaint{150, 150, 150}, kPaper{255, 255, 255};
constexpr Colour kDeepest{8, 69, 148};  // the dark end of ColorBrewer's Blues

Colour shade(double share) {
  Colour colour{};
  // The root spreads the small shares, which are the confusions one looks for.
  const double depth = std::sqrt(std::clamp(share, 0.0, 1.0));
  for (std::size_t c = 0; c < 3; ++c)
    colour[c] = static_cast<std::uint8_t>(std::lround(255 + depth * (kDeepest[c] - 255)));
  return colour;
}

struct Matrix {
  torch::Tensor counts;  ///< int64 [K, K]
  std::vector<std::string> classes;
  std::string title;

  int size() const { return static_cast<int>(counts.size(0)); }
  std::int64_t count(int row, int column) const { return counts[row][column].item<std::int64_t>(); }
};

struct MatrixLayout {
  Lettering title{.height = 14, .bold = true, .colour = kDark},
      axis{.height = 11, .bold = true, .colour = kDark};
  Lettering label{.height = 11, .colour = kDark}, number{.height = 11};
  int cell = 46;
  bool upright_columns = false;  ///< whether names fit over their columns without being turned
  int rows_name = 0;             ///< the vertical line on which their axis's name stands
  int left = 0, top = 0, width = 0, height = 0;  ///< of the matrix within the picture; of the picture

  int side(const Matrix& matrix) const { return cell * matrix.size(); }
};

int widest(const std::vector<std::string>& texts, const Lettering& lettering) {
  int width = 0;
  for (const std::string& text : texts) width = std::max(width, text_width(text, lettering));
  return width;
}

MatrixLayout lay_out(Matrix& matrix) {
  MatrixLayout layout;
  if (matrix.size() > 20) layout.label.height = layout.number.height = 8;
  for (std::string& name : matrix.classes) name = shortened_to_fit(name, layout.label, kWidestName);
  const std::string largest = fmt::format("{}", matrix.counts.max().item<std::int64_t>());
  layout.cell = std::max(matrix.size() > 20 ? 20 : 46, text_width(largest, layout.number) + 10);
  layout.cell = std::max(layout.cell, text_width(kColumnsName, layout.axis) / matrix.size() + 1);
  const int names = widest(matrix.classes, layout.label);
  layout.upright_columns = names + 6 <= layout.cell;

  const int axis = letter_height(layout.axis) + kAxisGap;
  const int title = matrix.title.empty() ? 0 : letter_height(layout.title) + kBorder;
  layout.left = kBorder + axis + names + kGap;
  layout.top = kBorder + title + axis + kGap + (layout.upright_columns ? letter_height(layout.label) : names);
  layout.width = layout.left + layout.side(matrix) + kBorder;
  if (const int lacking = least_width(matrix.title, layout.title) + 2 * kBorder - layout.width; lacking > 0) {
    layout.width += lacking;
    layout.left += lacking / 2;
  }
  layout.rows_name = layout.left - kGap - names - kAxisGap;
  layout.height = layout.top + layout.side(matrix) + kBorder;
  return layout;
}

void draw_cells(cv::Mat& canvas, const Matrix& matrix, const MatrixLayout& layout) {
  for (int row = 0; row < matrix.size(); ++row) {
    const double total = std::max<double>(1, matrix.counts[row].sum().item<double>());
    for (int column = 0; column < matrix.size(); ++column) {
      const std::int64_t count = matrix.count(row, column);
      const double share = static_cast<double>(count) / total;
      const cv::Rect cell(layout.left + column * layout.cell, layout.top + row * layout.cell, layout.cell,
                          layout.cell);
      const Colour colour = shade(share);
      canvas(cell).setTo(cv::Scalar(colour[0], colour[1], colour[2]));
      Lettering number = layout.number;
      number.colour = count == 0 ? kFaint : share > 0.3 ? kPaper : kDark;
      draw_text_centred(canvas, fmt::format("{}", count), cell.x + layout.cell / 2,
                        cell.y + (layout.cell + letter_height(number)) / 2, number);
    }
  }
}

void draw_grid(cv::Mat& canvas, const Matrix& matrix, const MatrixLayout& layout) {
  const int side = layout.side(matrix);
  for (int i = 0; i <= matrix.size(); ++i) {
    const cv::Scalar grey = cv::Scalar::all(i == 0 || i == matrix.size() ? 120 : 215);
    const int offset = i * layout.cell;
    cv::line(canvas, {layout.left + offset, layout.top}, {layout.left + offset, layout.top + side}, grey);
  }
  for (int i = 0; i <= matrix.size(); ++i) {
    const cv::Scalar grey = cv::Scalar::all(i == 0 || i == matrix.size() ? 120 : 215);
    const int offset = i * layout.cell;
    cv::line(canvas, {layout.left, layout.top + offset}, {layout.left + side, layout.top + offset}, grey);
  }
}

void draw_names(cv::Mat& canvas, const Matrix& matrix, const MatrixLayout& layout) {
  for (int i = 0; i < matrix.size(); ++i) {
    const std::string& name = matrix.classes[i];
    const int middle = i * layout.cell + layout.cell / 2;
    draw_text(canvas, name, layout.left - kGap - text_width(name, layout.label),
              layout.top + middle + letter_height(layout.label) / 2, layout.label);
    if (layout.upright_columns) {
      draw_text_centred(canvas, name, layout.left + middle, layout.top - kGap, layout.label);
    } else {
      draw_text_upwards(canvas, name, layout.left + middle + letter_height(layout.label) / 2,
                        layout.top - kGap, layout.label);
    }
  }
}

void draw_axes(cv::Mat& canvas, const Matrix& matrix, const MatrixLayout& layout) {
  const int middle = layout.side(matrix) / 2;
  const int title = matrix.title.empty() ? 0 : letter_height(layout.title) + kBorder;
  draw_text_centred(canvas, kColumnsName, layout.left + middle, kBorder + title + letter_height(layout.axis),
                    layout.axis);
  draw_text_upwards(canvas, kRowsName, layout.rows_name,
                    layout.top + middle + text_width(kRowsName, layout.axis) / 2, layout.axis);
  const Lettering heading = shrunk_to_fit(matrix.title, layout.title, layout.width - 2 * kBorder);
  draw_text_centred(canvas, matrix.title, layout.width / 2, kBorder + letter_height(layout.title), heading);
}

}  // namespace

torch::Tensor confusion_picture(const torch::Tensor& counts, const std::vector<std::string>& classes,
                                const std::string& title) {
  const auto k = static_cast<std::int64_t>(classes.size());
  if (k < 1 || k > kMostClasses) {
    throw InvalidArgument(
        fmt::format("a confusion matrix can be drawn for 1 to {} classes, not {}", kMostClasses, k));
  }
  if (!counts.defined() || counts.scalar_type() != torch::kInt64 ||
      counts.sizes() != torch::IntArrayRef({k, k})) {
    throw InvalidArgument(
        fmt::format("the counts of a confusion matrix of {0} classes must be int64 [{0}, {0}]", k));
  }
  Matrix matrix{counts.to(torch::kCPU), classes, title};
  const MatrixLayout layout = lay_out(matrix);
  cv::Mat canvas(layout.height, layout.width, CV_8UC3, cv::Scalar::all(255));
  draw_cells(canvas, matrix, layout);
  draw_grid(canvas, matrix, layout);
  draw_names(canvas, matrix, layout);
  draw_axes(canvas, matrix, layout);
  return image::to_tensor(canvas);
}

}  // namespace fathom::draw
