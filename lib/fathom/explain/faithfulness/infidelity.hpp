/// Infidelity: does the map predict how the score changes?
///
///   const Infidelity i = infidelity(score, image, attribution, {}, generator);
///
/// Squares of the image are replaced by a substrate. For each square, the map predicts a drop of the score by
/// the sum of its values there. Infidelity is the mean squared difference between predicted and actual drop,
/// in squared units of the score. 0 is perfect; a map of zeros has `of_nothing`.
///
/// Attributions come in any unit (a gradient, a share of a score, ranks from 0 to 1), so the map is first
/// multiplied by the best scale factor, sum(predicted x actual) / sum(predicted^2), as in Yeh's code and
/// Captum's `normalize`. This factor also corrects a map whose sign is wrong everywhere: deletion and
/// insertion judge the sign, infidelity does not.
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

/// The meaning of the attribution's values.
enum class AttributionUnit {
  share,     ///< share of the score: the predicted drop is the sum of `map` over the square
  gradient,  ///< score per unit of pixel change: the predicted drop is the sum of `values` x (image -
             ///< substrate) over the square
};

struct InfidelityOptions {
  Substrate substrate = {};        ///< what squares become
  double smallest_square = 0.125;  ///< range of square sides, as shares of the image's shorter side
  double largest_square = 0.5;     ///< at least one pixel; all whole numbers in the range are equally likely
  std::int64_t perturbations = 200;
  AttributionUnit unit = AttributionUnit::share;
  std::optional<std::int64_t> batch;  ///< images scored at once (default: 128, fewer of large images);
                                      ///< affects speed and memory, not the result
};

struct Infidelity {
  double value = 0;       ///< infidelity with the best scale; at most `of_nothing`
  double scale = 0;       ///< factor applied to the attribution; 0 if all predicted drops are 0
  double of_nothing = 0;  ///< infidelity of a map of zeros: the mean squared drop
};

/// Squares of random side and place (each inside the image) are drawn from `generator`; the same generator
/// state gives the same squares for every attribution, so that methods are compared on the same changes.
/// `attribution` is that of `image`. Throws InvalidArgument if the image is not float [1, C, H, W], the
/// attribution or the substrate does not fit it, or an option is out of range. Cost: perturbations + 1
/// evaluations.
Infidelity infidelity(const ScoreFunction& score, const torch::Tensor& image, const Attribution& attribution,
                      const InfidelityOptions& options, torch::Generator generator);

}  // namespace fathom::explain
