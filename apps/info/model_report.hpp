/// What is in a model's file: the card, and the parameters and the cost of every stage.
#pragma once

#include <torch/types.h>
#include <string>

#include "cli/cli.hpp"

namespace fathom::cli {

/// Each says it, and adds "card", "stages", "parameters" and "multiply_adds" to the report.
void describe_checkpoint(const Common& common, Json& report, const std::string& file);
void describe_generator(const Common& common, Json& report, const std::string& file);
/// A TorchScript program without a card, whose file has these `bytes`. `example` is an input, float
/// [1, C, H, W]; if it is undefined, the shapes stay unknown, with a note. Throws FormatError if the program
/// does not run.
void describe_program(const Common& common, Json& report, const std::string& file, const std::string& bytes,
                      const torch::Tensor& example);

}  // namespace fathom::cli
