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

/// cv::imdecode with these flags. Throws FormatError with the reason that the codec gives. If a codec decodes
/// a file but complains (JPEG data that end early are replaced by grey), one line on stderr passes that on;
/// `what` names the file there.
cv::Mat decode(const std::string& bytes, int flags, const std::string& what, const std::string& cannot);

}  // namespace fathom::image
