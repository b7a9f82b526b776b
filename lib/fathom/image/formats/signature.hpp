/// How files of some formats begin. Internal to the folder image.
#pragma once

#include <optional>
#include <string_view>

namespace fathom::image {

bool is_tiff(std::string_view bytes);
bool is_webp(std::string_view bytes);
bool is_gif(std::string_view bytes);
bool is_netpbm(std::string_view bytes);

/// A kind of file that is not read, but that people take for a picture, or that is one.
struct OtherKind {
  bool is_picture = false;
  const char* what = "";  ///< what it is and what to do, behind "it is"
};

/// The kind of a file that begins with these bytes, if it is one of HEIC, AVIF, JPEG XL, JPEG 2000, BigTIFF
/// (pictures), videos, PDF, SVG, web pages and so on.
std::optional<OtherKind> other_kind(std::string_view bytes);

}  // namespace fathom::image
