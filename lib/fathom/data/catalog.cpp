#include "fathom/data/catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "fathom/core/error.hpp"
#include "fathom/data/cifar.hpp"
#include "fathom/data/idx.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view folder_prefix = "folder:";

const std::vector<std::string>& class_names(const std::string& idx_set) {
  static const std::vector<std::string> digits{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  static const std::vector<std::string> clothes{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                                "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  return idx_set == "mnist" ? digits : clothes;
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// data/ of the source tree that the program was built in (build/bin/program), else of the prefix it was
/// installed in.
std::optional<fs::path> program_data() {
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return std::nullopt;
  const fs::path prefix = program.parent_path().parent_path();
  if (is_file(prefix.parent_path() / "CMakeLists.txt")) return prefix.parent_path() / "data";
  return prefix / "share" / "fathom" / "data";
}

/// The files of one split of a set, below a directory: images and labels for idx sets, the batches for
/// cifar10.
std::vector<fs::path> files_of(const std::string& name, Split split) {
  if (name != "cifar10") {
    const std::string prefix = split == Split::train ? "train" : "t10k";
    return {fs::path(name) / (prefix + "-images-idx3-ubyte"),
            fs::path(name) / (prefix + "-labels-idx1-ubyte")};
  }
  const fs::path folder = "cifar-10-batches-bin";
  if (split == Split::test) return {folder / "test_batch.bin"};
  std::vector<fs::path> batches;
  for (int i = 1; i <= 5; ++i) batches.push_back(folder / fmt::format("data_batch_{}.bin", i));
  return batches;
}

/// Those files in `directory`, plain or packed; nothing where one is missing.
std::optional<std::vector<fs::path>> find_files(const fs::path& directory,
                                                const std::vector<fs::path>& files) {
  std::vector<fs::path> found;
  for (const fs::path& file : files) {
    const fs::path plain = directory / file, packed = directory / (file.string() + ".gz");
    if (!is_file(plain) && !is_file(packed)) return std::nullopt;
    found.push_back(is_file(plain) ? plain : packed);
  }
  return found;
}

std::vector<fs::path> find_set(const std::string& name, Split split,
                               const std::vector<fs::path>& directories) {
  const std::vector<fs::path> files = files_of(name, split);
  for (const fs::path& directory : directories) {
    if (const auto found = find_files(directory, files)) return *found;
  }
  std::vector<std::string> places;
  for (const fs::path& directory : directories) places.push_back(directory.string());
  const char* package = name == "fashion-mnist" ? " or install Debian's package dataset-fashion-mnist" : "";
  throw FileError(fmt::format(
      "no data set '{0}' in {1}; run 'fetch_data {0}'{2}, or name its place with --data-dir", name,
      places.empty() ? "any directory" : fmt::format("{}", fmt::join(places, ", ")), package));
}

bool is_known(const std::string& name) {
  return std::find(set_names().begin(), set_names().end(), name) != set_names().end();
}

/// "mnist" of "mnist:...", "folder" of "folder:...": whether the text is about a set whatever follows.
bool begins_with_set(const std::string& text) {
  const size_t colon = text.find(':');
  return colon != std::string::npos && (is_known(text.substr(0, colon)) || text.starts_with(folder_prefix));
}

/// Known, a folder, or so close to a known one that `load` can say which was meant.
bool names_set(const std::string& text) {
  if (text.starts_with(folder_prefix)) return text.size() > folder_prefix.size();
  return is_known(text) || !closest(text, set_names()).empty();
}

std::optional<Split> parse_split(std::string_view text) {
  if (text == "train") return Split::train;
  if (text == "test") return Split::test;
  return std::nullopt;
}

std::optional<int64_t> parse_index(std::string_view text) {
  int64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size() || index < 0) return std::nullopt;
  return index;
}

}  // namespace

std::vector<fs::path> search_directories(const std::optional<fs::path>& data_dir) {
  std::vector<fs::path> directories;
  if (data_dir && !data_dir->empty()) directories.push_back(*data_dir);
  if (const char* named = std::getenv("FATHOM_DATA"); named && *named) directories.emplace_back(named);
  if (const auto beside = program_data()) directories.push_back(*beside);
  if (const char* home = std::getenv("HOME"); home && *home)
    directories.push_back(fs::path(home) / ".cache" / "fathom");
  directories.emplace_back("/usr/share/datasets");
  return directories;
}

const std::vector<std::string>& set_names() {
  static const std::vector<std::string> names{"mnist", "fashion-mnist", "cifar10"};
  return names;
}

ImageSet load(const std::string& name, Split split, const Catalog& catalog) {
  if (name.starts_with(folder_prefix)) {
    return read_folder(name.substr(folder_prefix.size()), split, catalog.folder_size, catalog.read_picture);
  }
  if (!is_known(name)) {
    std::vector<std::string> choices = set_names();
    choices.emplace_back("folder:PATH");
    throw InvalidArgument(fmt::format("no data set '{}'{}", name, suggestion(name, choices)));
  }
  const std::vector<fs::path> files = find_set(name, split, catalog.directories);
  return name == "cifar10" ? read_cifar10(files) : read_idx_set(files[0], files[1], class_names(name), name);
}

std::optional<PictureName> parse_picture_name(const std::string& text) {
  const size_t second = text.rfind(':');
  const size_t first =
      second == std::string::npos || second == 0 ? std::string::npos : text.rfind(':', second - 1);
  if (first != std::string::npos) {
    const std::string_view view = text;
    const auto split = parse_split(view.substr(first + 1, second - first - 1));
    const auto index = parse_index(view.substr(second + 1));
    const std::string set = text.substr(0, first);
    if (split && index && names_set(set)) return PictureName{set, *split, *index};
  }
  if (!begins_with_set(text)) return std::nullopt;
  throw InvalidArgument(
      fmt::format("cannot tell which picture '{}' is: it must read SET:train:N or SET:test:N with N from 0, "
                  "such as fashion-mnist:test:17",
                  text));
}

NamedPicture load_picture(const PictureName& name, const Catalog& catalog) {
  const ImageSet set = load(name.set, name.split, catalog);
  if (name.index < 0 || name.index >= set.size()) {
    throw InvalidArgument(fmt::format("no picture {} in {}:{}; it has 0 to {}", name.index, name.set,
                                      to_string(name.split), set.size() - 1));
  }
  const int64_t label = set.labels[name.index].item<int64_t>();
  return {set.images[name.index].clone(), label, set.classes[label]};
}

}  // namespace fathom::data
