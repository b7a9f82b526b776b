#include "fathom/draw/lettering.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"

namespace fathom::draw {
namespace {

// DejaVu has Latin, Greek, Cyrillic, Arabic and Hebrew letters, Micro Hei those of Chinese, Japanese and
// Korean. Pango takes other letters from whatever font is installed.
constexpr const char* kFonts = "DejaVu Sans, WenQuanYi Micro Hei";
constexpr double kFontSize = 100;                     // that texts are laid out at; drawing scales it
constexpr double kCapitalHeight = 0.729 * kFontSize;  // of DejaVu Sans
constexpr std::size_t kLongestText = 4096;
constexpr double kLegible = 8;
constexpr int kWidestSurface = 32'000;  // Cairo's bound is 32,767

template <typename T, auto release>
struct Release {
  void operator()(T* object) const { release(object); }
};
template <typename T, auto release>
using Owned = std::unique_ptr<T, Release<T, release>>;

/// Pango takes valid UTF-8 only, and would begin a line or a column at some control characters.
std::string drawable(const std::string& text) {
  std::string letters = text.substr(0, kLongestText);
  if (text.size() > kLongestText) letters += "\u2026";
  letters = valid_utf8(letters);
  for (char& c : letters)
    if (std::iscntrl(static_cast<unsigned char>(c))) c = ' ';
  return letters;
}

Owned<PangoContext, g_object_unref> make_context() {
  Owned<PangoContext, g_object_unref> context(
      pango_font_map_create_context(pango_cairo_font_map_get_default()));
  // The same letters at every size and whatever the desktop's settings are.
  const Owned<cairo_font_options_t, cairo_font_options_destroy> options(cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context.get(), options.get());
  pango_context_set_round_glyph_positions(context.get(), FALSE);
  pango_context_set_language(context.get(), pango_language_from_string("en"));
  return context;
}

void report_missing_letters(const std::string& text) {
  static std::atomic<bool> reported = false;
  if (reported.exchange(true)) return;
  note(
      fmt::format("no installed font has all letters of '{}'; missing letters are drawn as boxes "
                  "(Debian's fonts-dejavu-core and fonts-wqy-microhei have most)",
                  text));
}

/// One line of text.
class Line {
 public:
  Line(const std::string& text, bool bold) {
    thread_local const auto context = make_context();
    layout_.reset(pango_layout_new(context.get()));
    const Owned<PangoFontDescription, pango_font_description_free> font(
        pango_font_description_from_string(kFonts));
    pango_font_description_set_weight(font.get(), bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font.get(), kFontSize * PANGO_SCALE);
    pango_layout_set_font_description(layout_.get(), font.get());
    pango_layout_set_single_paragraph_mode(layout_.get(), TRUE);
    const std::string letters = drawable(text);
    pango_layout_set_text(layout_.get(), letters.data(), static_cast<int>(letters.size()));
    if (pango_layout_get_unknown_glyphs_count(layout_.get()) > 0) report_missing_letters(letters);
  }

  int width(double height) const {
    int units = 0;
    pango_layout_get_size(layout_.get(), &units, nullptr);
    return static_cast<int>(std::ceil(height / kCapitalHeight * units / PANGO_SCALE));
  }

  /// Begins at (left, baseline) of `ink`, CV_8U: 255 where a pixel is covered.
  void draw(cv::Mat& ink, double height, int left, int baseline) const {
    for (int x = 0; x < ink.cols; x += kWidestSurface) {
      const Owned<cairo_surface_t, cairo_surface_destroy> surface(cairo_image_surface_create_for_data(
          ink.ptr(0, x), CAIRO_FORMAT_A8, std::min(kWidestSurface, ink.cols - x), ink.rows,
          static_cast<int>(ink.step)));
      const Owned<cairo_t, cairo_destroy> context(cairo_create(surface.get()));
      cairo_translate(context.get(), left - x, baseline);
      cairo_scale(context.get(), height / kCapitalHeight, height / kCapitalHeight);
      cairo_move_to(context.get(), 0, -pango_units_to_double(pango_layout_get_baseline(layout_.get())));
      pango_cairo_show_layout(context.get(), layout_.get());
    }
  }

 private:
  Owned<PangoLayout, g_object_unref> layout_;
};

struct Mask {
  cv::Mat ink;                 ///< CV_8U: 255 where a pixel is covered
  int left = 0, baseline = 0;  ///< where the text begins within it
};

Mask draw_mask(const std::string& text, const Lettering& lettering) {
  const Line line(text, lettering.bold);
  // Accents and descenders reach past the capitals, and some letters past their width.
  const int capital = static_cast<int>(std::ceil(lettering.height));
  Mask mask{{}, capital, 2 * capital};
  const int stride =
      cairo_format_stride_for_width(CAIRO_FORMAT_A8, line.width(lettering.height) + 2 * capital);
  mask.ink = cv::Mat::zeros(3 * capital, stride, CV_8U);
  line.draw(mask.ink, lettering.height, mask.left, mask.baseline);
  return mask;
}

void blend(cv::Mat& canvas, const cv::Mat& ink, cv::Point at, const Colour& colour) {
  const cv::Rect target = cv::Rect(at, ink.size()) & cv::Rect({0, 0}, canvas.size());
  for (int y = target.y; y < target.br().y; ++y) {
    const std::uint8_t* cover = ink.ptr<std::uint8_t>(y - at.y);
    auto* row = canvas.ptr<cv::Vec3b>(y);
    for (int x = target.x; x < target.br().x; ++x) {
      const int alpha = cover[x - at.x];
      for (int c = 0; c < 3; ++c) {
        row[x][c] = static_cast<std::uint8_t>((colour[c] * alpha + row[x][c] * (255 - alpha) + 127) / 255);
      }
    }
  }
}

}  // namespace

int letter_height(const Lettering& lettering) { return static_cast<int>(std::lround(lettering.height)); }

int line_height(const Lettering& lettering) { return static_cast<int>(std::lround(lettering.height * 1.75)); }

int text_width(const std::string& text, const Lettering& lettering) {
  return text.empty() ? 0 : Line(text, lettering.bold).width(lettering.height);
}

int least_width(const std::string& text, Lettering lettering) {
  lettering.height = std::min(lettering.height, kLegible);
  return text_width(text, lettering);
}

Lettering shrunk_to_fit(const std::string& text, Lettering lettering, int width, double least) {
  if (const int now = text_width(text, lettering); now > width) {
    const double floor = std::min(std::max(least, 1.0), lettering.height);
    lettering.height = std::max(floor, lettering.height * (width - 0.01) / now);
  }
  return lettering;
}

std::string shortened_to_fit(const std::string& text, const Lettering& lettering, int width) {
  if (text_width(text, lettering) <= width) return text;
  std::vector<std::string> letters;
  for (const char c : valid_utf8(text))
    if (letters.empty() || (static_cast<unsigned char>(c) & 0xC0) != 0x80)
      letters.emplace_back(1, c);
    else
      letters.back() += c;
  const auto with = [&](std::size_t kept) {
    const auto first = static_cast<std::ptrdiff_t>((kept + 1) / 2),
               last = static_cast<std::ptrdiff_t>(kept / 2);
    return fmt::format("{}...{}", fmt::join(letters.begin(), letters.begin() + first, ""),
                       fmt::join(letters.end() - last, letters.end(), ""));
  };
  std::size_t fits = std::min<std::size_t>(2, letters.size()), wide = letters.size();
  while (wide > fits + 1) {
    const std::size_t middle = (fits + wide) / 2;
    (text_width(with(middle), lettering) <= width ? fits : wide) = middle;
  }
  return with(fits);
}

void draw_text(cv::Mat& canvas, const std::string& text, int left, int baseline, const Lettering& lettering) {
  if (text.empty()) return;
  const Mask mask = draw_mask(text, lettering);
  blend(canvas, mask.ink, {left - mask.left, baseline - mask.baseline}, lettering.colour);
}

void draw_text_centred(cv::Mat& canvas, const std::string& text, int centre, int baseline,
                       const Lettering& lettering) {
  draw_text(canvas, text, centre - text_width(text, lettering) / 2, baseline, lettering);
}

void draw_text_upwards(cv::Mat& canvas, const std::string& text, int baseline, int bottom,
                       const Lettering& lettering) {
  if (text.empty()) return;
  const Mask mask = draw_mask(text, lettering);
  cv::Mat turned;
  cv::rotate(mask.ink, turned, cv::ROTATE_90_COUNTERCLOCKWISE);
  blend(canvas, turned, {baseline - mask.baseline, bottom + mask.left - turned.rows}, lettering.colour);
}

}  // namespace fathom::draw
