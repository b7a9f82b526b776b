/// The flags of attribution methods, as the library's table of them says (explain/attribution/methods.hpp).
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "fathom/checkpoint/classifier.hpp"
#include "fathom/explain/attribution/methods.hpp"

namespace fathom::cli {

/// A flag for every option that the methods read, those of the most demanding methods first. If there are
/// several methods, the help says which of them read it.
void add_method_flags(Parser& parser, const std::string& group, std::vector<explain::Method> methods);

/// A flag that none of the methods in `names` reads is a slip that would pass unnoticed: throws UsageError.
void require_flags_read(const Arguments& arguments, const std::vector<std::string>& names);

/// What the flags say about the options of `methods` for one picture, float [1, C, h, w]: a baseline may be
/// the picture blurred, and a window goes by its size.
explain::MethodOptions read_method_options(const Arguments& arguments,
                                           const std::vector<explain::Method>& methods,
                                           const checkpoint::Classifier& model, const torch::Tensor& input);

}  // namespace fathom::cli
