/// How far can an explanation be believed? All measures of one attribution, and their averages over pictures.
///
///   const AttributionFunction method = [&](const torch::Tensor& x) { return saliency(logit, x); };
///   const Faithfulness f = faithfulness(method, probability, logit, image, {}, generator);
///   ... one per picture ...
///   const FaithfulnessSummary s = summarise(all);    // s.insertion.mean, s.insertion.ci95
///
/// No single figure decides: read them beside those of `random_attribution`, the floor, on the same pictures.
/// Each measure's header says where it comes from; docs/explanations.md, what each cannot show.
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
  /// Randomisation::final, filled in by whoever has the network; near 0 is good.
  std::optional<double> randomisation;
  double infidelity_of_nothing =
      0;  ///< of a map of zeros, on the same squares: what `infidelity` starts from
  DeletionInsertion curves;
};

/// All but the randomisation check. `probability` and `score` are of one target, whose `method` it is.
/// Whatever the method, the same generator state gives the same ties, squares and perturbations. Throws as
/// the measures do. Cost: 2 (steps + 1) evaluations of `probability`, perturbations + 1 of `score`, and the
/// sensitivity's perturbations + 1 calls of `method`.
Faithfulness faithfulness(const AttributionFunction& method, const ScoreFunction& probability,
                          const ScoreFunction& score, const torch::Tensor& image,
                          const FaithfulnessOptions& options, torch::Generator generator);

/// The same for an attribution that is at hand: that of `image` by `method`, which is then called for the
/// perturbed pictures alone.
Faithfulness faithfulness(const Attribution& attribution, const AttributionFunction& method,
                          const ScoreFunction& probability, const ScoreFunction& score,
                          const torch::Tensor& image, const FaithfulnessOptions& options,
                          torch::Generator generator);

/// Over pictures: means with 95 % intervals (Student's t).
struct FaithfulnessSummary {
  std::int64_t images = 0;
  Estimate deletion, insertion, infidelity, infidelity_of_nothing;
  std::int64_t unbounded = 0;             ///< pictures of infinite sensitivity: their map is all zero
  std::optional<Estimate> sensitivity;    ///< over the others, where there is one
  std::optional<Estimate> randomisation;  ///< where every picture has one
};

/// Throws InvalidArgument where there is nothing to summarise.
FaithfulnessSummary summarise(const std::vector<Faithfulness>& of_images);

}  // namespace fathom::explain
