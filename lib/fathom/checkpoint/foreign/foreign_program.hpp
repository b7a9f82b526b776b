/// A TorchScript program of any origin, made ready to classify images.
///
///   ForeignProgram program = foreign_program(torch::jit::load("resnet.pt"), {3, 224, 224}, "", torch::kCPU);
///   const torch::Tensor output = program.fast(images);
#pragma once

#include <torch/script.h>
#include <torch/types.h>
#include <string>
#include <vector>

#include "fathom/checkpoint/foreign/output_scale.hpp"
#include "fathom/models/kind.hpp"
#include "fathom/models/logits_function.hpp"

namespace fathom::checkpoint {

/// Functions from the program's own input, float [N, C, H, W], to one tensor of its output.
struct ForeignProgram {
  models::LogitsFunction differentiable;
  models::LogitsFunction fast;  ///< without gradients
  std::string sign_of_bytes{};  ///< what says that it expects pixels of 0 to 255 (pixel_range.hpp)
  OutputEnding ending = OutputEnding::other;  ///< its last operation (output_ending.hpp)
};

/// Prepares `program` in place: evaluation mode, also where dropout or batch norm was traced in training
/// mode (training_mode.hpp); floating-point weights, buffers and constants as float32; no gradients for
/// weights; on `device`. If the program gives several tensors (a tuple, a list, a dictionary, nested),
/// `output` chooses one as choose_entry() does. A program that runs only on batches of one size gets batches
/// filled up with copies (fixed_batch.hpp). What was changed or chosen is a note, and so are weights that are
/// not finite. Throws InvalidArgument if the program does not run on an image of shape `input`, or `output`
/// does not exist.
ForeignProgram foreign_program(torch::jit::Module program, const models::InputShape& input,
                               const std::string& output, torch::Device device);

/// A tensor in a program's output. The name is its key in a dictionary, its field in a named tuple or its
/// index; names of nested containers are joined by points: "aux.0". A single tensor has the name "".
struct OutputEntry {
  std::string name;
  torch::Tensor tensor;
};

/// All tensors in an output, in its order; other values are skipped.
std::vector<OutputEntry> output_entries(const c10::IValue& output);

/// The index of the entry that `output` names: a name, or a position in the list. If `output` is empty: of
/// the tensors that have one row of numbers for each of `images` images, the one named logits, out or output,
/// or else the first; without such a tensor, the first of all. Throws InvalidArgument if there is no entry of
/// that name, or none at all.
std::size_t choose_entry(const std::vector<OutputEntry>& entries, const std::string& output,
                         std::int64_t images);

}  // namespace fathom::checkpoint
