#include "cli/sets.hpp"

#include <filesystem>
#include <string_view>

#include "fathom/data/public_sets.hpp"
#include "fathom/image/fit.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

constexpr std::string_view kFolderPrefix = "folder:";

}  // namespace

data::Catalog catalog(const Common& common, Extent folder_size) {
  return {data::search_directories(common.data_dir), image::read_picture_as, folder_size};
}

OpenedPicture open_picture(const Arguments& arguments, const std::string& flag, const std::string& name,
                           const Common& common, std::int64_t channels) {
  if (const auto in_set = data::parse_picture_name(name)) {
    reads_set(arguments, flag, in_set->set, common);
    const data::NamedPicture picture = data::load_picture(*in_set, catalog(common));
    return {picture.image, picture.label_name};
  }
  arguments.paths().reads(flag, name);
  return {read_file_for(name, channels), {}};
}

torch::Tensor read_file_for(const std::filesystem::path& file, std::int64_t channels) {
  return channels == 1 || channels == 3 ? image::read_picture(file) : image::read_bands(file, channels);
}

bool is_folder_set(const std::string& set) { return set.starts_with(kFolderPrefix); }

void reads_set(const Arguments& arguments, const std::string& flag, const std::string& set,
               const Common& common) {
  if (is_folder_set(set)) {
    arguments.paths().reads(flag, set.substr(kFolderPrefix.size()));
    return;
  }
  const data::PublicSet* const known = data::find_public_set(set);
  if (!known) return;  // data::load says so
  for (const std::filesystem::path& directory : data::search_directories(common.data_dir))
    for (const auto& files : {known->training, known->test})
      for (const data::SetFile& file : files)
        for (const char* packed : {"", ".gz"})
          arguments.paths().reads(flag, directory / known->folder / (file.name + packed));
}

}  // namespace fathom::cli
