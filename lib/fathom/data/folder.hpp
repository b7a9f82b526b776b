/// A folder with one sub-folder of pictures per class. The sorted sub-folder names are the classes.
#pragma once

#include <filesystem>
#include <vector>

#include "fathom/data/listing.hpp"

namespace fathom::data {

/// Which files of a folder are listed.
enum class FolderRules {
  every_picture,  ///< as list_folder says
  /// As before these rules, for runs that began then: only files directly in the class folders, with one of
  /// nine endings; splits only from `train/` and `test/`; no test pictures in classes of less than ten.
  before,
};

/// Lists the pictures of a folder; is_picture_file (picture_content.hpp) decides what is one. They are sorted
/// by name and may be at any depth below their class folder; a folder that links lead to twice is read once.
/// Hidden files and what systems leave behind (is_system_name) are neither read nor counted.
///
/// Splits, with names as role_of (layout/splits.hpp) knows them: train beside test or, as the test split,
/// val. Beside both train and test, val is a further split. A class may be empty in one of the splits, and
/// may be written differently (case, signs). A test or val folder without folders of classes is not read,
/// unless a file of annotations names the classes. A folder of another name with the same classes is refused.
/// With training folders only, or without any, `divide` (listing.hpp) makes the splits. If the folder
/// contains only one folder and no pictures are directly in that, its sub-folders are taken.
///
/// Throws FileError (no such folder, not permitted), FormatError (no class folders, no pictures in one, a
/// class of the test split that is not in the training split).
Listing list_folder(const std::filesystem::path& folder, FolderRules rules = FolderRules::every_picture);

/// read_pictures of list_folder. Throws as both do.
ImageSet read_folder(const std::filesystem::path& folder, Split split, Extent size,
                     const PictureReader& read);

/// The pictures directly in a folder, sorted; if there are none, those below it, with a note. Notes if
/// there are sub-folders that are not read. Throws FileError (not readable, no pictures).
std::vector<std::filesystem::path> pictures_in(const std::filesystem::path& folder);

}  // namespace fathom::data
