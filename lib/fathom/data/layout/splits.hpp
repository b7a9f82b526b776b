/// Which folders are those of splits, and where their classes are. Internal to data.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fathom/data/folder.hpp"

namespace fathom::data {

enum class SplitRole { train, test, validation };

/// What a folder or a split of this name is for; nothing if it is no name of a split. Case, signs and words
/// such as "set" and "images" do not matter: "Train", "training_set", "seg_train".
///   train: train training trn
///   test: test testing tst eval evaluation heldout holdout held-out hold-out
///   validation: val valid validation dev devel development
std::optional<SplitRole> role_of(const std::string& name);

/// The folders of the splits; those that are missing are empty paths.
struct SplitFolders {
  std::filesystem::path train, test, further;
};

/// Nothing if the folder has no splits of its own. `folders` are all of its sub-folders. Throws FormatError
/// if a folder without such a name has the classes of one with such a name.
std::optional<SplitFolders> find_splits(const std::vector<std::filesystem::path>& folders, FolderRules rules,
                                        std::vector<std::string>& notes);

/// The folder that has the folders of the classes: `split`, or what it has as its only folder, if that is
/// called "images" or the like, or as the split ("seg_train/seg_train").
std::filesystem::path class_root(const std::filesystem::path& split);

/// The classes that a text file in the folder of a split names for pictures, as in Tiny ImageNet's val/:
/// lines of file name, tab, class, in a file whose name ends in "annotations.txt". Empty if there is none.
std::map<std::string, std::string> annotated_classes(const std::filesystem::path& split);

}  // namespace fathom::data
