/// --list-stages: what a network's stages are called and how large their activations are.
#pragma once

#include "cli/cli.hpp"

namespace fathom::models {
class ImageModel;
}

namespace fathom::cli {

/// A line per stage, and "stages" in the report.
void list_stages(const Common& common, models::ImageModel& network);

}  // namespace fathom::cli
