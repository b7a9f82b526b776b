/// Animated GIFs. Every browser plays them, but the supported OpenCV versions cannot write them.
///
///   io::write_file("ascent.gif", encode_gif(frames, {.hundredths = 5}));
///
/// GIF89a (CompuServe 1990), by giflib.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

namespace fathom::draw {

struct GifOptions {
  std::int64_t hundredths = 5;  ///< duration of a frame in hundredths of a second; 1 to 65535
  std::int64_t last = 200;      ///< duration of the last frame in hundredths of a second
};

/// The bytes of a GIF that loops forever. `frames`: uint8 [C, H, W], all of one shape, at most 65535 pixels a
/// side. A GIF has 256 colours: grey frames keep theirs, colour ones get the nearest of 6 x 7 x 6 levels of
/// red, green and blue. Throws InvalidArgument if there are no frames, or if their shapes differ or are too
/// large.
std::string encode_gif(const std::vector<torch::Tensor>& frames, const GifOptions& options = {});

}  // namespace fathom::draw
