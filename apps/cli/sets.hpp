/// Data sets and pictures that a program reads by name.
#pragma once

#include <torch/types.h>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/cli.hpp"
#include "fathom/core/geometry.hpp"
#include "fathom/data/catalog.hpp"

namespace fathom::cli {

data::Catalog catalog(const Common& common, Extent folder_size = {32, 32});

/// A picture for a model: from a file or from a data set (SET:SPLIT:INDEX).
struct OpenedPicture {
  torch::Tensor picture;                  ///< uint8 [C, H, W], unchanged
  std::optional<std::string> true_class;  ///< for a picture of a set
};
/// `flag` is what the name was given to; "-" is standard input. The file, or the files of the set, are inputs
/// of the run. A file for a model of other than 1 or 3 channels is read as so many bands (image::read_bands).
OpenedPicture open_picture(const Arguments& arguments, const std::string& flag, const std::string& name,
                           const Common& common, std::int64_t channels = 3);
/// The file alone.
torch::Tensor read_file_for(const std::filesystem::path& file, std::int64_t channels);

/// The bytes of standard input. Throws FormatError if there are none, or more than 1 GB.
std::string read_standard_input();

/// Whether a data set is made of picture files ("folder:PATH", "csv:FILE"), which are resized as they are
/// read.
bool is_folder_set(const std::string& set);

/// --skip-damaged, for programs that read such sets or lists of pictures.
void add_set_flags(Parser& parser);
/// Whether damaged pictures of the set are left out. The flag is read only if the set is made of picture
/// files.
bool skips_damaged(const Arguments& arguments, const std::string& set);

/// The files of a data set ("mnist", "folder:PATH", "csv:FILE") are inputs of the run, which `flag` names.
void reads_set(const Arguments& arguments, const std::string& flag, const std::string& set,
               const Common& common);

}  // namespace fathom::cli
