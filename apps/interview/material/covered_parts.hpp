/// Which parts of a picture a network needs: found by covering them.
#pragma once

#include <torch/types.h>
#include <cmath>
#include <optional>

#include "fathom/core/geometry.hpp"
#include "fathom/models/logits_function.hpp"

namespace fathom::interview {

/// What is covered, and by what: the colour of the background, so that a part is taken away and nothing is
/// put in.
constexpr Extent kWindow = {8, 8};
torch::Tensor cover();

/// A part of a picture, and the probability of the picture's class with that part covered.
struct Part {
  Patch patch;
  double probability = 0;
};

struct Covered {
  torch::Tensor image;  ///< float [1, 1, H, W]
  std::int64_t label = 0;
  double whole = 0;  ///< probability of the class with nothing covered
  Part important, harmless;

  /// High where nothing happens in one case and much in the other.
  double contrast() const {
    return whole - important.probability - 2 * std::abs(whole - harmless.probability);
  }
};

/// The probability that a network gives to a class, of one picture, float [1, 1, H, W].
double probability(const models::LogitsFunction& logits, const torch::Tensor& image, std::int64_t label);
/// The same with a part covered, for the picture's own class.
double without(const Part& part, const models::LogitsFunction& logits, const Covered& of);

/// The parts of a garment whose covering takes most and least from the probability of its class. Nothing
/// where it is too small for a window.
std::optional<Covered> covered_parts(const models::LogitsFunction& logits, const torch::Tensor& image,
                                     std::int64_t label, std::int64_t stride);

}  // namespace fathom::interview
