#include "fathom/data/layout/named_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "fathom/core/text.hpp"
#include "fathom/data/layout/walk.hpp"
#include "fathom/data/picture_content.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

/// So many of the names that are not found decide about the folder, among at most so many folders.
constexpr std::size_t kMostTried = 50, kMostFolders = 100;
constexpr std::array<const char*, 12> kEndings{"",     ".jpg",  ".png", ".jpeg", ".JPG", ".JPEG",
                                               ".PNG", ".webp", ".bmp", ".gif",  ".tif", ".tiff"};

bool is_file_there(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// The file itself, or with one of the endings; nothing if there is none.
std::optional<fs::path> with_ending(const fs::path& path) {
  if (is_file_there(path)) return path;
  if (has_picture_ending(path)) return std::nullopt;
  for (const char* ending : kEndings) {
    fs::path file = path;
    file += ending;
    if (is_file_there(file)) return file;
  }
  return std::nullopt;
}

/// In this order: the folder itself, the one above it, its sub-folders.
std::vector<fs::path> places_from(const fs::path& folder) {
  std::vector<fs::path> places{"", ".."};
  for (const fs::path& below : sub_folders(folder.empty() ? fs::path(".") : folder))
    if (places.size() < kMostFolders) places.push_back(below.filename());
  return places;
}

/// The place that has most of the first names; the folder itself if none has more than another.
fs::path best_place(const std::vector<std::string>& names, const fs::path& folder) {
  const std::size_t tried = std::min(names.size(), kMostTried);
  fs::path best;
  std::ptrdiff_t most = 0;
  for (const fs::path& place : places_from(folder)) {
    const auto count = std::count_if(
        names.begin(), names.begin() + static_cast<std::ptrdiff_t>(tried),
        [&](const std::string& name) { return with_ending(folder / place / name).has_value(); });
    if (count == most && most > 0) best.clear();
    if (count > most) {
      best = place;
      most = count;
    }
  }
  return best;
}

std::string with_slashes(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  return name;
}

}  // namespace

std::vector<fs::path> named_files(const std::vector<std::string>& names, const fs::path& folder,
                                  std::vector<std::string>& notes) {
  std::vector<fs::path> files;
  std::vector<std::string> missing;
  std::vector<std::size_t> places_of_missing;
  for (const std::string& name : names) {
    files.push_back(folder / name);
    if (is_file_there(files.back())) continue;
    missing.push_back(with_slashes(name));
    places_of_missing.push_back(files.size() - 1);
  }
  if (missing.empty()) return files;
  const fs::path place = best_place(missing, folder);
  std::size_t found = 0, slashes = 0, endings = 0;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    const fs::path sought = folder / place / missing[i];
    const auto file = with_ending(sought);
    if (!file) continue;
    const std::size_t at = places_of_missing[i];
    files[at] = *file;
    ++found;
    slashes += missing[i] == names[at] ? 0 : 1;
    endings += *file == sought ? 0 : 1;
  }
  if (found > 0 && !place.empty())
    notes.push_back(fmt::format("pictures that are not where the list says are taken from '{}': {}",
                                (folder / place).lexically_normal().string(), grouped(found)));
  if (slashes > 0)
    notes.push_back(fmt::format("names with back-slashes, which are taken as slashes: {}", grouped(slashes)));
  if (endings > 0)
    notes.push_back(fmt::format("names without an ending whose files have one: {}", grouped(endings)));
  return files;
}

}  // namespace fathom::data
