/// The pictures that predict runs over, named before any of them is opened.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "fathom/data/image_set.hpp"

namespace fathom::cli {

struct PictureTask {
  std::string name;                       ///< in reports: a file's, or SET:SPLIT:INDEX
  std::function<torch::Tensor()> open;    ///< uint8 [C, H, W]; throws FileError or FormatError
  std::optional<std::string> true_class;  ///< for a picture of a set
};

struct PictureList {
  std::vector<PictureTask> tasks;
  std::int64_t passed_over = 0;  ///< files in folders that are not pictures
};

/// The pictures of --image: files, folders (all pictures in them and below, sorted by path), SET:SPLIT:N,
/// SET:SPLIT:A-B, and "-" for standard input (cli::picture_names). `channels` are those of the model. Throws
/// FileError for a name that does not exist or a folder without pictures.
PictureList listed_pictures(const Arguments& arguments, std::int64_t channels, const Common& common);

/// All pictures of a split, or, if several are given, of all splits, with a further one of picture files.
PictureList pictures_of_set(const Arguments& arguments, const std::string& set,
                            const std::vector<data::Split>& splits, std::int64_t channels,
                            const Common& common);

}  // namespace fathom::cli
