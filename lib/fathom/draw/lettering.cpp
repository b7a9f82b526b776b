#include "fathom/draw/lettering.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace fathom::draw {
namespace {

constexpr int kEnlargement = 4;
constexpr double kCapitalHeight = 21;  // of FONT_HERSHEY_SIMPLEX at scale 1
constexpr double kLegible = 8;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

/// Hershey has ASCII alone: any other character, however many bytes of UTF-8 it takes, becomes one '?'.
std::string drawable(const std::string& text) {
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80) continue;  // inside a character of several bytes
    ascii += byte >= 0x20 && byte < 0x7f ? c : '?';
  }
  return ascii;
}

/// Hershey's hyphen is as wide as a minus sign. Between letters ("Fashion-MNIST") a short one is drawn
/// instead, for which the text is cut into pieces.
std::vector<std::string> pieces_between_hyphens(const std::string& text) {
  const auto is_word = [&](std::size_t at) {
    return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at]));
  };
  std::vector<std::string> pieces(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-' && i > 0 && is_word(i - 1) && is_word(i + 1)) {
      pieces.emplace_back();
    } else {
      pieces.back() += text[i];
    }
  }
  return pieces;
}

/// Sizes in enlarged pixels.
struct Strokes {
  double scale;
  int width, hyphen, hyphen_space;

  explicit Strokes(const Lettering& lettering) {
    const double height = kEnlargement * lettering.height;
    const auto pixels = [&](double share) { return static_cast<int>(std::lround(height * share)); };
    scale = height / kCapitalHeight;
    width = std::max(1, pixels(lettering.bold ? 0.17 : 0.105));
    hyphen = pixels(0.36);
    hyphen_space = pixels(0.14);
  }

  int hyphen_advance() const { return hyphen + 2 * hyphen_space; }
  int advance(const std::string& piece) const {
    return cv::getTextSize(piece, kFont, scale, width, nullptr).width;
  }
  int advance_all(const std::vector<std::string>& pieces) const {
    int sum = static_cast<int>(pieces.size() - 1) * hyphen_advance();
    for (const std::string& piece : pieces) sum += advance(piece);
    return sum;
  }
};

struct Mask {
  cv::Mat ink;                 ///< CV_8U: 255 where a pixel is covered
  int left = 0, baseline = 0;  ///< where the text begins within it
};

Mask draw_mask(const std::string& text, const Lettering& lettering) {
  const Strokes strokes(lettering);
  const std::vector<std::string> pieces = pieces_between_hyphens(drawable(text));
  // Brackets and descenders reach past the capitals, and every stroke half its width past the letter.
  const int around = strokes.width / kEnlargement + 2;
  const int reach = static_cast<int>(lettering.height / 2) + around;
  Mask mask{{}, around, static_cast<int>(lettering.height) + reach};
  const cv::Size size(strokes.advance_all(pieces) / kEnlargement + 2 * around, mask.baseline + reach);
  cv::Mat large = cv::Mat::zeros(size * kEnlargement, CV_8U);
  const int baseline = mask.baseline * kEnlargement;
  const int middle = baseline - static_cast<int>(std::lround(kEnlargement * lettering.height * 0.4));
  int x = mask.left * kEnlargement;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0) {
      const int from = x + strokes.hyphen_space;
      cv::line(large, {from, middle}, {from + strokes.hyphen, middle}, 255, strokes.width, cv::LINE_AA);
      x += strokes.hyphen_advance();
    }
    cv::putText(large, pieces[i], {x, baseline}, kFont, strokes.scale, 255, strokes.width, cv::LINE_AA);
    x += strokes.advance(pieces[i]);
  }
  cv::resize(large, mask.ink, size, 0, 0, cv::INTER_AREA);
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
  if (text.empty()) return 0;
  const int advance = Strokes(lettering).advance_all(pieces_between_hyphens(drawable(text)));
  return (advance + kEnlargement - 1) / kEnlargement;
}

int least_width(const std::string& text, Lettering lettering) {
  lettering.height = std::min(lettering.height, kLegible);
  return text_width(text, lettering);
}

Lettering shrunk_to_fit(const std::string& text, Lettering lettering, int width, double least) {
  const double floor = std::min(least, lettering.height);
  while (lettering.height > std::max(floor, 1.0) && text_width(text, lettering) > width) {
    lettering.height = std::max(floor, lettering.height * 0.97);
  }
  return lettering;
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
