/// A folder with a sub-folder of pictures per class: the sub-folders' names, sorted, are the classes.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "fathom/core/geometry.hpp"
#include "fathom/data/image_set.hpp"

namespace fathom::data {

/// Reads a picture file as uint8 [3, H, W] RGB of the given size, or of the picture's own where that is
/// Extent{}; `image::read_picture_as` is one. A parameter, because this floor knows no codecs.
using PictureReader = std::function<torch::Tensor(const std::filesystem::path&, Extent size)>;

/// Files with the endings .png .jpg .jpeg .bmp .webp .ppm .pgm .tif .tiff (any case), sorted by name; others
/// are passed over. With `folder/train` and `folder/test` the split picks one of them; otherwise each class
/// gives every tenth of its pictures to the test split and the rest to the training split. Throws FileError
/// (no such folder), FormatError (no class folders, no pictures in one, no test picture in any), and what
/// `read` throws.
ImageSet read_folder(const std::filesystem::path& folder, Split split, Extent size,
                     const PictureReader& read);

struct PictureFile {
  std::filesystem::path file;
  std::int64_t label = 0;
  std::string label_name;
};

/// The file that `read_folder` reads as number `index` of a split. No picture is opened. Throws as it does,
/// and InvalidArgument where the index is outside the set.
PictureFile picture_file(const std::filesystem::path& folder, Split split, std::int64_t index);

/// What `read` gives for a file. Throws InvalidArgument where there is no reader, or it gives another type or
/// shape than it should.
torch::Tensor read_checked(const PictureReader& read, const std::filesystem::path& file, Extent size);

}  // namespace fathom::data
