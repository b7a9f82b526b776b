/// What reading pictures and masks has in common: limits, and OpenCV's codecs without their voice. Internal
/// to this folder.
#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "fathom/image/format.hpp"

namespace fathom::image {

/// promised(), and the limits for all files: 2 GB, 100 megapixels, at least one pixel. Throws FormatError,
/// whose text begins with `cannot`.
Promise checked_promise(const std::string& bytes, const std::string& cannot);

/// The picture as it is to be seen, from the pixels as they are stored. `orientation`: of EXIF and TIFF, 1
/// (they are the same) to 8; other numbers are taken as 1.
cv::Mat upright(const cv::Mat& stored, int orientation);

/// cv::imdecode with these flags, which must not have OpenCV apply orientations. Throws FormatError with the
/// reason that the codec gives. If a codec decodes a file but complains (JPEG data that end early are
/// replaced by grey), one note (core/notes.hpp) passes that on; `what` names the file there. Warnings of
/// libpng are not passed on. Threads decode at the same time; a picture whose codec complains is decoded
/// twice then, so that the words are told of the right one.
cv::Mat decode(const std::string& bytes, int flags, const std::string& what, const std::string& cannot);

}  // namespace fathom::image
