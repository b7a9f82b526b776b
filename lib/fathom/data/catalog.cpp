#include "fathom/data/catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <initializer_list>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/data/csv.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/io/file.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderPrefix = "folder:", kCsvPrefix = "csv:";

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::optional<fs::path> program_data() {
  const auto shipped = io::shipped_directory();
  return shipped ? std::optional<fs::path>(*shipped / "data") : std::nullopt;
}

std::optional<fs::path> from_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value && *value ? std::optional<fs::path>(value) : std::nullopt;
}

std::optional<fs::path> cache_directory() {
  const auto home = from_environment("HOME");
  return home ? std::optional<fs::path>(*home / ".cache" / "fathom") : std::nullopt;
}

std::vector<fs::path> named_ones(std::initializer_list<std::optional<fs::path>> places) {
  std::vector<fs::path> named;
  for (const auto& place : places)
    if (place && !place->empty()) named.push_back(*place);
  return named;
}

/// The files of a split in `directory`; nothing if one is missing.
std::optional<std::vector<fs::path>> find_files(const fs::path& directory, const PublicSet& set,
                                                Split split) {
  std::vector<fs::path> found;
  for (const SetFile& wanted : split == Split::train ? set.training : set.test) {
    fs::path file = directory / set.folder / wanted.name;
    if (!is_file(file) && set.may_be_packed) file += ".gz";
    if (!is_file(file)) return std::nullopt;
    found.push_back(file);
  }
  return found;
}

std::vector<fs::path> find_set(const PublicSet& set, Split split, const std::vector<fs::path>& directories) {
  for (const fs::path& directory : directories)
    if (const auto found = find_files(directory, set, split)) return *found;
  std::vector<std::string> places;
  for (const fs::path& directory : directories) places.push_back(directory.string());
  const std::string package =
      set.package.empty() ? "" : fmt::format(" or install Debian's package {}", set.package);
  throw FileError(
      fmt::format("no data set '{0}' in {1}; run 'fetch_data {0}'{2}, or give its data folder", set.name,
                  places.empty() ? "any directory" : fmt::format("{}", fmt::join(places, ", ")), package));
}

/// The PATH of "folder:PATH", the FILE of "csv:FILE".
fs::path path_of(const std::string& set) { return set.substr(set.find(':') + 1); }

/// "mnist" of "mnist:...", "folder" of "folder:...": whether the text is about a set whatever follows.
bool begins_with_set(const std::string& text) {
  const std::size_t colon = text.find(':');
  return colon != std::string::npos && (find_public_set(text.substr(0, colon)) || is_picture_set(text));
}

/// Known, a folder, or so close to a known one that `load` can say which was meant.
bool names_set(const std::string& text) {
  if (is_picture_set(text)) return !path_of(text).empty();
  return find_public_set(text) || !closest(text, set_names()).empty();
}

std::optional<Split> parse_split(std::string_view text) {
  if (text == "train") return Split::train;
  if (text == "test") return Split::test;
  return std::nullopt;
}

std::optional<std::int64_t> parse_index(std::string_view text) {
  std::int64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size() || index < 0) return std::nullopt;
  return index;
}

/// The parts of "SET:SPLIT:PLACE".
struct SplitText {
  std::string set;
  Split split = Split::test;
  std::string place;
};

/// Nothing where the text is not of that form, or SET names none.
std::optional<SplitText> split_text(const std::string& text) {
  const std::size_t second = text.rfind(':');
  if (second == std::string::npos || second == 0) return std::nullopt;
  const std::size_t first = text.rfind(':', second - 1);
  if (first == std::string::npos) return std::nullopt;
  const auto split = parse_split(std::string_view(text).substr(first + 1, second - first - 1));
  const std::string set = text.substr(0, first);
  if (!split || !names_set(set)) return std::nullopt;
  return SplitText{set, *split, text.substr(second + 1)};
}

const PublicSet& known_set(const std::string& name) {
  const PublicSet* const set = find_public_set(name);
  if (set) return *set;
  std::error_code ignored;
  if (fs::is_directory(name, ignored))
    throw InvalidArgument(fmt::format("no data set '{0}'; as a folder of pictures it is 'folder:{0}'", name));
  if (is_file(name))
    throw InvalidArgument(fmt::format("no data set '{0}'; as a CSV file it is 'csv:{0}'", name));
  std::vector<std::string> choices = set_names();
  choices.insert(choices.end(), {"folder:PATH", "csv:FILE"});
  throw InvalidArgument(fmt::format("no data set '{}'{}", name, suggestion(name, choices)));
}

ReadOptions read_options(const Catalog& catalog) {
  return {.size = catalog.folder_size, .read = catalog.read_picture, .skip_damaged = catalog.skip_damaged};
}

NamedPicture picture_of(const ImageSet& set, std::int64_t index) {
  const std::int64_t label = set.labels[index].item<std::int64_t>();
  return {set.images[index].clone(), label, set.classes[label]};
}

}  // namespace

std::vector<fs::path> search_directories(const std::optional<fs::path>& data_dir) {
  return named_ones(
      {data_dir, from_environment("FATHOM_DATA"), program_data(), cache_directory(), "/usr/share/datasets"});
}

std::optional<fs::path> download_directory(const std::optional<fs::path>& data_dir) {
  const std::vector<fs::path> places =
      named_ones({data_dir, from_environment("FATHOM_DATA"), cache_directory()});
  return places.empty() ? std::nullopt : std::optional<fs::path>(places.front());
}

bool is_picture_set(const std::string& name) {
  return name.starts_with(kFolderPrefix) || name.starts_with(kCsvPrefix);
}

Listing list_set(const std::string& name, FolderRules rules) {
  if (name.starts_with(kFolderPrefix)) return list_folder(path_of(name), rules);
  if (name.starts_with(kCsvPrefix)) return list_csv(path_of(name));
  throw InvalidArgument(fmt::format("'{}' is not a set of picture files", name));
}

ImageSet load(const std::string& name, Split split, const Catalog& catalog) {
  if (is_picture_set(name))
    return read_pictures(list_set(name, catalog.folder_rules), split, read_options(catalog));
  const PublicSet& set = known_set(name);
  return set.read(find_set(set, split, catalog.directories), set.classes, set.name);
}

ImageSet load_all(const std::string& name, const Catalog& catalog) {
  if (is_picture_set(name))
    return read_all_pictures(list_set(name, catalog.folder_rules), read_options(catalog));
  const ImageSet train = load(name, Split::train, catalog), test = load(name, Split::test, catalog);
  return {torch::cat({train.images, test.images}), torch::cat({train.labels, test.labels}), train.classes,
          train.name};
}

std::vector<fs::path> set_files(const std::string& name, Split split, const Catalog& catalog) {
  if (is_picture_set(name)) {
    const Listing listing = list_set(name, catalog.folder_rules);
    require_pictures(listing, split);
    return listing.of(split).files;
  }
  return find_set(known_set(name), split, catalog.directories);
}

std::optional<PictureName> parse_picture_name(const std::string& text) {
  const std::optional<SplitText> parts = split_text(text);
  const auto index = parts ? parse_index(parts->place) : std::nullopt;
  if (index) return PictureName{parts->set, parts->split, *index};
  if (!begins_with_set(text)) return std::nullopt;
  throw InvalidArgument(
      fmt::format("'{}' does not name a picture: use SET:train:N or SET:test:N with N from 0, "
                  "such as fashion-mnist:test:17",
                  text));
}

std::optional<PictureSlice> parse_picture_slice(const std::string& text) {
  if (const std::optional<SplitText> parts = split_text(text)) {
    const std::string_view place = parts->place;
    const std::size_t dash = std::min(place.find('-'), place.size());
    const auto first = parse_index(place.substr(0, dash));
    const auto last = dash == place.size() ? first : parse_index(place.substr(dash + 1));
    if (first && last && *first > *last)
      throw InvalidArgument(
          fmt::format("the slice '{}' ends before it begins; did you mean {}-{}?", text, *last, *first));
    if (first && last) return PictureSlice{parts->set, parts->split, *first, *last};
  }
  if (!begins_with_set(text)) return std::nullopt;
  throw InvalidArgument(
      fmt::format("'{}' does not name pictures: use SET:train:A-B or SET:test:A-B, or N for one picture, all "
                  "from 0, such as fashion-mnist:test:0-15",
                  text));
}

NamedPicture load_picture(const PictureName& name, const Catalog& catalog) {
  return load_pictures({name.set, name.split, name.index, name.index}, catalog).front();
}

std::vector<NamedPicture> load_pictures(const PictureSlice& slice, const Catalog& catalog) {
  std::vector<NamedPicture> pictures;
  if (is_picture_set(slice.set)) {
    const Listing listing = list_set(slice.set, catalog.folder_rules);
    for (const std::string& text : listing.notes) note(text);
    for (std::int64_t i = slice.first; i <= slice.last; ++i) {
      const PictureFile found = picture_of(listing, slice.split, i);
      pictures.push_back(
          {read_checked(catalog.read_picture, found.file, Extent{}), found.label, found.label_name});
    }
    return pictures;
  }
  const ImageSet set = load(slice.set, slice.split, catalog);
  require_index(slice.set, slice.split, slice.first, set.size());
  require_index(slice.set, slice.split, slice.last, set.size());
  for (std::int64_t i = slice.first; i <= slice.last; ++i) pictures.push_back(picture_of(set, i));
  return pictures;
}

}  // namespace fathom::data
