#include "fathom/data/folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

/// In a folder without train/ and test/, one picture in so many is for testing.
constexpr std::size_t kTestShare = 10;

bool is_picture(const fs::path& path) {
  static constexpr std::array<const char*, 9> kEndings{".png", ".jpg", ".jpeg", ".bmp", ".webp",
                                                       ".ppm", ".pgm", ".tif",  ".tiff"};
  return std::find(kEndings.begin(), kEndings.end(), lower_extension(path)) != kEndings.end();
}

/// What lies in a folder, sorted by name; hidden files and folders are passed over.
std::vector<fs::directory_entry> entries(const fs::path& folder) {
  std::vector<fs::directory_entry> found;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
      if (entry.path().filename().string().front() != '.') found.push_back(entry);
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

std::vector<std::string> class_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : entries(folder))
    if (is_folder(entry.path())) names.push_back(entry.path().filename().string());
  if (names.empty())
    throw FormatError(
        fmt::format("'{}' is not a data set: it needs a sub-folder of pictures per class", folder.string()));
  return names;
}

std::vector<fs::path> pictures_of_class(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : entries(folder)) {
    std::error_code ignored;
    if (is_picture(entry.path()) && entry.is_regular_file(ignored)) found.push_back(entry.path());
  }
  if (found.empty())
    throw FormatError(fmt::format("class folder '{}' contains no pictures", folder.string()));
  return found;
}

struct Listing {
  std::vector<std::string> classes;
  std::vector<fs::path> files;
  std::vector<std::int64_t> labels;

  void add(fs::path file, std::size_t label) {
    files.push_back(std::move(file));
    labels.push_back(static_cast<std::int64_t>(label));
  }
};

/// folder/train/CLASS/... and folder/test/CLASS/...: the classes are those of train/, so that both splits
/// number them alike.
Listing list_divided(const fs::path& folder, Split split) {
  Listing listing{class_names(folder / "train"), {}, {}};
  const fs::path part = folder / to_string(split);
  for (const std::string& name : class_names(part)) {
    const auto found = std::find(listing.classes.begin(), listing.classes.end(), name);
    if (found == listing.classes.end())
      throw FormatError(fmt::format("class folder '{}' has no counterpart in '{}'", (part / name).string(),
                                    (folder / "train").string()));
    for (fs::path& file : pictures_of_class(part / name))
      listing.add(std::move(file), found - listing.classes.begin());
  }
  return listing;
}

Listing list_undivided(const fs::path& folder, Split split) {
  Listing listing{class_names(folder), {}, {}};
  for (std::size_t label = 0; label < listing.classes.size(); ++label) {
    const std::vector<fs::path> found = pictures_of_class(folder / listing.classes[label]);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const bool for_test = i % kTestShare == kTestShare - 1;
      if (for_test == (split == Split::test)) listing.add(found[i], label);
    }
  }
  if (listing.files.empty())
    throw FormatError(
        fmt::format("'{}' has no test picture: without train/ and test/, every tenth picture of a class is "
                    "one, but no class has ten",
                    folder.string()));
  return listing;
}

Listing list(const fs::path& folder, Split split) {
  if (!is_folder(folder))
    throw FileError(fmt::format("cannot read folder '{}': no such folder", folder.string()));
  const bool divided = is_folder(folder / "train") && is_folder(folder / "test");
  return divided ? list_divided(folder, split) : list_undivided(folder, split);
}

std::string name_of(const fs::path& folder) { return "folder:" + folder.string(); }

}  // namespace

ImageSet read_folder(const fs::path& folder, Split split, Extent size, const PictureReader& read) {
  if (size.height < 1 || size.width < 1)
    throw InvalidArgument(fmt::format("pictures cannot be resized to {}x{}", size.height, size.width));
  const Listing listing = list(folder, split);
  const auto n = static_cast<std::int64_t>(listing.files.size());
  const torch::Tensor images = torch::empty({n, 3, size.height, size.width}, torch::kUInt8);
  for (std::int64_t i = 0; i < n; ++i) images[i].copy_(read_checked(read, listing.files[i], size));
  return {images, torch::tensor(listing.labels, torch::kInt64), listing.classes, name_of(folder)};
}

std::vector<fs::path> picture_files(const fs::path& folder, Split split) { return list(folder, split).files; }

PictureFile picture_file(const fs::path& folder, Split split, std::int64_t index) {
  const Listing listing = list(folder, split);
  require_index(name_of(folder), split, index, static_cast<std::int64_t>(listing.files.size()));
  const std::int64_t label = listing.labels[index];
  return {listing.files[index], label, listing.classes[label]};
}

torch::Tensor read_checked(const PictureReader& read, const fs::path& file, Extent size) {
  if (!read) throw InvalidArgument("a folder of pictures needs a function that reads pictures");
  torch::Tensor picture = read(file, size);
  const bool is_rgb = picture.defined() && picture.scalar_type() == torch::kUInt8 && picture.dim() == 3 &&
                      picture.size(0) == 3 && picture.numel() > 0;
  if (!is_rgb || (size != Extent{} && Extent{picture.size(1), picture.size(2)} != size)) {
    throw InvalidArgument(fmt::format(
        "the function that reads pictures returned a wrong shape or type for '{}'", file.string()));
  }
  return picture;
}

}  // namespace fathom::data
