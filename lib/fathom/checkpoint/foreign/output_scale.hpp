/// What the numbers of a classifier's output mean, and how they become logits.
///
///   const OutputScale scale = output_scale(outputs, extreme_outputs);
///   const torch::Tensor logits = to_logits(outputs, scale);
#pragma once

#include <torch/types.h>
#include <string>

#include "fathom/core/names.hpp"

namespace fathom::checkpoint {

enum class OutputScale {
  logits,
  probabilities,      ///< softmax: rows >= 0 that sum to 1
  percentages,        ///< the same times 100
  log_probabilities,  ///< log-softmax: the exponentials of a row sum to 1
  sigmoids,           ///< each number is a probability of its own
  log_sigmoids,       ///< the logarithms of such numbers
};

inline constexpr Names<OutputScale, 6> kOutputScales = {
    {{OutputScale::logits, "logits"},
     {OutputScale::probabilities, "probabilities"},
     {OutputScale::percentages, "percentages"},
     {OutputScale::log_probabilities, "log-probabilities"},
     {OutputScale::sigmoids, "sigmoids"},
     {OutputScale::log_sigmoids, "log-sigmoids"}}};

/// The last operation of a program (output_ending.hpp).
enum class OutputEnding {
  other,  ///< another operation, several that differ, or unknown
  sigmoid,
  log_sigmoid,  ///< also the logarithm of a sigmoid
  clamp,        ///< to a range, of anything but the two above
};

/// Reads the scale from outputs [N, outputs], N > 1, of any type. `usual` belongs to pictures in [0, 1],
/// `extreme` to pictures far outside this range, in both directions. Logits that lie in (0, 1) by chance for
/// usual pictures leave it for extreme ones, and probabilities do not. Rows of `extreme` that contain NaN are
/// ignored. Sigmoids are recognised if the outputs depend on the picture and the program ends in a sigmoid,
/// or if `extreme` comes close to 0 or 1 while no number of `usual` is exactly 0 or 1 (numbers that were
/// clamped or scaled to [0, 1] are). Logarithms of sigmoids are recognised only by `ending`: other scores at
/// most 0 look alike. Whatever is ambiguous is logits.
OutputScale output_scale(const torch::Tensor& usual, const torch::Tensor& extreme,
                         OutputEnding ending = OutputEnding::other);

/// Whether `usual` alone already excludes everything but logits without bounds.
bool are_surely_logits(const torch::Tensor& usual);

/// What is odd about outputs whose scale was found, in a sentence: the same row for all pictures, rows in
/// descending order, nothing but 0 and 1 (one-hot), and if they are taken as logits, all in [0, 1] (clamped,
/// or cosine similarities), all in [-1, 1] or all at most 0. Empty if nothing is. The first two arguments are
/// those of output_scale().
std::string oddity(const torch::Tensor& usual, const torch::Tensor& extreme, OutputScale scale);

/// The scale of a single output that is said to be in `scale`: a probability alone is a sigmoid.
OutputScale scale_of_one_output(OutputScale scale);

/// Why outputs [N, outputs] of usual pictures cannot be in `scale`, in a few words: "are in [-3, 2]". Empty
/// if they can. Sums may be off by 0.02. NaN passes.
std::string why_not_in(const torch::Tensor& outputs, OutputScale scale);
/// The same, but rows may have any sum: cheap enough for every batch.
std::string why_out_of_range(const torch::Tensor& outputs, OutputScale scale);

/// Whether a softmax (or its logarithm) was taken over the pictures instead of the classes: the output for
/// one picture `single` [1, outputs] is constant, and that for several, `batch` [N, outputs], sums to 1 per
/// class.
bool is_softmax_over_batch(const torch::Tensor& single, const torch::Tensor& batch);

/// float [N, outputs] in `scale` -> logits [N, classes], differentiable: log p for softmax (and log-softmax),
/// log(p / (1 - p)) for sigmoids. All of them are finite, also where a probability has been rounded to 0 or
/// 1, except for classes that log-probabilities of -infinity rule out. One output is the logit of class 1 in
/// two classes whose logits are (0, z).
torch::Tensor to_logits(const torch::Tensor& outputs, OutputScale scale);

/// Of logits that to_logits() gave: whether they are only bounds, because a probability had been rounded to
/// 0 or 1. Bool, of the same shape; false for logits that were logits.
torch::Tensor are_bounds(const torch::Tensor& logits, OutputScale scale);

}  // namespace fathom::checkpoint
