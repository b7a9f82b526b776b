#include "cli/sets.hpp"

#include <array>
#include <cstdio>
#include <filesystem>

#include "fathom/data/public_sets.hpp"
#include "fathom/image/fit.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

constexpr std::size_t kLongestStandardInput = std::size_t{1} << 30;

/// Empty if the set cannot be listed; its reader says so.
std::vector<std::filesystem::path> csv_pictures(const std::string& set) try {
  const data::Listing listing = data::list_set(set);
  std::vector<std::filesystem::path> files;
  for (const data::PictureList* list : {&listing.train, &listing.test, &listing.further})
    files.insert(files.end(), list->files.begin(), list->files.end());
  return files;
} catch (const Error&) {
  return {};
}

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
  if (name == "-") return {image::decode_picture(read_standard_input(), "standard input"), {}};
  arguments.paths().reads(flag, name);
  return {read_file_for(name, channels), {}};
}

torch::Tensor read_file_for(const std::filesystem::path& file, std::int64_t channels) {
  return channels == 1 || channels == 3 ? image::read_picture(file) : image::read_bands(file, channels);
}

std::string read_standard_input() {
  std::string bytes;
  std::array<char, 1 << 16> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), stdin)) {
    bytes.append(block.data(), count);
    if (bytes.size() > kLongestStandardInput)
      throw FormatError("standard input is longer than 1 GB; no picture is");
  }
  if (bytes.empty()) throw FormatError("standard input is empty; '-' reads a picture from there");
  return bytes;
}

bool is_folder_set(const std::string& set) { return data::is_picture_set(set); }

void add_set_flags(Parser& parser) {
  parser.fixed_toggle(kData, "skip-damaged", "leave out picture files that cannot be read, and say which")
      .sets("leave them out");
}

bool skips_damaged(const Arguments& arguments, const std::string& set) {
  if (is_folder_set(set)) return arguments.on("skip-damaged");
  arguments.unused({"skip-damaged"}, "without --data folder:PATH or csv:FILE");
  return false;
}

void reads_set(const Arguments& arguments, const std::string& flag, const std::string& set,
               const Common& common) {
  if (is_folder_set(set)) {
    arguments.paths().reads(flag, set.substr(set.find(':') + 1));
    if (set.starts_with("csv:"))
      for (const std::filesystem::path& picture : csv_pictures(set)) arguments.paths().reads(flag, picture);
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
