#include "fathom/data/folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/class_match.hpp"
#include "fathom/data/layout/splits.hpp"
#include "fathom/data/layout/walk.hpp"
#include "fathom/data/picture_content.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

using ClassPictures = std::vector<std::vector<fs::path>>;

/// The pictures of a split whose classes a text file names.
void add_annotated(const fs::path& folder, const std::map<std::string, std::string>& annotated,
                   const std::vector<std::string>& classes, Walk& walk, ClassPictures& pictures,
                   Listing& listing) {
  std::int64_t unnamed = 0;
  for (const fs::path& file : walk.pictures_below(folder)) {
    const auto named = annotated.find(file.filename().string());
    if (named == annotated.end()) {
      ++unnamed;
      continue;
    }
    const auto found = find_class(named->second, classes);
    if (!found)
      throw FormatError(fmt::format("the annotations in '{}' name the class '{}', which has no folder{}",
                                    folder.string(), named->second, suggestion(named->second, classes)));
    pictures[static_cast<std::size_t>(*found)].push_back(file);
  }
  listing.notes.push_back(fmt::format("the classes of the pictures in '{}' are taken from its annotations",
                                      folder.filename().string()));
  if (unnamed > 0)
    listing.notes.push_back(
        fmt::format("the annotations in '{}' do not name {} of its pictures, which are "
                    "left out",
                    folder.filename().string(), unnamed));
}

/// The pictures of each class in the folder of a split.
ClassPictures pictures_of_split(const fs::path& folder, const fs::path& training, Walk& walk,
                                Listing& listing) {
  const std::vector<std::string>& classes = listing.classes;
  ClassPictures pictures(classes.size());
  if (folder.empty()) return pictures;
  const std::vector<fs::path> inside = sub_folders(class_root(folder));
  const auto is_class = [&](const std::string& name) { return find_class(name, classes).has_value(); };
  const auto annotated = annotated_classes(folder);
  if (std::any_of(annotated.begin(), annotated.end(),
                  [&](const auto& each) { return is_class(each.second); }) &&
      std::none_of(inside.begin(), inside.end(),
                   [&](const fs::path& each) { return is_class(each.filename().string()); })) {
    add_annotated(folder, annotated, classes, walk, pictures, listing);
    return pictures;
  }
  std::vector<std::string> written;
  for (const fs::path& of_class : walk.folders_in(class_root(folder))) {
    const std::string name = of_class.filename().string();
    const auto found = find_class(name, classes);
    std::vector<fs::path> files = walk.pictures_below(of_class);
    if (!found && !files.empty())
      throw FormatError(fmt::format("class folder '{}' has no counterpart in '{}'{}", of_class.string(),
                                    training.string(), suggestion(name, classes)));
    if (!found) continue;
    if (classes[static_cast<std::size_t>(*found)] != name) written.push_back(excerpt(name, 30));
    std::move(files.begin(), files.end(), std::back_inserter(pictures[static_cast<std::size_t>(*found)]));
  }
  if (!written.empty())
    listing.notes.push_back(
        fmt::format("class folders in '{}' are written differently than in '{}', and "
                    "taken as the same: {}",
                    folder.filename().string(), training.filename().string(), fmt::join(written, ", ")));
  return pictures;
}

std::vector<std::string> names_of(const std::vector<fs::path>& folders) {
  std::vector<std::string> names;
  for (const fs::path& folder : folders) names.push_back(folder.filename().string());
  return names;
}

/// What is there instead of folders of classes.
[[noreturn]] void refuse_no_classes(const fs::path& folder) {
  const std::vector<fs::directory_entry> inside = entries(folder);
  const Walk walk(FolderRules::every_picture);
  const auto pictures = std::count_if(inside.begin(), inside.end(), [&](const fs::directory_entry& entry) {
    return !is_system_name(name_of(entry)) && walk.is_picture(entry);
  });
  const std::string needed = "it needs a sub-folder of pictures per class";
  if (pictures > 0)
    throw FormatError(fmt::format(
        "'{}' has {} {} without classes; as a data set, {}, or a CSV file that names their classes",
        folder.string(), pictures, pictures == 1 ? "picture" : "pictures", needed));
  throw FormatError(fmt::format("'{}' is not a data set: it {}; {}", folder.string(),
                                inside.empty() ? "is empty" : "has no folders of pictures", needed));
}

/// A file that was given as a folder is named as what it is.
[[noreturn]] void refuse_no_folder(const fs::path& path) {
  std::error_code failed;
  if (path.empty()) throw FileError("the name of the folder is empty");
  const fs::file_status status = fs::status(path, failed);
  if (!fs::exists(status))
    throw FileError(fmt::format(
        "cannot read folder '{}': {}", path.string(),
        failed && failed != std::errc::no_such_file_or_directory ? failed.message() : "no such folder"));
  const std::string ending = lower_extension(path);
  if (is_picture_file(fs::directory_entry(path)))
    throw FileError(
        fmt::format("'{}' is one picture; a data set is a folder with a sub-folder of pictures "
                    "per class",
                    path.string()));
  if (ending == ".csv" || ending == ".tsv" || ending == ".txt")
    throw FileError(
        fmt::format("'{0}' is a text file, not a folder; as a CSV file it is 'csv:{0}'", path.string()));
  if (ending == ".zip" || ending == ".gz" || ending == ".tgz" || ending == ".tar" || ending == ".7z" ||
      ending == ".rar" || ending == ".xz" || ending == ".bz2")
    throw FileError(fmt::format("'{}' is an archive, not a folder; unpack it first", path.string()));
  throw FileError(fmt::format("'{}' is a file, not a folder", path.string()));
}

[[noreturn]] void refuse_empty_class(const fs::path& folder) {
  throw FormatError(
      fmt::format("class folder '{}' contains no pictures; remove it if it is no class", folder.string()));
}

/// "no test pictures of ant, bee": classes that are in one split only.
void note_missing(const PictureList& list, const std::string& kind, Listing& listing) {
  if (list.size() == 0) return;
  const std::set<std::int64_t> present(list.labels.begin(), list.labels.end());
  std::vector<std::string> missing;
  for (std::size_t k = 0; k < listing.classes.size(); ++k)
    if (!present.contains(static_cast<std::int64_t>(k))) missing.push_back(excerpt(listing.classes[k], 30));
  if (!missing.empty())
    listing.notes.push_back(
        fmt::format("'{}' has no {} pictures of {}", listing.name, kind, fmt::join(missing, ", ")));
}

void add_all(const ClassPictures& pictures, PictureList& list) {
  for (std::size_t k = 0; k < pictures.size(); ++k)
    for (const fs::path& file : pictures[k]) list.add(file, static_cast<std::int64_t>(k));
}

/// folder/train/CLASS/... and folder/test/CLASS/...: the classes are those of the training split, so that all
/// splits number them alike.
void list_divided(const SplitFolders& folders, FolderRules rules, Walk& walk, Listing& listing) {
  const fs::path& first = folders.train.empty() ? folders.test : folders.train;
  // Entries are counted below.
  const std::vector<fs::path> classes = Walk(rules).folders_in(class_root(first));
  listing.classes = names_of(classes);
  if (classes.empty()) refuse_no_classes(first);
  const auto pictures_in_split = [&](const fs::path& folder) {
    return pictures_of_split(folder, first, walk, listing);
  };
  const ClassPictures train = pictures_in_split(folders.train), test = pictures_in_split(folders.test),
                      further = pictures_in_split(folders.further);
  for (std::size_t k = 0; k < classes.size(); ++k)
    if (train[k].empty() && test[k].empty() && further[k].empty()) refuse_empty_class(classes[k]);
  if (folders.test.empty()) {
    divide(train, true, listing);
    return;
  }
  add_all(train, listing.train);
  add_all(test, listing.test);
  add_all(further, listing.further);
}

void list_undivided(const std::vector<fs::path>& folders, FolderRules rules, Walk& walk, Listing& listing) {
  listing.classes = names_of(folders);
  ClassPictures pictures;
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    if (rules == FolderRules::every_picture && role_of(name))
      listing.notes.push_back(fmt::format("'{}' is taken as a class", name));
    pictures.push_back(walk.pictures_below(folder));
    if (pictures.back().empty()) refuse_empty_class(folder);
  }
  divide(pictures, rules == FolderRules::every_picture, listing);
}

/// As long as a folder has nothing but one folder, whose pictures are all in folders of their own: that one.
/// Archives unpack so.
fs::path without_wrapping(const fs::path& root, std::vector<std::string>& notes) {
  constexpr int kDeepest = 8;
  fs::path folder = root;
  for (int depth = 0; depth < kDeepest; ++depth) {
    Walk aside(FolderRules::every_picture);
    const std::vector<fs::path> folders = aside.folders_in(folder);
    if (folders.size() != 1 || role_of(folders[0].filename().string())) return folder;
    if (aside.has_pictures_in(folders[0]) || aside.folders_in(folders[0]).empty()) return folder;
    folder = folders[0];
    notes.push_back(fmt::format("'{}' is the only folder there; the set is read from it",
                                folder.lexically_relative(root).string()));
  }
  refuse_no_classes(root);
}

/// Torchvision's order, in which 10 comes before 2. A model without class names may have another.
void note_numbers_as_text(Listing& listing) {
  const auto is_number = [](const std::string& name) {
    return name.size() < 10 &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const auto is_smaller = [](const std::string& a, const std::string& b) {
    return a.size() < 10 && b.size() < 10 && std::stol(a) < std::stol(b);
  };
  const std::vector<std::string>& names = listing.classes;
  if (std::all_of(names.begin(), names.end(), is_number) &&
      !std::is_sorted(names.begin(), names.end(), is_smaller))
    listing.notes.push_back(
        fmt::format("the classes are numbers in the order of text: {}", fmt::join(names, ", ")));
}

}  // namespace

Listing list_folder(const fs::path& folder, FolderRules rules) {
  if (!is_folder(folder)) refuse_no_folder(folder);
  Listing listing;
  listing.name = "folder:" + folder.string();
  listing.root = folder;
  const fs::path top = rules == FolderRules::before ? folder : without_wrapping(folder, listing.notes);
  Walk walk(rules, top);
  const std::vector<fs::path> folders = walk.folders_in(top);
  if (folders.empty()) refuse_no_classes(top);
  if (const auto splits = find_splits(folders, rules, listing.notes))
    list_divided(*splits, rules, walk, listing);
  else
    list_undivided(folders, rules, walk, listing);
  listing.passed_over = walk.passed_over();
  listing.examples = walk.examples();
  note_alike_classes(listing);
  note_numbers_as_text(listing);
  note_missing(listing.train, "training", listing);
  note_missing(listing.test, "test", listing);
  return listing;
}

ImageSet read_folder(const fs::path& folder, Split split, Extent size, const PictureReader& read) {
  return read_pictures(list_folder(folder), split, {.size = size, .read = read});
}

std::vector<fs::path> pictures_in(const fs::path& folder) {
  Walk walk(FolderRules::every_picture);
  std::vector<fs::path> found;
  std::size_t folders = 0;
  for (const fs::directory_entry& entry : entries(folder)) {
    if (is_system_name(name_of(entry))) continue;
    if (walk.is_picture(entry)) found.push_back(entry.path());
    if (is_folder(entry)) ++folders;
  }
  if (!found.empty()) {
    if (folders > 0)
      note(fmt::format("the {} in folder '{}' {} not read", folders == 1 ? "sub-folder" : "sub-folders",
                       folder.string(), folders == 1 ? "is" : "are"));
    return found;
  }
  found = walk.pictures_below(folder);
  if (found.empty()) throw FileError(fmt::format("no pictures in folder '{}'", folder.string()));
  note(fmt::format("folder '{}' has pictures only in its sub-folders; these are read", folder.string()));
  return found;
}

}  // namespace fathom::data
