/// What a program of unknown origin does with images, found by running it on a few.
///
///   const ProbedProgram found = probe(program, {3, 224, 224}, torch::kCPU);
///   const models::LogitsFunction logits = as_logits(program, found);
#pragma once

#include <torch/types.h>
#include <exception>
#include <functional>
#include <optional>
#include <string>

#include "fathom/checkpoint/foreign/output_scale.hpp"
#include "fathom/models/kind.hpp"
#include "fathom/models/logits_function.hpp"

namespace fathom::checkpoint {

struct ProbedProgram {
  std::int64_t outputs = 0;  ///< numbers per image; one output means two classes
  OutputScale scale = OutputScale::logits;
  bool one_by_one = false;  ///< it can run, or runs correctly, only on one image at a time
  bool noisy = false;       ///< the same image gives another answer every time

  std::int64_t classes() const { return outputs == 1 ? 2 : outputs; }
};

/// Runs `program` (float [N, C, H, W] in [0, 1] -> [N, outputs], [N] or [N, outputs, 1, 1]) on three images,
/// one by one and as a batch, on six more if its outputs may be probabilities, and on the three again if the
/// batch gives other answers. The images depend on nothing but their size; their largest and smallest values,
/// means and deviations differ, so that a program that computes these over a batch is noticed. What it finds
/// is a note (core/notes.hpp): probabilities, one output, noise, a program that is right only for one image
/// at a time, a failure on some of the images, and logits that are odd (output_scale.hpp). `scale` is the
/// scale of its outputs; empty: found, with the help of `ending`. Throws InvalidArgument if the program does
/// not run on one image (as refuse_input does), its output is of another shape, its softmax is taken over the
/// batch, or its outputs cannot be in `scale`.
ProbedProgram probe(const models::LogitsFunction& program, const models::InputShape& input,
                    torch::Device device, std::optional<OutputScale> scale = {},
                    OutputEnding ending = OutputEnding::other);

/// The program as a function to logits [N, classes]. Throws what the program throws, and FormatError if an
/// output is outside of the range of the scale. An output that is not one row per image is returned as it is.
models::LogitsFunction as_logits(models::LogitsFunction program, const ProbedProgram& found);

/// The output for `images` images as [images, outputs]: from [images, outputs, 1, 1], from [images], and for
/// one image from [outputs] and []. Other shapes are returned unchanged.
torch::Tensor as_rows(const torch::Tensor& output, std::int64_t images);

/// `run` cannot be run on one image of shape `input` because of `failure`. Looks for a common shape on which
/// it runs, and throws InvalidArgument with that shape (if there is one) and the reason. Errors of fathom and
/// a lack of memory are passed on.
[[noreturn]] void refuse_input(const std::function<void(const torch::Tensor&)>& run,
                               const models::InputShape& input, torch::Device device,
                               const std::exception& failure);

/// Why a program failed, in one line. TorchScript's message is a trace of the program; the last line that
/// begins with an error's name says what failed.
std::string reason_of(const std::exception& e);

}  // namespace fathom::checkpoint
