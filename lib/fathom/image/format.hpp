/// What a picture file's first bytes promise, told before a codec allocates anything for it.
#pragma once

#include <string>

#include "fathom/core/geometry.hpp"

namespace fathom::image {

enum class Format { png, jpeg, webp, bmp, tiff, pnm };

struct Promise {
  Format format = Format::png;
  Extent size;             ///< in pixels, before a camera's orientation tag is applied
  bool has_alpha = false;  ///< PNG and WebP
  bool grey = false;       ///< PNG: no colour, whatever OpenCV decodes it to
};

/// Reads the header of the formats above, and what lies behind it where that is cheap: every chunk's checksum
/// of a PNG, the end mark of a JPEG. Throws FormatError, the text beginning with `cannot`: not a picture, cut
/// off, damaged, of more pixels than so few bytes can hold (PNG, JPEG, most TIFF and what is not packed).
Promise promised(const std::string& bytes, const std::string& cannot);

}  // namespace fathom::image
