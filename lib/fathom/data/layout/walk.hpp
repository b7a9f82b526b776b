/// Walking through folders of pictures. Internal to data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fathom/data/folder.hpp"

namespace fathom::data {

/// What is in a folder, sorted by name. Throws FileError.
std::vector<std::filesystem::directory_entry> entries(const std::filesystem::path& folder);

bool is_folder(const std::filesystem::path& path);
bool is_folder(const std::filesystem::directory_entry& entry);
std::string name_of(const std::filesystem::directory_entry& entry);

/// The rules, and what has been passed over under them.
class Walk {
 public:
  /// `set`: the folder of the whole set, if it is not the one around the class or split that is read.
  explicit Walk(FolderRules rules, const std::filesystem::path& set = {});

  bool is_picture(const std::filesystem::directory_entry& entry) const;
  bool is_left_by_system(const std::string& name) const;

  /// The sub-folders that can be classes or splits, sorted. Files are passed over; what systems leave behind
  /// is not even counted.
  std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);
  /// The pictures in a class folder and below it.
  std::vector<std::filesystem::path> pictures_below(const std::filesystem::path& folder);
  /// Whether pictures are directly in a folder.
  bool has_pictures_in(const std::filesystem::path& folder) const;

  std::int64_t passed_over() const { return passed_over_; }
  const std::vector<std::string>& examples() const { return examples_; }

 private:
  void pass_over(const std::string& name);
  bool leads_back(const std::filesystem::path& folder) const;
  void add_pictures(const std::filesystem::path& folder, std::vector<std::filesystem::path>& found);

  FolderRules rules_;
  std::filesystem::path set_;                               // without links
  std::filesystem::path class_folder_;                      // without links
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;  // folders: device and number
  std::int64_t passed_over_ = 0;
  std::vector<std::string> examples_;
};

/// The sub-folders of a folder, and nothing is counted.
std::vector<std::filesystem::path> sub_folders(const std::filesystem::path& folder);

}  // namespace fathom::data
