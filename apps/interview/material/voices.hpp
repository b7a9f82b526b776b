/// Voices that are made here, of women and men, and what can be heard in them.
#pragma once

#include <torch/types.h>
#include <vector>

#include "fathom/augment/random.hpp"

namespace fathom::interview {

struct Voice {
  bool woman = false;
  double pitch = 0;          ///< Hz, in the middle
  std::vector<float> sound;  ///< 0.3 s, 8000 samples a second
};

/// Pulses of the vocal cords through three formants that glide from one vowel to another. Women's pitch is
/// higher as a rule, and their formants by 17 %; every speaker differs by up to 4 %.
Voice voice(augment::Random& random);

/// float [N, 1, 13, 24] in [0, 1]: how loud each voice is in frames of 50 ms and bands of frequencies that
/// are evenly spaced in mel, a scale on which steps sound alike.
torch::Tensor mel_frames(const std::vector<Voice>& voices);

/// uint8 [1, 300, 300]: time to the right, frequency upwards, dark is loud.
torch::Tensor spectrogram(const Voice& voice);

}  // namespace fathom::interview
