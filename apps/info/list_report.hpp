/// The data sets and models that have names.
#pragma once

#include "cli/cli.hpp"

namespace fathom::cli {

/// Each prints its list and the report: what is known, and where it was found.
void list_sets(const Common& common);
void list_models(const Common& common);

}  // namespace fathom::cli
