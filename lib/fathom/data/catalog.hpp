/// Data sets by name: "mnist", "folder:PATH", "csv:FILE".
///
///   const Catalog catalog{search_directories(data_dir), image::read_picture_as};
///   const ImageSet test = load("fashion-mnist", Split::test, catalog);
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fathom/core/geometry.hpp"
#include "fathom/data/folder.hpp"
#include "fathom/data/image_set.hpp"

namespace fathom::data {

struct Catalog {
  std::vector<std::filesystem::path> directories;  ///< searched in this order
  PictureReader read_picture;                      ///< for sets of picture files: folders and CSV files
  Extent folder_size = {32, 32};                   ///< size to which pictures of such sets are resized
  bool skip_damaged = false;                       ///< leave out damaged pictures of such sets, with a note
  FolderRules folder_rules = FolderRules::every_picture;
};

/// Whether a name is that of a set of picture files: "folder:PATH" or "csv:FILE". No file is looked for.
bool is_picture_set(const std::string& name);

/// The picture files of such a set. Throws InvalidArgument if it is another set, and as list_folder and
/// list_csv do.
Listing list_set(const std::string& name, FolderRules rules = FolderRules::every_picture);

/// Search path for data sets: `data_dir` (if given), $FATHOM_DATA, data/ beside the program's project or
/// under its install prefix's share/fathom, ~/.cache/fathom, /usr/share/datasets.
std::vector<std::filesystem::path> search_directories(const std::optional<std::filesystem::path>& data_dir);

/// Folder for downloads: `data_dir` (if given), $FATHOM_DATA, ~/.cache/fathom; empty if none of them is set.
std::optional<std::filesystem::path> download_directory(const std::optional<std::filesystem::path>& data_dir);

/// Loads a set by name: a set of the table in public_sets.hpp, which also names its files, "folder:PATH" or
/// "csv:FILE". Uses the first directory that contains all files of the split. Throws InvalidArgument for an
/// unknown name (and suggests the closest), FileError if no directory has the set (the message says how to
/// get it), and the exceptions of the readers.
ImageSet load(const std::string& name, Split split, const Catalog& catalog);

/// All pictures of a set: those for training, those for testing, and those of a further split of a folder or
/// CSV file. Throws as `load`.
ImageSet load_all(const std::string& name, const Catalog& catalog);

/// The files of a split that `load` would read (for a CSV file, the pictures alone). No picture is opened.
/// Throws as `load` if the name is unknown or files are missing.
std::vector<std::filesystem::path> set_files(const std::string& name, Split split, const Catalog& catalog);

/// "fashion-mnist:test:17", "folder:pics/pets:train:3" and "csv:pets.csv:test:0" name one picture of a set.
struct PictureName {
  std::string set;
  Split split = Split::test;
  std::int64_t index = 0;
};
/// Empty if `text` does not have this form; it may then be a file name. Throws InvalidArgument if it begins
/// with the name of a set but the rest is invalid ("mnist:tset:1", "mnist:test:-4"). A misspelt set name
/// ("mnits:test:1") is accepted here; `load` reports it.
std::optional<PictureName> parse_picture_name(const std::string& text);

/// One picture of a set with its label. Pictures of files are in RGB and keep their size, and no other
/// picture of the set is read. Throws as `load`, and InvalidArgument if the index is outside the set.
struct NamedPicture {
  torch::Tensor image;  ///< uint8 [C, H, W]
  std::int64_t label = 0;
  std::string label_name;
};
NamedPicture load_picture(const PictureName& name, const Catalog& catalog);

/// "fashion-mnist:test:0-15" names the pictures 0 to 15 of a set, and "fashion-mnist:test:17" one.
struct PictureSlice {
  std::string set;
  Split split = Split::test;
  std::int64_t first = 0, last = 0;  ///< both ends included
};
/// As parse_picture_name, for a slice; also throws if the slice ends before it begins.
std::optional<PictureSlice> parse_picture_slice(const std::string& text);

/// The pictures of a slice, in order; the set is read only once. Throws as load_picture.
std::vector<NamedPicture> load_pictures(const PictureSlice& slice, const Catalog& catalog);

}  // namespace fathom::data
