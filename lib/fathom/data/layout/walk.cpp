#include "fathom/data/layout/walk.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/layout/splits.hpp"
#include "fathom/data/picture_content.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

/// So many of the files that are passed over are named.
constexpr std::size_t kMostExamples = 3;

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

}  // namespace

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

Walk::Walk(FolderRules rules, const fs::path& set)
    : rules_(rules), set_(set.empty() ? fs::path() : real_path(set)) {}

bool Walk::is_picture(const fs::directory_entry& entry) const {
  if (rules_ == FolderRules::every_picture) return is_picture_file(entry);
  static constexpr std::array<const char*, 9> kEndings{".png", ".jpg", ".jpeg", ".bmp", ".webp",
                                                       ".ppm", ".pgm", ".tif",  ".tiff"};
  std::error_code ignored;
  return std::find(kEndings.begin(), kEndings.end(), lower_extension(entry.path())) != kEndings.end() &&
         entry.is_regular_file(ignored);
}

bool Walk::is_left_by_system(const std::string& name) const {
  return rules_ == FolderRules::every_picture ? is_system_name(name) : name.front() == '.';
}

std::vector<fs::path> Walk::folders_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : entries(folder)) {
    if (is_left_by_system(name_of(entry))) continue;
    if (is_folder(entry))
      found.push_back(entry.path());
    else
      pass_over(name_of(entry));
  }
  return found;
}

std::vector<fs::path> Walk::pictures_below(const fs::path& folder) {
  std::vector<fs::path> found;
  seen_.clear();
  class_folder_ = real_path(folder);
  add_pictures(folder, found);
  return found;
}

bool Walk::has_pictures_in(const fs::path& folder) const {
  const std::vector<fs::directory_entry> inside = entries(folder);
  return std::any_of(inside.begin(), inside.end(), [this](const fs::directory_entry& entry) {
    return !is_left_by_system(name_of(entry)) && is_picture(entry);
  });
}

void Walk::pass_over(const std::string& name) {
  ++passed_over_;
  const bool is_new = std::find(examples_.begin(), examples_.end(), name) == examples_.end();
  if (is_new && examples_.size() < kMostExamples) examples_.push_back(excerpt(name, 30));
}

/// Whether a link below a class folder leads to where the set is read anyway: to a folder that the class
/// lies in, to another class, or into one.
bool Walk::leads_back(const fs::path& folder) const {
  std::error_code ignored;
  if (!fs::is_symlink(folder, ignored)) return false;
  const fs::path target = real_path(folder);
  fs::path set = set_.empty() ? class_folder_.parent_path() : set_;
  if (set_.empty() && role_of(set.filename().string())) set = set.parent_path();
  return is_within(class_folder_, target) || (is_within(target, set) && !is_within(target, class_folder_));
}

void Walk::add_pictures(const fs::path& folder, std::vector<fs::path>& found) {
  struct stat status = {};
  if (::stat(folder.c_str(), &status) == 0 && !seen_.insert({status.st_dev, status.st_ino}).second) {
    pass_over(folder.filename().string());  // a link to a folder that has been read
    return;
  }
  for (const fs::directory_entry& entry : entries(folder)) {
    if (is_left_by_system(name_of(entry))) continue;
    if (is_folder(entry) && rules_ == FolderRules::every_picture && !leads_back(entry.path()))
      add_pictures(entry.path(), found);
    else if (is_picture(entry))
      found.push_back(entry.path());
    else
      pass_over(name_of(entry));
  }
}

std::vector<fs::path> sub_folders(const fs::path& folder) {
  return Walk(FolderRules::every_picture).folders_in(folder);
}

}  // namespace fathom::data
