#include "fathom/data/layout/splits.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/class_match.hpp"
#include "fathom/data/layout/walk.hpp"
#include "fathom/io/file.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;
using Folders = std::vector<fs::path>;

std::string last_name(const fs::path& folder) { return folder.filename().string(); }

/// Folders in which pictures lie without classes.
bool is_container_name(const std::string& name) {
  static const std::set<std::string> kNames{"images", "image",      "imgs",      "img",    "pictures",
                                            "pics",   "photos",     "files",     "data",   "jpg",
                                            "jpeg",   "jpegs",      "png",       "all",    "unknown",
                                            "none",   "unlabelled", "unlabeled", "labels", "annotations"};
  return kNames.contains(lower_case(name));
}

std::set<std::string> comparable_names(const Folders& folders) {
  std::set<std::string> names;
  for (const fs::path& folder : folders) names.insert(comparable_name(last_name(folder)));
  return names;
}

/// "test/" and "test/images/" have none: pictures without classes, as competitions have them.
bool has_classes(const fs::path& split, const std::set<std::string>& training) {
  if (split.empty()) return true;
  const Folders inside = sub_folders(class_root(split));
  const bool has_folders = std::any_of(inside.begin(), inside.end(), [&](const fs::path& folder) {
    return !is_container_name(last_name(folder)) || training.contains(comparable_name(last_name(folder)));
  });
  if (has_folders) return true;
  const std::map<std::string, std::string> annotated = annotated_classes(split);
  return std::any_of(annotated.begin(), annotated.end(),
                     [&](const auto& picture) { return training.contains(comparable_name(picture.second)); });
}

/// Whether the folder of a split has folders of classes in it. Otherwise "train" may be a class.
bool has_folders(const fs::path& folder) { return folder.empty() || !sub_folders(folder).empty(); }

/// Names that are exactly "train", "test" or "val" come before others of the same role.
fs::path folder_for(SplitRole role, const Folders& folders, const std::string& usual) {
  fs::path found;
  for (const fs::path& folder : folders)
    if (role_of(last_name(folder)) == role && (found.empty() || folder.filename() == usual)) found = folder;
  return found;
}

/// A name that both have among their folders; "" if there is none.
std::string shared_class(const fs::path& a, const fs::path& b) {
  const std::set<std::string> names = comparable_names(sub_folders(class_root(a)));
  for (const fs::path& folder : sub_folders(class_root(b)))
    if (names.contains(comparable_name(last_name(folder)))) return last_name(folder);
  return {};
}

/// The folder of a split must not become a class because the one beside it has an unknown name.
void refuse_unknown_splits(const Folders& folders) {
  const Walk walk(FolderRules::every_picture);
  for (const fs::path& split : folders) {
    if (!role_of(last_name(split)) || walk.has_pictures_in(split)) continue;
    for (const fs::path& other : folders) {
      if (role_of(last_name(other)) || walk.has_pictures_in(other)) continue;
      if (const std::string name = shared_class(split, other); !name.empty())
        throw FormatError(
            fmt::format("'{}' and '{}' both have a folder '{}', so they are splits, not classes, but '{}' is "
                        "not the name of a split; rename it to train, test or val",
                        last_name(split), last_name(other), name, last_name(other)));
    }
  }
}

/// "fold1" and "fold2".
void note_alike(const Folders& folders, std::vector<std::string>& notes) {
  const Walk walk(FolderRules::every_picture);
  if (folders.size() < 2 || std::any_of(folders.begin(), folders.end(),
                                        [&](const fs::path& folder) { return walk.has_pictures_in(folder); }))
    return;
  if (const std::string name = shared_class(folders[0], folders[1]); !name.empty())
    notes.push_back(fmt::format(
        "'{}' and '{}' both have a folder '{}', but are taken as classes; splits are called train, "
        "test and val",
        last_name(folders[0]), last_name(folders[1]), name));
}

bool has_pictures(const fs::path& folder) {
  return !Walk(FolderRules::every_picture).pictures_below(folder).empty();
}

std::string split_phrase(SplitRole role) {
  return role == SplitRole::train  ? "the training split"
         : role == SplitRole::test ? "the test split"
                                   : "the validation split";
}

void note_use(const Folders& folders, const Folders& unlabelled, const SplitFolders& found,
              const fs::path& validation, std::vector<std::string>& notes) {
  if (!found.test.empty() && found.test == validation)
    notes.push_back(fmt::format("the test pictures are those in '{}'", last_name(found.test)));
  if (!found.further.empty())
    notes.push_back(
        fmt::format("'{}' is a further split, beside training and test", last_name(found.further)));
  for (const fs::path& folder : folders) {
    if (folder == found.train || folder == found.test || folder == found.further) continue;
    const auto role = role_of(last_name(folder));
    std::string reason = "it is neither train, test nor validation";
    if (std::find(unlabelled.begin(), unlabelled.end(), folder) != unlabelled.end())
      reason = "it has no folders of classes";
    else if (role)
      reason = fmt::format("{} is '{}'", split_phrase(*role),
                           last_name(*role == SplitRole::train  ? found.train
                                     : *role == SplitRole::test ? found.test
                                                                : validation));
    notes.push_back(fmt::format("'{}' is not read; {}", last_name(folder), reason));
  }
}

std::optional<SplitRole> role_of_word(const std::string& word) {
  static const std::map<std::string, SplitRole> kWords{{"train", SplitRole::train},
                                                       {"training", SplitRole::train},
                                                       {"trn", SplitRole::train},
                                                       {"test", SplitRole::test},
                                                       {"testing", SplitRole::test},
                                                       {"tst", SplitRole::test},
                                                       {"eval", SplitRole::test},
                                                       {"evaluation", SplitRole::test},
                                                       {"heldout", SplitRole::test},
                                                       {"holdout", SplitRole::test},
                                                       {"val", SplitRole::validation},
                                                       {"valid", SplitRole::validation},
                                                       {"validation", SplitRole::validation},
                                                       {"dev", SplitRole::validation},
                                                       {"devel", SplitRole::validation},
                                                       {"development", SplitRole::validation}};
  const auto found = kWords.find(word);
  return found == kWords.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::optional<SplitRole> role_of(const std::string& name) {
  static const std::set<std::string> kFillers{"set", "data",     "dataset", "split",  "images", "imgs",
                                              "img", "pictures", "pics",    "photos", "folder", "seg"};
  std::string rest;  // "held" and "out" together
  for (const std::string& word : split(comparable_name(name), ' '))
    if (!kFillers.contains(word)) rest += word;
  if (const auto role = role_of_word(rest)) return role;
  for (const char* ending : {"set", "data"})
    if (rest.ends_with(ending))
      if (const auto role = role_of_word(rest.substr(0, rest.size() - std::string_view(ending).size())))
        return role;
  return std::nullopt;
}

fs::path class_root(const fs::path& split) {
  constexpr int kDeepest = 4;
  const Walk walk(FolderRules::every_picture);
  fs::path folder = split;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const Folders inside = sub_folders(folder);
    if (inside.size() != 1) break;
    const std::string name = last_name(inside[0]);
    const bool is_wrapping =
        is_container_name(name) || (role_of(name) && role_of(name) == role_of(last_name(split)));
    if (!is_wrapping || walk.has_pictures_in(folder) || walk.has_pictures_in(inside[0]) ||
        sub_folders(inside[0]).empty())
      break;
    folder = inside[0];
  }
  return folder;
}

std::map<std::string, std::string> annotated_classes(const fs::path& folder) {
  constexpr std::uintmax_t kLongestFile = 1 << 26;
  for (const fs::directory_entry& entry : entries(folder)) {
    std::error_code failed;
    if (!lower_case(name_of(entry)).ends_with("annotations.txt") || !entry.is_regular_file(failed) ||
        entry.file_size(failed) > kLongestFile || failed)
      continue;
    std::map<std::string, std::string> classes;
    for (const std::string& line : split(io::read_file(entry.path()), '\n')) {
      const std::vector<std::string> fields = split(line, '\t');
      if (fields.size() >= 2) classes[fields[0]] = fields[1].substr(0, fields[1].find('\r'));
    }
    return classes;
  }
  return {};
}

std::optional<SplitFolders> find_splits(const Folders& folders, FolderRules rules,
                                        std::vector<std::string>& notes) {
  SplitFolders found{
      folder_for(SplitRole::train, folders, "train"), folder_for(SplitRole::test, folders, "test"), {}};
  const bool is_plain = found.train.filename() == "train" && found.test.filename() == "test";
  if (rules == FolderRules::before) return is_plain ? std::optional(found) : std::nullopt;

  Folders labelled = folders, unlabelled;
  if (!found.train.empty() && has_folders(found.train)) {
    const std::set<std::string> training = comparable_names(sub_folders(class_root(found.train)));
    const auto end = std::stable_partition(labelled.begin(), labelled.end(), [&](const fs::path& folder) {
      const auto role = role_of(last_name(folder));
      return !role || role == SplitRole::train || has_classes(folder, training);
    });
    unlabelled.assign(end, labelled.end());
    labelled.erase(end, labelled.end());
  }
  found.test = folder_for(SplitRole::test, labelled, "test");
  const fs::path validation = folder_for(SplitRole::validation, labelled, "val");
  (found.test.empty() ? found.test : found.further) = validation;
  const bool has_both = !found.train.empty() && !found.test.empty();
  const bool is_without_training =
      found.train.empty() && !found.further.empty() && !shared_class(found.test, found.further).empty();
  const bool is_alone = (!found.train.empty() || !found.test.empty()) && found.further.empty() && !has_both &&
                        std::none_of(folders.begin(), folders.end(), [](const fs::path& folder) {
                          return !role_of(last_name(folder)) && has_pictures(folder);
                        });
  const bool is_divided = has_both || is_without_training || is_alone || !unlabelled.empty();
  if (!is_divided || (!is_plain && (!has_folders(found.train) || !has_folders(found.test)))) {
    refuse_unknown_splits(folders);
    note_alike(folders, notes);
    return std::nullopt;
  }
  note_use(folders, unlabelled, found, validation, notes);
  return found;
}

}  // namespace fathom::data
