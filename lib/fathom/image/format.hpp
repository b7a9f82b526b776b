/// Reads the header of a picture file before a codec allocates memory for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fathom/core/geometry.hpp"

namespace fathom::image {

enum class Format { png, jpeg, webp, gif, bmp, tiff, netpbm };

struct Promise {
  Format format = Format::png;
  Extent size;             ///< in pixels, before the orientation tag is applied
  bool has_alpha = false;  ///< PNG, WebP and BMP
  bool grey = false;       ///< PNG: no colour, whatever OpenCV decodes it to
  std::uint32_t bits = 8;  ///< of a sample or of an index into the palette; PNG, TIFF, Netpbm
  std::optional<std::uint32_t> transparent_grey;  ///< the sample that is transparent in a grey PNG file
  int orientation = 1;                            ///< EXIF's, 1 (upright) to 8; PNG, JPEG, WebP and TIFF
  std::int64_t frames = 0;                        ///< pictures of a GIF, an animated WebP or PNG; 0: others
};

/// "PNG", "JPEG"
std::string to_string(Format format);

/// Whether a file that begins with these bytes (32 are enough) is a picture by its content, whatever its name
/// is: one that is read, or one that is only known (HEIC, AVIF, JPEG XL, JPEG 2000, BigTIFF).
bool is_picture(const std::string& first_bytes);

/// Reads the header and makes cheap checks of the content: all chunk checksums of a PNG, the end marker of a
/// JPEG. Throws FormatError, whose text begins with `cannot`, if the file is not a picture, truncated,
/// damaged, or too short for its number of pixels (PNG, JPEG, GIF, most TIFF files and uncompressed formats).
/// Files that people take for pictures (HEIC, AVIF, web pages, ...) are named in it, with what to do.
Promise promised(const std::string& bytes, const std::string& cannot);

}  // namespace fathom::image
