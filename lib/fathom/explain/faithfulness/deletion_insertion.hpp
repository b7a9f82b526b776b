/// Deletion and insertion: does a score follow the order in which a map ranks the pixels?
///
///   const DeletionInsertion d = deletion_insertion(probability, image, attribution.map, {}, generator);
///   // d.deletion.area small, d.insertion.area large: the map shows what the score depends on
///
/// The map ranks the pixels, all channels of a pixel together. Deletion removes them from the image in that
/// order, the highest first; insertion adds them in the same order to an image that consists only of the
/// substrate. The substrate (explain/faithfulness/substrate.hpp) replaces missing pixels, and the results
/// depend on it: every choice gives unnatural pictures halfway. Petsiuk et al. delete to one colour and
/// insert into a blur; the default here is the blur for both.
///
/// Petsiuk, Das & Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <optional>
#include <vector>

#include "fathom/explain/faithfulness/substrate.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

struct DeletionInsertionOptions {
  Substrate deletion = {};   ///< what deleted pixels become
  Substrate insertion = {};  ///< the image before the first pixel is inserted
  /// Rank by the absolute values: for maps whose sign gives the direction in which a pixel should change
  /// (guided Grad-CAM), not whether it supports the class.
  bool by_magnitude = false;
  std::int64_t steps = 56;            ///< the curves have steps + 1 points; at most one per pixel is used
  std::optional<std::int64_t> batch;  ///< images scored at once (default: 128, fewer of large images);
                                      ///< affects speed and memory, not the result
};

/// A score as a function of the share of pixels deleted or inserted.
struct ScoreCurve {
  std::vector<double> score;  ///< at each of the fractions
  double area = 0;            ///< under the curve by the trapezoid rule, over fractions from 0 to 1
};

struct DeletionInsertion {
  std::vector<double> fractions;  ///< of all pixels, from 0 to 1
  ScoreCurve deletion;            ///< starts at the image's score; the smaller the area, the better the map
  ScoreCurve insertion;           ///< ends at the image's score; the larger the area, the better the map
};

/// `map` float [H, W]: the highest value is moved first. Pixels of equal value are ordered at random by
/// `generator`, so that a constant map ranks like a random one, not from top to bottom. `probability` is the
/// target's probability (any score works; areas are then in its unit). Throws InvalidArgument if the image is
/// not float [1, C, H, W], the map has another size or values that are not finite, a substrate does not fit,
/// or steps or batch are below 1. Cost: 2 (steps + 1) evaluations.
DeletionInsertion deletion_insertion(const ScoreFunction& probability, const torch::Tensor& image,
                                     const torch::Tensor& map, const DeletionInsertionOptions& options,
                                     torch::Generator generator);

}  // namespace fathom::explain
