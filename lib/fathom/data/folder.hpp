/// A folder with one sub-folder of pictures per class. The sorted sub-folder names are the classes.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "fathom/core/geometry.hpp"
#include "fathom/data/image_set.hpp"

namespace fathom::data {

/// Reads a picture file as uint8 [3, H, W] in RGB, resized to `size` unless that is Extent{}; for example
/// `image::read_picture_as`. Passed as a parameter, because this layer does not know image codecs.
using PictureReader = std::function<torch::Tensor(const std::filesystem::path&, Extent size)>;

/// Files with the endings .png .jpg .jpeg .bmp .webp .ppm .pgm .tif .tiff (any case), sorted by name; other
/// files are ignored. If `folder/train` and `folder/test` exist, the split selects one of them. Otherwise
/// every tenth picture of each class belongs to the test split and the rest to the training split. Throws
/// FileError (no such folder), FormatError (no class folders, no pictures in one, no test picture in any),
/// and the exceptions of `read`.
ImageSet read_folder(const std::filesystem::path& folder, Split split, Extent size,
                     const PictureReader& read);

struct PictureFile {
  std::filesystem::path file;
  std::int64_t label = 0;
  std::string label_name;
};

/// The files that `read_folder` reads, in its order. No picture is opened. Throws as `read_folder`.
std::vector<std::filesystem::path> picture_files(const std::filesystem::path& folder, Split split);

/// The file that `read_folder` reads as number `index` of a split. No picture is opened. Throws as
/// `read_folder`, and InvalidArgument if the index is outside the set.
PictureFile picture_file(const std::filesystem::path& folder, Split split, std::int64_t index);

/// The picture that `read` returns for a file. Throws InvalidArgument if there is no reader or it returns a
/// wrong type or shape.
torch::Tensor read_checked(const PictureReader& read, const std::filesystem::path& file, Extent size);

}  // namespace fathom::data
