/// Animated WebP files, which OpenCV reads only from version 4.11 on. Internal to the folder image.
#pragma once

#include <string>

#include "fathom/core/geometry.hpp"

namespace fathom::image {

/// The first picture of an animation.
struct WebpFrame {
  std::string file;  ///< a WebP file that is not animated
  Patch place;       ///< on the screen
};

/// Takes the first picture out of an animated file, without decoding it. Throws FormatError, whose text
/// begins with `cannot`, if there is none, or if it lies beyond the screen. `bytes` has passed promised().
/// https://developers.google.com/speed/webp/docs/riff_container
WebpFrame first_webp_frame(const std::string& bytes, Extent screen, const std::string& cannot);

}  // namespace fathom::image
