/// What a data set is: its classes and splits, how many pictures each has, and what they are like.
#pragma once

#include <filesystem>
#include <string>

#include "cli/cli.hpp"

namespace fathom::cli {

/// A folder of pictures, with or without a folder per class. Says what it is and the command that trains on
/// it, and prints the report. Up to 100 pictures, spread over the set, are decoded; with `check` all of them.
/// Throws FileError or FormatError (data::list_folder's reason) if there are no pictures in it.
void describe_folder(const Common& common, const std::filesystem::path& folder, bool check);

/// The same of a CSV file with the columns of data::list_csv. A table without them is said to be one.
void describe_csv(const Common& common, const std::filesystem::path& file, bool check);

/// The same of a set that has a name ("mnist"), which is read whole.
void describe_public_set(const Common& common, const std::string& name);

}  // namespace fathom::cli
