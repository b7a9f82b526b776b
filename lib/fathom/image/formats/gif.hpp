/// GIF pictures through giflib, which OpenCV reads only from version 4.11 on. Internal to the folder image.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "fathom/core/geometry.hpp"

namespace fathom::image {

/// The first picture of a file.
struct GifPicture {
  cv::Mat indices;                 ///< CV_8UC1, of the picture's own size
  Patch place;                     ///< on the screen
  std::vector<cv::Vec3b> palette;  ///< RGB
  int transparent = -1;            ///< the index that is transparent; -1: none
};

/// Throws FormatError, whose text begins with `cannot`, with giflib's reason. `bytes` has passed promised().
GifPicture read_gif(const std::string& bytes, const std::string& cannot);

/// The picture on a white screen of this size, CV_8UC3 in RGB, or CV_8UC1 if its whole palette is grey.
/// Transparent pixels are white, as is what the picture leaves free. Throws
/// InvalidArgument if the screen is too small.
cv::Mat on_white_screen(const GifPicture& picture, Extent screen);

}  // namespace fathom::image
