/// Which parts of a picture a network needs: found by covering them.
#pragma once

#include <torch/types.h>
#include <cmath>
#include <functional>
#include <vector>

#include "fathom/core/geometry.hpp"
#include "fathom/models/logits_function.hpp"
#include "interview/material/training.hpp"

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

/// For each picture, float [N, 1, H, W]: the window that lowers the probability of its class most when it is
/// covered, and the one that lowers it least. Pictures whose garment is too small for a window are left out.
/// `network_for` is called once per picture and returns the network for it.
std::vector<Covered> covered_parts(const std::function<models::LogitsFunction()>& network_for,
                                   const Examples& examples, std::int64_t stride);

/// How much more another network loses with the important part than with the harmless one, in the mean.
double agreed(const std::vector<Covered>& all, const models::LogitsFunction& other);

}  // namespace fathom::interview
