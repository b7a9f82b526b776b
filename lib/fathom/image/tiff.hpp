/// TIFF pictures through libtiff, which OpenCV uses, too, but without a word when the data are damaged, and
/// multiplying some colours by their opacity. Internal to this folder.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>

#include "fathom/core/geometry.hpp"

namespace fathom::image {

struct TiffPicture {
  cv::Mat samples;  ///< CV_8U or CV_16U: grey or RGB, with opacity behind it if `has_alpha`
  bool has_alpha = false;
  bool premultiplied = false;  ///< the colours have been multiplied by the opacity (associated alpha)
  std::int64_t pages = 1;      ///< of the file; the first one is read
};

/// The first picture of a file, with its orientation applied. Grey and RGB samples of 8 or 16 bits are those
/// of the file (if 0 is white, inverted); other kinds (palettes, CMYK, YCbCr, fewer bits) are converted by
/// libtiff. A fourth sample of RGB or a second of grey that the file does not describe is taken as
/// unassociated alpha; samples described as unspecified are no transparency. `size`: by the header, before
/// the orientation. Throws FormatError, whose text begins with `cannot`, with libtiff's reason.
TiffPicture read_tiff(const std::string& bytes, Extent size, const std::string& cannot);

/// The stored samples of a grey file (0 is black) or a palette file (then its indices), CV_8UC1 or CV_16UC1.
/// Throws FormatError for any other kind.
cv::Mat read_tiff_labels(const std::string& bytes, Extent size, const std::string& cannot);

}  // namespace fathom::image
