#include "fathom/data/folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/picture_content.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

/// So many of the files that are passed over are named.
constexpr std::size_t kMostExamples = 3;

/// What is in a folder, sorted by name.
std::vector<fs::directory_entry> entries(const fs::path& folder) {
  std::vector<fs::directory_entry> found;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) found.push_back(entry);
  } catch (const fs::filesystem_error& error) {
    throw FileError(fmt::format("cannot read folder '{}': {}", folder.string(), error.code().message()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored);
}

std::string name_of(const fs::directory_entry& entry) { return entry.path().filename().string(); }

enum class Role { train, test, validation };

std::optional<Role> role_of(const std::string& name) {
  const std::string word = lower_case(name);
  if (word == "train" || word == "training") return Role::train;
  if (word == "test" || word == "testing") return Role::test;
  if (word == "val" || word == "valid" || word == "validation") return Role::validation;
  return std::nullopt;
}

/// Without links; the path itself where it cannot be followed.
fs::path real_path(const fs::path& path) {
  std::error_code failed;
  const fs::path real = fs::canonical(path, failed);
  return failed ? path : real;
}

/// Whether `path` is `folder` or lies in it; both without links.
bool is_within(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

/// The rules, and what has been passed over under them.
class Walk {
 public:
  explicit Walk(FolderRules rules) : rules_(rules) {}

  bool is_picture(const fs::directory_entry& entry) const {
    if (rules_ == FolderRules::every_picture) return is_picture_file(entry);
    static constexpr std::array<const char*, 9> kEndings{".png", ".jpg", ".jpeg", ".bmp", ".webp",
                                                         ".ppm", ".pgm", ".tif",  ".tiff"};
    std::error_code ignored;
    return std::find(kEndings.begin(), kEndings.end(), lower_extension(entry.path())) != kEndings.end() &&
           entry.is_regular_file(ignored);
  }

  bool is_left_by_system(const std::string& name) const {
    return rules_ == FolderRules::every_picture ? is_system_name(name) : name.front() == '.';
  }

  /// The sub-folders that can be classes or splits, sorted. All else is passed over.
  std::vector<fs::path> folders_in(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : entries(folder)) {
      if (!is_left_by_system(name_of(entry)) && is_folder(entry))
        found.push_back(entry.path());
      else
        pass_over(name_of(entry));
    }
    return found;
  }

  /// The pictures in a class folder and below it.
  std::vector<fs::path> pictures_below(const fs::path& folder) {
    std::vector<fs::path> found;
    seen_.clear();
    class_folder_ = real_path(folder);
    add_pictures(folder, found);
    return found;
  }

  std::int64_t passed_over() const { return passed_over_; }
  const std::vector<std::string>& examples() const { return examples_; }

 private:
  void pass_over(const std::string& name) {
    ++passed_over_;
    const bool is_new = std::find(examples_.begin(), examples_.end(), name) == examples_.end();
    if (is_new && examples_.size() < kMostExamples) examples_.push_back(excerpt(name, 30));
  }

  /// Whether a link below a class folder leads to where the set is read anyway: to a folder that the class
  /// lies in, to another class, or into one.
  bool leads_back(const fs::path& folder) const {
    std::error_code ignored;
    if (!fs::is_symlink(folder, ignored)) return false;
    const fs::path target = real_path(folder);
    fs::path set = class_folder_.parent_path();
    if (role_of(set.filename().string())) set = set.parent_path();
    return is_within(class_folder_, target) || (is_within(target, set) && !is_within(target, class_folder_));
  }

  void add_pictures(const fs::path& folder, std::vector<fs::path>& found) {
    struct stat status = {};
    if (::stat(folder.c_str(), &status) == 0 && !seen_.insert({status.st_dev, status.st_ino}).second) {
      pass_over(folder.filename().string());  // a link to a folder that has been read
      return;
    }
    for (const fs::directory_entry& entry : entries(folder)) {
      if (is_left_by_system(name_of(entry)))
        pass_over(name_of(entry));
      else if (is_folder(entry) && rules_ == FolderRules::every_picture && !leads_back(entry.path()))
        add_pictures(entry.path(), found);
      else if (is_picture(entry))
        found.push_back(entry.path());
      else
        pass_over(name_of(entry));
    }
  }

  FolderRules rules_;
  fs::path class_folder_;                                   // without links
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;  // folders: device and number
  std::int64_t passed_over_ = 0;
  std::vector<std::string> examples_;
};

/// The folders of the splits; those that are missing are empty paths.
struct SplitFolders {
  fs::path train, test, further;
};

/// Names that are exactly "train", "test" or "val" come before others of the same role.
fs::path folder_for(Role role, const std::vector<fs::path>& folders, const std::string& usual) {
  fs::path found;
  for (const fs::path& folder : folders)
    if (role_of(folder.filename().string()) == role && (found.empty() || folder.filename() == usual))
      found = folder;
  return found;
}

/// Whether the folder of a split has folders of classes in it. Otherwise "train" may be a class.
bool has_folders(const fs::path& folder) {
  Walk aside(FolderRules::every_picture);
  return folder.empty() || !aside.folders_in(folder).empty();
}

/// Nothing if the folder has no splits of its own.
std::optional<SplitFolders> find_splits(const std::vector<fs::path>& folders, FolderRules rules,
                                        std::vector<std::string>& notes) {
  SplitFolders found{folder_for(Role::train, folders, "train"), folder_for(Role::test, folders, "test"), {}};
  fs::path validation = folder_for(Role::validation, folders, "val");
  const bool is_plain = found.train.filename() == "train" && found.test.filename() == "test";
  if (rules == FolderRules::before) return is_plain ? std::optional(found) : std::nullopt;

  std::vector<fs::path> unlabelled;  // pictures without classes, as competitions have them
  if (!found.train.empty() && has_folders(found.train))
    for (fs::path* part : {&found.test, &validation})
      if (!has_folders(*part)) unlabelled.push_back(std::exchange(*part, {}));
  (found.test.empty() ? found.test : found.further) = validation;
  const bool has_both = !found.train.empty() && !found.test.empty();
  const bool is_alone = folders.size() == 1 && (!found.train.empty() || !found.test.empty());
  if (!has_both && !is_alone && unlabelled.empty()) return std::nullopt;
  if (!is_plain && (!has_folders(found.train) || !has_folders(found.test))) return std::nullopt;

  const auto name = [](const fs::path& folder) { return folder.filename().string(); };
  if (!found.test.empty() && found.test == validation)
    notes.push_back(fmt::format("the test pictures are those in '{}'", name(found.test)));
  if (!found.further.empty())
    notes.push_back(fmt::format("'{}' is a further split, beside training and test", name(found.further)));
  for (const fs::path& folder : folders) {
    if (folder == found.train || folder == found.test || folder == found.further) continue;
    const bool is_unlabelled = std::find(unlabelled.begin(), unlabelled.end(), folder) != unlabelled.end();
    notes.push_back(
        fmt::format("'{}' is not read; it {}", name(folder),
                    is_unlabelled ? "has no folders of classes" : "is neither train, test nor validation"));
  }
  return found;
}

using ClassPictures = std::vector<std::vector<fs::path>>;

/// The pictures of each class in the folder of a split.
ClassPictures pictures_of_split(const fs::path& folder, const fs::path& training, Walk& walk,
                                const std::vector<std::string>& classes) {
  ClassPictures pictures(classes.size());
  if (folder.empty()) return pictures;
  for (const fs::path& of_class : walk.folders_in(folder)) {
    const auto found = std::find(classes.begin(), classes.end(), of_class.filename().string());
    std::vector<fs::path> files = walk.pictures_below(of_class);
    if (found != classes.end())
      pictures[static_cast<std::size_t>(found - classes.begin())] = std::move(files);
    else if (!files.empty())
      throw FormatError(fmt::format("class folder '{}' has no counterpart in '{}'{}", of_class.string(),
                                    training.string(), suggestion(of_class.filename().string(), classes)));
  }
  return pictures;
}

std::vector<std::string> names_of(const std::vector<fs::path>& folders) {
  std::vector<std::string> names;
  for (const fs::path& folder : folders) names.push_back(folder.filename().string());
  return names;
}

void refuse_empty_class(const fs::path& folder) {
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
  Walk aside(rules);  // these entries are counted below
  const std::vector<fs::path> classes = aside.folders_in(first);
  listing.classes = names_of(classes);
  if (classes.empty())
    throw FormatError(
        fmt::format("'{}' is not a data set: it needs a sub-folder of pictures per class", first.string()));
  const auto pictures_in_split = [&](const fs::path& folder) {
    return pictures_of_split(folder, first, walk, listing.classes);
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
    if (rules == FolderRules::every_picture && role_of(name) && has_folders(folder))
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
    const std::vector<fs::directory_entry> inside = entries(folders[0]);
    const bool has_pictures = std::any_of(inside.begin(), inside.end(), [&](const auto& entry) {
      return !aside.is_left_by_system(name_of(entry)) && aside.is_picture(entry);
    });
    if (has_pictures || aside.folders_in(folders[0]).empty()) return folder;
    folder = folders[0];
    notes.push_back(fmt::format("'{}' is the only folder there; the set is read from it",
                                folder.lexically_relative(root).string()));
  }
  throw FormatError(
      fmt::format("'{}' is not a data set: it needs a sub-folder of pictures per class", root.string()));
}

}  // namespace

Listing list_folder(const fs::path& folder, FolderRules rules) {
  if (!is_folder(folder))
    throw FileError(fmt::format("cannot read folder '{}': no such folder", folder.string()));
  Listing listing;
  listing.name = "folder:" + folder.string();
  listing.root = folder;
  const fs::path top = rules == FolderRules::before ? folder : without_wrapping(folder, listing.notes);
  Walk walk(rules);
  const std::vector<fs::path> folders = walk.folders_in(top);
  if (folders.empty())
    throw FormatError(
        fmt::format("'{}' is not a data set: it needs a sub-folder of pictures per class", top.string()));
  if (const auto splits = find_splits(folders, rules, listing.notes))
    list_divided(*splits, rules, walk, listing);
  else
    list_undivided(folders, rules, walk, listing);
  listing.passed_over = walk.passed_over();
  listing.examples = walk.examples();
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
