/// Text on pictures, in any script that the installed fonts have. Pango chooses the fonts: DejaVu Sans, then
/// WenQuanYi Micro Hei, then any other. Letters that no font has are drawn as boxes, and a message on stderr
/// quotes the first text with such letters. Bytes that are not UTF-8 are drawn as U+FFFD, control characters
/// as blanks. Text of more than 4096 bytes is cut. The same fonts give the same pixels.
#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "fathom/draw/sheet.hpp"

namespace fathom::draw {

struct Lettering {
  double height = 11;  ///< of a capital letter, in pixels
  bool bold = false;
  Colour colour{32, 32, 32};
};

/// Height of a capital letter, in whole pixels.
int letter_height(const Lettering& lettering);
/// Pixels between two lines' baselines.
int line_height(const Lettering& lettering);
int text_width(const std::string& text, const Lettering& lettering);

/// The width of `text` at the smallest legible letter size (8 pixels); its container must be at least this
/// wide.
int least_width(const std::string& text, Lettering lettering);

/// The lettering made smaller until `text` is no wider than `width`, but no smaller than `least` pixels.
Lettering shrunk_to_fit(const std::string& text, Lettering lettering, int width, double least = 0);

/// `text` without the letters of its middle, "long na...t.png", so that it is no wider than `width`. At least
/// one letter of each end stays.
std::string shortened_to_fit(const std::string& text, const Lettering& lettering, int width);

/// Draws on an RGB canvas (CV_8UC3); text outside the canvas is clipped. `left` and `baseline` in pixels.
void draw_text(cv::Mat& canvas, const std::string& text, int left, int baseline, const Lettering& lettering);
void draw_text_centred(cv::Mat& canvas, const std::string& text, int centre, int baseline,
                       const Lettering& lettering);
/// Draws vertical text, read upwards, with its baseline at x = `baseline`, starting at `bottom`.
void draw_text_upwards(cv::Mat& canvas, const std::string& text, int baseline, int bottom,
                       const Lettering& lettering);

}  // namespace fathom::draw
