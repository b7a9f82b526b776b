/// Netpbm pictures: PBM, PGM, PPM (P1 to P6, in text and in bytes) and PAM (P7).
/// Format: https://netpbm.sourceforge.net/doc/, pages pbm, pgm, ppm and pam. Internal to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fathom/core/geometry.hpp"

namespace fathom::image {

struct NetpbmHeader {
  char kind = '5';  ///< the digit behind the P
  Extent size;
  std::int64_t channels = 1;  ///< 1 (grey) or 3 (RGB), one more with opacity, which is the last
  bool has_alpha = false;
  std::int64_t largest = 1;  ///< the sample that stands for white, 1 to 65535
  std::size_t data_at = 0;   ///< where the samples begin
};

/// Throws FormatError, whose text begins with `cannot`, if the header is damaged, a PAM file's tuple type is
/// neither grey nor RGB, or the file is too short for its samples. `bytes` begin with P1 to P7.
NetpbmHeader netpbm_header(const std::string& bytes, const std::string& cannot);

/// The samples as they are stored, [height, width, channels]; of a PBM file (P1, P4) its bits, where 1 is
/// black. What follows them, such as further pictures, is ignored. Throws FormatError if one exceeds
/// `largest` or is missing.
std::vector<std::uint16_t> netpbm_samples(const std::string& bytes, const NetpbmHeader& header,
                                          const std::string& cannot);

/// Samples brought to 0 to 255, rounded to the nearest: 255 is white, whatever the header's `largest` is.
std::vector<std::uint8_t> netpbm_levels(const std::vector<std::uint16_t>& samples,
                                        const NetpbmHeader& header);

}  // namespace fathom::image
