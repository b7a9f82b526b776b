#include "predict/picture_list.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/sets.hpp"
#include "fathom/checkpoint/file_kind.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

namespace fs = std::filesystem;

/// What systems leave in folders.
bool is_litter(const std::string& name) {
  return name.starts_with('.') || name == "__MACOSX" || lower_case(name) == "thumbs.db" ||
         lower_case(name) == "desktop.ini";
}

/// By its ending, or by its first bytes if the ending says nothing.
bool is_picture_file(const fs::path& path) {
  static const std::set<std::string> endings = {".png",  ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif",
                                                ".webp", ".ppm", ".pgm",  ".pbm", ".pam",  ".tif", ".tiff"};
  if (endings.contains(lower_extension(path))) return true;
  std::array<char, 16> start{};
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), start.size());
  return checkpoint::kind_of({start.data(), static_cast<std::size_t>(file.gcount())}) ==
         checkpoint::FileKind::picture;
}

/// The pictures in a folder and below it; adds to `passed_over`.
std::vector<fs::path> pictures_below(const fs::path& folder, std::int64_t& passed_over) {
  std::vector<fs::path> found;
  std::error_code failed;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, failed);
  for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    std::error_code ignored;
    const bool is_folder = entry->is_directory(ignored);
    if (is_litter(entry->path().filename().string())) {
      if (is_folder) entry.disable_recursion_pending();
    } else if (!is_folder && entry->is_regular_file(ignored)) {
      if (is_picture_file(entry->path()))
        found.push_back(entry->path());
      else
        ++passed_over;
    }
  }
  if (failed) throw FileError(fmt::format("cannot read folder '{}': {}", folder.string(), failed.message()));
  if (found.empty()) throw FileError(fmt::format("no pictures in folder '{}'", folder.string()));
  std::sort(found.begin(), found.end());
  return found;
}

PictureTask file_task(const fs::path& file) {
  return {file.string(), [file] { return image::read_picture(file); }, {}};
}

/// The pictures `first` to `last` of a split; nothing for `last`: all. Those of folders stay on the disk.
std::vector<PictureTask> set_tasks(const std::string& name, data::Split split, std::int64_t first,
                                   std::optional<std::int64_t> last, const Common& common) {
  const auto name_of = [&](std::int64_t i) { return fmt::format("{}:{}:{}", name, to_string(split), i); };
  const data::Catalog sets = catalog(common);
  std::vector<PictureTask> tasks;
  if (!data::find_public_set(name)) {
    const std::vector<fs::path> files = data::set_files(name, split, sets);
    const std::int64_t end = last.value_or(std::ssize(files) - 1);
    data::require_index(name, split, end, std::ssize(files));
    for (std::int64_t i = first; i <= end; ++i) {
      const fs::path& file = files[static_cast<std::size_t>(i)];
      tasks.push_back({file.string(), [file] { return image::read_picture(file); }, {}});
    }
    return tasks;
  }
  const auto set = std::make_shared<const data::ImageSet>(data::load(name, split, sets));
  const std::int64_t end = last.value_or(set->size() - 1);
  data::require_index(name, split, end, set->size());
  for (std::int64_t i = first; i <= end; ++i)
    tasks.push_back({name_of(i), [set, i] { return set->images[i]; },
                     set->classes[static_cast<std::size_t>(set->labels[i].item<std::int64_t>())]});
  return tasks;
}

}  // namespace

PictureList listed_pictures(const Arguments& arguments, const std::string& list, const Common& common) {
  PictureList pictures;
  for (const std::string& name : names_in("image", list)) {
    std::vector<PictureTask> named;
    std::error_code ignored;
    if (const auto slice = data::parse_picture_slice(name)) {
      reads_set(arguments, "image", slice->set, common);
      named = set_tasks(slice->set, slice->split, slice->first, slice->last, common);
    } else if (!fs::exists(name, ignored)) {
      throw FileError(fmt::format("cannot read picture '{}': no such file or folder", name));
    } else {
      arguments.paths().reads("image", name);
      if (fs::is_directory(name, ignored)) {
        for (const fs::path& file : pictures_below(name, pictures.passed_over))
          named.push_back(file_task(file));
      } else {
        named.push_back(file_task(name));
      }
    }
    std::move(named.begin(), named.end(), std::back_inserter(pictures.tasks));
  }
  return pictures;
}

PictureList pictures_of_set(const Arguments& arguments, const std::string& set, data::Split split,
                            const Common& common) {
  reads_set(arguments, "data", set, common);
  return {set_tasks(set, split, 0, {}, common), 0};
}

}  // namespace fathom::cli
