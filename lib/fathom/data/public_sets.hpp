/// The table of public data sets, one entry per set. All code that depends on the set uses this table.
///
///   const PublicSet* set = find_public_set("mnist");   // set->classes[7] is "7"
///
/// To add a set whose format has a reader (idx.hpp, cifar.hpp), add an entry to public_sets.cpp. A new format
/// also needs a reader.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fathom/data/image_set.hpp"

namespace fathom::data {

/// Reads the files of one split, in the order in which the table names them.
using SetReader = ImageSet (*)(const std::vector<std::filesystem::path>& files,
                               std::vector<std::string> classes, std::string name);

/// A file that a reader reads.
struct SetFile {
  std::string name;
  std::uint64_t size = 0;  ///< bytes, if the file is unpacked from an archive; otherwise 0
};

/// A file as it is published.
struct PublishedFile {
  std::string name;    ///< at the end of the address
  std::string sha256;  ///< lower-case hexadecimal
  std::uint64_t size;  ///< bytes
};

struct PublicSet {
  std::string name;                      ///< "fashion-mnist"
  SetReader read;                        ///< for its format
  std::vector<std::string> classes;      ///< names, index = label
  std::string folder;                    ///< sub-folder of the data directory with the files below
  std::vector<SetFile> training, test;   ///< what `read` reads for each split
  bool may_be_packed = false;            ///< a file may be there as .gz instead; `read` unpacks it
  std::vector<std::string> addresses;    ///< folders, ending in "/"; tried in turn
  std::vector<PublishedFile> published;  ///< each file as .gz, or one .tar.gz that holds all files
  std::string augmentation;              ///< usual augmentation, as the text of a pipeline
  std::string preset;                    ///< preset in data/augmentations for previews of it
  std::string package;                   ///< Debian package that holds the set; empty: none
  std::string classifier, generator;     ///< files in models/ that were trained on it; empty: none
};

/// All entries, in the order in which help texts list them.
const std::vector<PublicSet>& public_sets();

/// The entry of that name; nullptr if there is none.
const PublicSet* find_public_set(const std::string& name);

/// The names of all entries: {"mnist", "fashion-mnist", "cifar10"}.
const std::vector<std::string>& set_names();

/// What `load` (catalog.hpp) takes, for help texts: "mnist|fashion-mnist|cifar10|folder:PATH|csv:FILE".
std::string set_choices();

/// The set's usual augmentation; empty if the table does not have the set.
std::string usual_augmentation(const std::string& name);

}  // namespace fathom::data
