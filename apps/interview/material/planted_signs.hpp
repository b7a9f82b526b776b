/// Pictures in which a small sign, at a random place, alone decides the class: so it is known what a network
/// must look at.
#pragma once

#include <array>
#include <vector>

#include "fathom/core/geometry.hpp"
#include "interview/material/clothes.hpp"

namespace fathom::interview {

constexpr std::int64_t kTile = 7;   ///< side of the tile that a sign lies on, in pixels
constexpr std::int64_t kTiles = 4;  ///< in a picture
constexpr std::int64_t kSigns = 4;  ///< so many kinds, and as many decoys

/// Eight shapes of nine white pixels, each on a black tile with a margin of a pixel, in an order drawn by
/// lot: the first half are signs and the others decoys, so that no shape is a sign by its looks.
/// float [8, 7, 7].
torch::Tensor shuffled_shapes(torch::Generator random);

/// The positions of the four tiles of a picture.
using Places = std::array<Patch, kTiles>;

/// Pictures of a set with a sign, which is the label, at the first of their places, and decoys at the
/// others. Label kSigns: no sign, decoys only; without that class a network could know one of the signs by
/// the lack of the others.
struct Planted {
  Examples examples;
  std::vector<Places> places;
};

/// `labels` is kSigns, or kSigns + 1 where some are to have no sign.
Planted planted(const data::ImageSet& set, std::int64_t count, std::int64_t labels,
                const torch::Tensor& shapes, torch::Generator random);

}  // namespace fathom::interview
