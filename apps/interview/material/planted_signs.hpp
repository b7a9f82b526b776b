/// Pictures in which a small sign, at a random place, alone decides the class: so it is known what a network
/// must look at.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "fathom/core/geometry.hpp"
#include "fathom/models/logits_function.hpp"
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

/// How much covering 4 x 4 pixels lowers the log probability of example `i`'s label: float [28, 28].
torch::Tensor occlusion_map(const models::LogitsFunction& logits, const Examples& examples, std::int64_t i,
                            std::int64_t stride);

/// How often the map's largest value lies in the sign, and in a decoy (the mean of three).
struct Hits {
  double sign = 0, decoy = 0;
};

/// For the first `count` pictures. `network_for` is called once per picture and gives the network that looks
/// at it.
Hits hits(const std::function<models::LogitsFunction()>& network_for, const Planted& planted,
          std::int64_t count, std::int64_t stride);

}  // namespace fathom::interview
