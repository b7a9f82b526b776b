/// Finding the files that a list names. Internal to data.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fathom::data {

/// The file of each name, relative to `folder`. Names that are not found as they are may have back-slashes
/// between folders, may lack a folder that all have in common (a sub-folder of `folder`, or the folder above
/// it), and may lack the ending of a picture. What was changed becomes a note. A folder is only taken if it
/// has more of the files than any other. What is not found is named as it is in the list.
std::vector<std::filesystem::path> named_files(const std::vector<std::string>& names,
                                               const std::filesystem::path& folder,
                                               std::vector<std::string>& notes);

}  // namespace fathom::data
