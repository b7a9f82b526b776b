#include "evaluate/picture_names.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

namespace fathom::cli {
namespace {

namespace fs = std::filesystem;

/// From the folder of the set, with all folders in between, so that no two pictures share a name.
std::string path_within(const fs::path& root, const fs::path& file) {
  const fs::path relative = file.lexically_relative(root);
  return relative.empty() || *relative.begin() == ".." ? file.string() : relative.string();
}

/// The pictures of a list that were read; an index counts all of the list, as SET:SPLIT:N does.
void add_read(const data::Listing& listing, const data::PictureList& list, const ReadFiles& files,
              std::vector<PictureNames>& names) {
  for (std::int64_t i = 0; i < list.size(); ++i) {
    const fs::path& file = list.files[static_cast<std::size_t>(i)];
    if (files.contains(file)) names.push_back({path_within(listing.root, file), file.string(), i});
  }
}

PictureNames of_public_set(const std::string& set, const std::string& split, std::int64_t index) {
  const std::string name = fmt::format("{}:{}:{}", set, split, index);
  return {name, name, index};
}

}  // namespace

data::PictureReader ReadFiles::recorded(data::PictureReader read) {
  return [this, read = std::move(read)](const fs::path& file, Extent size) {
    torch::Tensor picture = read(file, size);
    const std::scoped_lock lock(mutex_);
    files_.insert(file);
    return picture;
  };
}

PictureNamer picture_namer(const EvaluatedPictures& pictures, const ReadFiles& files,
                           const data::Catalog& catalog) {
  const auto place = [drawn = pictures.drawn](std::int64_t index) {
    return drawn.defined() ? drawn[index].item<std::int64_t>() : index;
  };
  if (data::is_picture_set(pictures.set)) {
    const data::Listing listing = data::list_set(pictures.set, catalog.folder_rules);
    std::vector<PictureNames> names;
    if (pictures.split != "test") add_read(listing, listing.train, files, names);
    if (pictures.split != "train") add_read(listing, listing.test, files, names);
    if (pictures.split == "all") add_read(listing, listing.further, files, names);
    return [=](std::int64_t index) { return names.at(static_cast<std::size_t>(place(index))); };
  }
  if (pictures.split != "all")
    return [=](std::int64_t index) { return of_public_set(pictures.set, pictures.split, place(index)); };
  const std::int64_t training = data::load(pictures.set, data::Split::train, catalog).size();
  return [=](std::int64_t index) {
    const std::int64_t at = place(index);
    return at < training ? of_public_set(pictures.set, "train", at)
                         : of_public_set(pictures.set, "test", at - training);
  };
}

}  // namespace fathom::cli
