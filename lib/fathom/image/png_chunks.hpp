/// Rewrites PNG files before libpng reads them. Internal to this folder.
#pragma once

#include <string>

namespace fathom::image {

/// What the chunks of a PNG file are wanted for.
enum class PngUse {
  picture,  ///< colours
  labels,   ///< samples as they are stored; of a palette file its indices, as grey
};

/// The file with only those chunks that its pixels depend on. Colour profiles, texts and the like, about
/// which libpng warns on stderr and which OpenCV ignores, are left out, and the transparency of a grey file,
/// which OpenCV ignores, too. For labels, palette and transparency are left out and the file becomes a grey
/// one. `bytes` has passed promised().
std::string png_for_codec(const std::string& bytes, PngUse use);

}  // namespace fathom::image
