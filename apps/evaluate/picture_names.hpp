/// Names for the pictures of an evaluated set, of which damaged ones may be left out and only some drawn.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "fathom/data/catalog.hpp"

namespace fathom::cli {

/// How a report names a picture.
struct PictureNames {
  std::string shown;       ///< for captions: a file's path from the folder of the set, or SET:SPLIT:N
  std::string image;       ///< what --image takes to open exactly this picture: a file, or SET:SPLIT:N
  std::int64_t index = 0;  ///< the N of SET:SPLIT:N
};
/// The names of the picture at an index of the evaluated set.
using PictureNamer = std::function<PictureNames(std::int64_t)>;

/// The files that a reader has read without an exception; for any number of threads.
class ReadFiles {
 public:
  data::PictureReader recorded(data::PictureReader read);
  bool contains(const std::filesystem::path& file) const { return files_.count(file) > 0; }
  bool empty() const { return files_.empty(); }

 private:
  std::mutex mutex_;
  std::set<std::filesystem::path> files_;
};

/// Of which pictures of which set an evaluated set is made.
struct EvaluatedPictures {
  std::string set;      ///< as data::load takes it
  std::string split;    ///< test, train or all
  torch::Tensor drawn;  ///< int64: their indices among those that were read; undefined: all
};
/// Lists the set again. Throws as data::load.
PictureNamer picture_namer(const EvaluatedPictures& pictures, const ReadFiles& files,
                           const data::Catalog& catalog);

}  // namespace fathom::cli
