/// Infidelity: does what a map promises about a change come true?
///
///   const Infidelity i = infidelity(score, image, attribution, {}, generator);
///
/// The changes are squares replaced by a substrate. A map promises for a square the sum of its values
/// in it; the score's loss is what comes true. Infidelity is the mean square of the difference, in the
/// score's unit squared: 0 is perfect, `of_nothing` is what a map of zeros has.
///
/// Attributions come in any unit (a gradient, a share of a score, ranks from 0 to 1), so the map is first
/// multiplied by the one number that serves it best, sum(promised x lost) / sum(promised^2), as Yeh's code
/// and Captum's `normalize` do. A map that points the wrong way throughout is thereby turned round: the sign
/// is judged by deletion and insertion, not here.
///
/// Yeh, Hsieh, Suggala, Inouye & Ravikumar, "On the (In)fidelity and Sensitivity of Explanations", NeurIPS
/// 2019, with square removal as the perturbation.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <optional>

#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/faithfulness/substrate.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

/// What an attribution's numbers stand for.
enum class AttributionUnit {
  share,     ///< of the score, for being there at all: a square's promise is the sum of `map` in it
  gradient,  ///< score per change of a pixel: the promise is the sum of `values` x (image - substrate) in it
};

struct InfidelityOptions {
  Substrate substrate = {};        ///< what squares become
  double smallest_square = 0.125;  ///< sides of the squares as shares of the image's shorter side; at least
  double largest_square = 0.5;     ///< one pixel, and each whole number in between as likely as the other
  std::int64_t perturbations = 200;
  AttributionUnit unit = AttributionUnit::share;
  std::optional<std::int64_t> batch;  ///< images scored at once (default: 128, fewer of large images);
                                      ///< changes speed and memory, never the meaning
};

struct Infidelity {
  double value = 0;       ///< with the best scale; at most `of_nothing`
  double scale = 0;       ///< by which the attribution was multiplied; 0 where it promised nothing anywhere
  double of_nothing = 0;  ///< of a map of zeros: the mean square of the losses
};

/// Squares of random side and place (each inside the image) are drawn from `generator`; the same generator
/// state gives the same squares whatever the attribution, so that methods are compared on the same changes.
/// `attribution` is that of `image`. Throws InvalidArgument where the image is not float [1, C, H, W], the
/// attribution or the substrate does not fit it, or an option is out of range. Cost: perturbations + 1
/// evaluations.
Infidelity infidelity(const ScoreFunction& score, const torch::Tensor& image, const Attribution& attribution,
                      const InfidelityOptions& options, torch::Generator generator);

}  // namespace fathom::explain
