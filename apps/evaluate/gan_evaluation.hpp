/// `evaluate --gan`.
#pragma once

#include "cli/cli.hpp"

namespace fathom::cli {

/// Scores a generator against its data set and reports; see docs/evaluate.md.
void evaluate_gan(const Arguments& arguments, const Common& common);

}  // namespace fathom::cli
