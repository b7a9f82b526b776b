#include "predict/picture_list.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/scene.hpp"
#include "cli/sets.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/data/catalog.hpp"
#include "fathom/data/picture_content.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

namespace fs = std::filesystem;

/// The pictures in a folder and below it; adds to `passed_over`.
std::vector<fs::path> pictures_below(const fs::path& folder, std::int64_t& passed_over) {
  std::vector<fs::path> found;
  std::error_code failed;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, failed);
  for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    std::error_code ignored;
    const bool is_folder = entry->is_directory(ignored);
    if (data::is_system_name(entry->path().filename().string())) {
      if (is_folder) entry.disable_recursion_pending();
    } else if (!is_folder && entry->is_regular_file(ignored)) {
      if (data::is_picture_file(*entry))
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

/// A picture file for a model with so many channels.
PictureTask file_task(const fs::path& file, std::int64_t channels,
                      std::optional<std::string> true_class = {}) {
  return {file.string(), [=] { return read_file_for(file, channels); }, std::move(true_class)};
}

void add_listed(const data::Listing& listing, const data::PictureList& list, std::int64_t channels,
                std::vector<PictureTask>& tasks) {
  for (std::size_t i = 0; i < list.files.size(); ++i)
    tasks.push_back(
        file_task(list.files[i], channels, listing.classes[static_cast<std::size_t>(list.labels[i])]));
}

/// All pictures of these splits. Those of files stay on the disk.
std::vector<PictureTask> set_tasks(const std::string& name, const std::vector<data::Split>& splits,
                                   std::int64_t channels, const Common& common) {
  std::vector<PictureTask> tasks;
  if (data::is_picture_set(name)) {
    const data::Listing listing = data::list_set(name);
    for (const std::string& text : listing.notes) note(text);
    note(data::counts_text(listing));
    for (const data::Split split : splits) {
      if (splits.size() == 1) data::require_pictures(listing, split);
      add_listed(listing, listing.of(split), channels, tasks);
    }
    if (splits.size() > 1) add_listed(listing, listing.further, channels, tasks);
    if (tasks.empty()) data::require_pictures(listing, splits.back());
    return tasks;
  }
  for (const data::Split split : splits) {
    const auto set = std::make_shared<const data::ImageSet>(data::load(name, split, catalog(common)));
    for (std::int64_t i = 0; i < set->size(); ++i)
      tasks.push_back({fmt::format("{}:{}:{}", name, to_string(split), i),
                       [set, i] { return set->images[i]; },
                       set->classes[static_cast<std::size_t>(set->labels[i].item<std::int64_t>())]});
  }
  return tasks;
}

/// The pictures of a slice, in its order.
std::vector<PictureTask> slice_tasks(const data::PictureSlice& slice, std::int64_t channels,
                                     const Common& common) {
  std::vector<PictureTask> all = set_tasks(slice.set, {slice.split}, channels, common);
  data::require_index(slice.set, slice.split, slice.last, std::ssize(all));
  return {all.begin() + slice.first, all.begin() + slice.last + 1};
}

}  // namespace

PictureList listed_pictures(const Arguments& arguments, std::int64_t channels, const Common& common) {
  PictureList pictures;
  for (const std::string& name : picture_names(arguments, "image")) {
    std::vector<PictureTask> named;
    std::error_code ignored;
    if (name == "-") {
      const torch::Tensor picture = image::decode_picture(read_standard_input(), "standard input");
      named.push_back({name, [picture] { return picture; }, {}});
    } else if (const auto slice = data::parse_picture_slice(name)) {
      reads_set(arguments, "image", slice->set, common);
      named = slice_tasks(*slice, channels, common);
    } else if (!fs::exists(name, ignored)) {
      throw FileError(fmt::format("cannot read picture '{}': no such file or folder", name));
    } else {
      arguments.paths().reads("image", name);
      if (fs::is_directory(name, ignored)) {
        for (const fs::path& file : pictures_below(name, pictures.passed_over))
          named.push_back(file_task(file, channels));
      } else {
        named.push_back(file_task(name, channels));
      }
    }
    std::move(named.begin(), named.end(), std::back_inserter(pictures.tasks));
  }
  return pictures;
}

PictureList pictures_of_set(const Arguments& arguments, const std::string& set,
                            const std::vector<data::Split>& splits, std::int64_t channels,
                            const Common& common) {
  reads_set(arguments, "data", set, common);
  return {set_tasks(set, splits, channels, common), 0};
}

}  // namespace fathom::cli
