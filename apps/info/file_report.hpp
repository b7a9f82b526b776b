/// What a file is, by its content, and what is in it.
#pragma once

#include <string>

#include "cli/cli.hpp"

namespace fathom::cli {

/// A file, or the name of a shipped model. Reads --input-size and --channels if the file is a TorchScript
/// program without a card; says and reports what is known about it.
void describe_file(const Arguments& arguments, const Common& common, const std::string& name);

/// One picture of a data set: "fashion-mnist:test:17".
void describe_picture_of_set(const Common& common, const std::string& name);

}  // namespace fathom::cli
