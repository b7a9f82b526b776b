/// How faithful is an explanation? All measures of one attribution, and their averages over pictures.
///
///   const AttributionFunction method = [&](const torch::Tensor& x) { return saliency(logit, x); };
///   const Faithfulness f = faithfulness(method(image), method, probability, logit, image, {}, generator);
///   ... one per picture ...
///   const FaithfulnessSummary s = summarise(all);    // s.insertion.mean, s.insertion.ci95
///
/// No single measure decides: compare them with those of `random_attribution` on the same pictures. The
/// header of each measure gives its source; docs/explanations.md explains its limits.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <optional>
#include <vector>

#include "fathom/core/statistics.hpp"
#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/faithfulness/deletion_insertion.hpp"
#include "fathom/explain/faithfulness/infidelity.hpp"
#include "fathom/explain/faithfulness/sensitivity.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

struct FaithfulnessOptions {
  DeletionInsertionOptions curves;
  InfidelityOptions infidelity;
  SensitivityOptions sensitivity;
};

struct Faithfulness {
  double deletion = 0;     ///< area under the deletion curve, in [0, 1] for a probability; low is good
  double insertion = 0;    ///< area under the insertion curve; high is good
  double infidelity = 0;   ///< in units of `score` squared; low is good
  double sensitivity = 0;  ///< relative, at least 0; low is good
  /// Randomisation::final, set by a caller that has the network; near 0 is good.
  std::optional<double> randomisation;
  double infidelity_of_nothing =
      0;  ///< infidelity of a map of zeros on the same squares; the upper bound of `infidelity`
  DeletionInsertion curves;
};

/// All measures except the randomisation check. `attribution` is what `method` gives for `image`;
/// `probability`, `score` and `method` must be for the same target. The same generator state gives the same
/// tie-breaks, squares and perturbations for every method. Throws as the measures do. Cost: 2 (steps + 1)
/// evaluations of `probability`, perturbations + 1 of `score`, and a call of `method` per perturbation of the
/// sensitivity.
Faithfulness faithfulness(const Attribution& attribution, const AttributionFunction& method,
                          const ScoreFunction& probability, const ScoreFunction& score,
                          const torch::Tensor& image, const FaithfulnessOptions& options,
                          torch::Generator generator);

/// Over pictures: means with 95 % intervals (Student's t).
struct FaithfulnessSummary {
  std::int64_t images = 0;
  Estimate deletion, insertion, infidelity, infidelity_of_nothing;
  std::int64_t unbounded = 0;           ///< pictures with infinite sensitivity, because their map is all zero
  std::optional<Estimate> sensitivity;  ///< over the other pictures, if any
  std::optional<Estimate> randomisation;  ///< only if every picture has one
};

/// Throws InvalidArgument if there is nothing to summarise.
FaithfulnessSummary summarise(const std::vector<Faithfulness>& of_images);

}  // namespace fathom::explain
