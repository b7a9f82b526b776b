/// Pages of HTML that need nothing but themselves: pictures and charts inside, no script, no network.
#pragma once

#include <torch/types.h>
#include <string>

namespace fathom::cli {

/// A whole page, readable on a phone, in print, in light and dark: figures as cards, code that wraps.
/// `style` follows the style that pages share; `body` is HTML.
std::string html_page(const std::string& title, const std::string& style, const std::string& body);

/// An <img> with the picture, uint8 [C, H, W], inside it as PNG; shown at its size but for narrow screens.
std::string picture_tag(const torch::Tensor& picture, const std::string& description);

}  // namespace fathom::cli
