/// BMP pictures as OpenCV does not read them. Internal to the folder image.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>

#include "fathom/core/geometry.hpp"

namespace fathom::image {

// `bytes` have passed promised(); texts of errors begin with `cannot`.

/// Bits of a pixel.
std::uint32_t bmp_bits(const std::string& bytes, const std::string& cannot);

/// A file of 16 bits per pixel as CV_8UC3 (RGB), or CV_8UC4 if the header says which bits are the opacity.
/// OpenCV fills only the upper bits of each colour, so that white is 248. Throws FormatError.
cv::Mat read_bmp_of_16_bits(const std::string& bytes, Extent size, const std::string& cannot);

/// The indices of a file with a palette, CV_8UC1. Throws FormatError for any other kind, and for files with
/// run-length encoding.
cv::Mat read_bmp_labels(const std::string& bytes, Extent size, const std::string& cannot);

}  // namespace fathom::image
