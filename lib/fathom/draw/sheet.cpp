#include "fathom/draw/sheet.hpp"

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

constexpr int kMargin = 16;     // around the sheet
constexpr int kColumnGap = 16;  // between panels
constexpr int kRowGap = 20;
constexpr int kTextGap = 7;  // between a picture and its words
constexpr Colour kCaptionColour{70, 70, 70};
constexpr double kLegibleHeight = 8;

struct Style {
  Lettering heading, title, caption;
};

Style style_of(const SheetOptions& options) {
  if (!(options.text_scale > 0) || options.text_scale > 100) {
    throw InvalidArgument(fmt::format("the scale of a sheet's text must be above 0 and at most 100, not {}",
                                      options.text_scale));
  }
  const double height = 11 * options.text_scale;
  return {{.height = height * 1.25, .bold = true},
          {.height = height, .bold = true},
          {.height = height, .colour = kCaptionColour}};
}

int width_of(const Panel& panel) { return static_cast<int>(panel.picture.size(2)); }
int height_of(const Panel& panel) { return static_cast<int>(panel.picture.size(1)); }

/// The columns of the picture beside those that the words are centred over: its colour bar.
int aside_of(const Panel& panel) {
  if (panel.words_over == 0) return 0;
  if (panel.words_over < 0 || panel.words_over > panel.picture.size(2))
    throw InvalidArgument(fmt::format("words cannot be centred over {} columns of a picture {} wide",
                                      panel.words_over, panel.picture.size(2)));
  return width_of(panel) - static_cast<int>(panel.words_over);
}

bool have_one_width(const std::vector<Panel>& panels) {
  return std::all_of(panels.begin(), panels.end(),
                     [&](const Panel& panel) { return width_of(panel) == width_of(panels[0]); });
}

/// A row of panels: what stands above and below its pictures.
struct Row {
  bool titled = false;
  int picture_height = 0;
  int captions = 0;
};

/// Where everything goes. Pictures of a row share their top edge, panels of a column their centre.
struct SheetLayout {
  std::vector<int> column_width;
  std::vector<Row> rows;

  int width() const {
    int sum = 2 * kMargin + kColumnGap * (static_cast<int>(column_width.size()) - 1);
    for (const int width : column_width) sum += width;
    return sum;
  }
};

SheetLayout lay_out(const std::vector<Panel>& panels, std::size_t columns, const Style& style) {
  SheetLayout layout;
  layout.column_width.resize(columns);
  layout.rows.resize((panels.size() + columns - 1) / columns);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const Panel& panel = panels[i];
    Row& row = layout.rows[i / columns];
    row.titled |= !panel.title.empty();
    row.picture_height = std::max(row.picture_height, height_of(panel));
    row.captions = std::max(row.captions, static_cast<int>(panel.captions.size()));
    int& width = layout.column_width[i % columns];
    width = std::max({width, width_of(panel), least_width(panel.title, style.title) + aside_of(panel)});
    for (const std::string& caption : panel.captions)
      width = std::max(width, least_width(caption, style.caption) + aside_of(panel));
  }
  // Pictures of one size stand at one distance, whatever words some of them have.
  if (have_one_width(panels)) {
    const int widest = *std::max_element(layout.column_width.begin(), layout.column_width.end());
    layout.column_width.assign(columns, widest);
  }
  return layout;
}

/// One size for all titles and one for all captions: the largest at which each fits its column.
void shrink_to_columns(Style& style, const std::vector<Panel>& panels, const SheetLayout& layout) {
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const int width = layout.column_width[i % layout.column_width.size()] - aside_of(panels[i]);
    style.title = shrunk_to_fit(panels[i].title, style.title, width);
    for (const std::string& caption : panels[i].captions)
      style.caption = shrunk_to_fit(caption, style.caption, width);
  }
  style.caption.height = std::min(style.caption.height, style.title.height);
}

std::vector<Panel> with_shortened_words(std::vector<Panel> panels, const Style& style, std::int64_t widest) {
  const auto shorten = [](std::string& text, Lettering lettering, int width) {
    if (least_width(text, lettering) <= width) return;
    lettering.height = std::min(lettering.height, kLegibleHeight);
    text = shortened_to_fit(text, lettering, width);
  };
  for (Panel& panel : panels) {
    const int width = std::max(static_cast<int>(widest), width_of(panel) - aside_of(panel));
    shorten(panel.title, style.title, width);
    for (std::string& caption : panel.captions) shorten(caption, style.caption, width);
  }
  return panels;
}

int title_height(const Style& style) { return letter_height(style.title) + kTextGap; }

int row_height(const Row& row, const Style& style) {
  const int captions = row.captions == 0
                           ? 0
                           : kTextGap + static_cast<int>(std::lround(style.caption.height * 1.3)) +
                                 (row.captions - 1) * line_height(style.caption);
  return (row.titled ? title_height(style) : 0) + row.picture_height + captions;
}

void draw_panel(cv::Mat& canvas, const Panel& panel, const Row& row, int left, int width, int top,
                const Style& style) {
  const int centre = left + (width - aside_of(panel)) / 2;
  if (row.titled) {
    draw_text_centred(canvas, panel.title, centre, top + letter_height(style.title), style.title);
    top += title_height(style);
  }
  const cv::Rect place(left + (width - width_of(panel)) / 2, top, width_of(panel), height_of(panel));
  image::to_mat(image::to_rgb(panel.picture)).copyTo(canvas(place));
  int baseline = top + row.picture_height + kTextGap + letter_height(style.caption);
  for (const std::string& caption : panel.captions) {
    draw_text_centred(canvas, caption, centre, baseline, style.caption);
    baseline += line_height(style.caption);
  }
}

}  // namespace

torch::Tensor sheet(const std::vector<Panel>& given, const SheetOptions& options) {
  if (given.empty()) throw InvalidArgument("a sheet needs at least one panel");
  if (options.columns < 0)
    throw InvalidArgument(fmt::format("a sheet cannot have {} columns", options.columns));
  if (options.widest_words < 0 || options.widest_words > 100'000)
    throw InvalidArgument(fmt::format("the words of a sheet cannot be {} pixels wide", options.widest_words));
  for (const Panel& panel : given) image::require_picture(panel.picture);

  Style style = style_of(options);
  const std::vector<Panel> panels =
      options.widest_words == 0 ? given : with_shortened_words(given, style, options.widest_words);
  const std::size_t columns =
      options.columns == 0 ? panels.size() : std::min<std::size_t>(options.columns, panels.size());
  const SheetLayout layout = lay_out(panels, columns, style);
  shrink_to_columns(style, panels, layout);

  const int width = std::max(layout.width(), least_width(options.heading, style.heading) + 2 * kMargin);
  style.heading = shrunk_to_fit(options.heading, style.heading, width - 2 * kMargin);
  const int heading_height = options.heading.empty() ? 0 : letter_height(style.heading) + kRowGap;
  int height = 2 * kMargin + heading_height + kRowGap * (static_cast<int>(layout.rows.size()) - 1);
  for (const Row& row : layout.rows) height += row_height(row, style);

  cv::Mat canvas(height, width, CV_8UC3, cv::Scalar::all(255));
  if (!options.heading.empty()) {
    draw_text_centred(canvas, options.heading, width / 2, kMargin + heading_height - kRowGap, style.heading);
  }
  int top = kMargin + heading_height;
  for (std::size_t r = 0; r < layout.rows.size(); ++r) {
    int left = (width - layout.width()) / 2 + kMargin;
    for (std::size_t c = 0; c < columns && r * columns + c < panels.size(); ++c) {
      draw_panel(canvas, panels[r * columns + c], layout.rows[r], left, layout.column_width[c], top, style);
      left += layout.column_width[c] + kColumnGap;
    }
    top += row_height(layout.rows[r], style) + kRowGap;
  }
  return image::to_tensor(canvas);
}

torch::Tensor tiled(const torch::Tensor& pictures, std::int64_t columns, std::int64_t scale,
                    std::int64_t gap) {
  if (pictures.dim() != 4 || pictures.size(0) == 0 || columns < 1 || scale < 1 || gap < 0)
    throw InvalidArgument("there are no pictures to tile");
  const std::int64_t count = pictures.size(0), channels = pictures.size(1);
  columns = std::min(columns, count);
  const std::int64_t rows = (count + columns - 1) / columns;
  const torch::Tensor large = pictures.repeat_interleave(scale, 2).repeat_interleave(scale, 3);
  const std::int64_t height = large.size(2) + gap, width = large.size(3) + gap;
  // Every cell carries the gap on its right and below it; the last are cut off.
  torch::Tensor cells = torch::full({rows * columns, channels, height, width}, 255, torch::kByte);
  cells.narrow(0, 0, count).narrow(2, 0, height - gap).narrow(3, 0, width - gap).copy_(large);
  const torch::Tensor plane = cells.view({rows, columns, channels, height, width})
                                  .permute({2, 0, 3, 1, 4})
                                  .reshape({channels, rows * height, columns * width});
  return plane.narrow(1, 0, rows * height - gap).narrow(2, 0, columns * width - gap).contiguous();
}

torch::Tensor framed(const torch::Tensor& picture, Patch patch, Colour colour, std::int64_t thickness) {
  image::require_picture(picture);
  if (patch.height < 1 || patch.width < 1 || thickness < 1) {
    throw InvalidArgument(fmt::format("cannot frame a patch of {}x{} pixels with a line of {}", patch.height,
                                      patch.width, thickness));
  }
  const auto clip = [](std::int64_t value, std::int64_t extent) {
    return std::clamp<std::int64_t>(value, 0, extent);
  };
  const std::int64_t top = clip(patch.y - thickness, picture.size(1)),
                     left = clip(patch.x - thickness, picture.size(2));
  const std::int64_t bottom = clip(patch.y + patch.height + thickness, picture.size(1));
  const std::int64_t right = clip(patch.x + patch.width + thickness, picture.size(2));
  const auto part = [&](const torch::Tensor& of, std::int64_t inset) {
    return of.slice(1, top + inset, std::max(top + inset, bottom - inset))
        .slice(2, left + inset, std::max(left + inset, right - inset));
  };
  const torch::Tensor original = image::to_rgb(picture);
  const torch::Tensor out = original.clone();
  part(out, 0).copy_(torch::tensor({colour[0], colour[1], colour[2]}, torch::kUInt8).view({3, 1, 1}));
  part(out, thickness).copy_(part(original, thickness));
  return out;
}

}  // namespace fathom::draw
