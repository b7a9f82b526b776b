/// Labelled pictures: panels in rows, contact sheets, framed patches, matrices.
///
///   write_picture("out.png", sheet({{dog, "dog 98 %"}, {covered, "dog 65 %"}}, {.columns = 2}));
#pragma once

#include <torch/types.h>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/core/geometry.hpp"

namespace fathom::draw {

using Colour = std::array<std::uint8_t, 3>;  ///< RGB

struct Panel {
  torch::Tensor picture;              ///< uint8 [C, H, W]
  std::string title;                  ///< above the picture
  std::vector<std::string> captions;  ///< lines below it
  /// Title and captions are centred over so many columns of the picture, from its left; 0: over all. For a
  /// map with a colour bar.
  std::int64_t words_over = 0;
};

struct SheetOptions {
  std::int64_t columns = 0;  ///< panels per row; 0: all in one row
  std::string heading;       ///< over the whole sheet; empty: none
  double text_scale = 1.0;   ///< 1: letters about 11 pixels tall
  /// Titles and captions that are wider than their picture and than so many pixels are shortened in the
  /// middle; 0: never.
  std::int64_t widest_words = 0;
};

/// Panels on white, aligned in rows; text wider than its panel is shrunk to fit, down to 8-pixel letters;
/// then the column is widened. Captions are no larger than titles. Text is never cut off, and only shortened
/// by `widest_words`. uint8 [3, H, W]. Throws InvalidArgument if there is no panel or an option is out of
/// range.
torch::Tensor sheet(const std::vector<Panel>& panels, const SheetOptions& options = {});

/// Pictures uint8 [N, C, H, W] side by side in rows of `columns` with white gaps of `gap` pixels, every pixel
/// drawn as a square of `scale`: uint8 [C, h, w]. Throws InvalidArgument if there is no picture.
torch::Tensor tiled(const torch::Tensor& pictures, std::int64_t columns, std::int64_t scale = 1,
                    std::int64_t gap = 2);

/// A copy of the picture (RGB) with a rectangle drawn just outside `patch`, clipped at the border; patch in
/// pixels of the picture.
torch::Tensor framed(const torch::Tensor& picture, Patch patch, Colour colour, std::int64_t thickness = 2);

}  // namespace fathom::draw
