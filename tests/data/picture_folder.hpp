/// A folder of files that stand for pictures.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "fathom/data/folder.hpp"
#include "io/stored_deflate.hpp"
#include "temporary_folder.hpp"

namespace fathom::data {

/// Stands in for a codec: a picture filled with the number that the file's name begins with.
inline torch::Tensor number_in_name(const std::filesystem::path& path, Extent size) {
  return torch::full({3, size.height, size.width}, std::stoi(path.filename().string()), torch::kUInt8);
}

class Folder : public ::testing::Test {
 protected:
  const std::filesystem::path& root() const { return folder_.path(); }
  void add(const std::filesystem::path& file) const {
    std::filesystem::create_directories((root() / file).parent_path());
    write_bytes(root() / file, "x");
  }
  void add_numbered(const std::filesystem::path& folder, int from, int to) const {
    for (int i = from; i < to; ++i) add(folder / (std::to_string(i) + ".png"));
  }
  ImageSet read(Split split, Extent size = {2, 4}) const {
    return read_folder(root(), split, size, number_in_name);
  }
  /// The numbers of the pictures in the order of the set.
  std::vector<int> numbers(const ImageSet& set) const {
    std::vector<int> found;
    for (std::int64_t i = 0; i < set.size(); ++i) found.push_back(set.images[i][0][0][0].item<int>());
    return found;
  }
  TemporaryFolder folder_;
};

}  // namespace fathom::data
