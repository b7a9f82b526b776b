/// How a picture of any size becomes the input of a model.
///
///   const torch::Tensor x = fit(dog, {.channels = 3, .size = {32, 32}});   // float [1, 3, 32, 32] in [0, 1]
#pragma once

#include <torch/types.h>
#include <filesystem>

#include "fathom/core/geometry.hpp"

namespace fathom::image {

enum class Fit {
  stretch,      ///< the whole picture; changes the aspect ratio
  crop,         ///< the largest centred part with the input's aspect ratio
  centre_crop,  ///< resize the short side to `short_side`, then take the centred part of the input's size
};

struct FitOptions {
  std::int64_t channels = 3;  ///< 1 (luma), 3 (RGB), or as many bands as the picture has
  Extent size = {32, 32};     ///< of the input
  Fit fit = Fit::stretch;
  std::int64_t short_side = 0;  ///< centre_crop: in pixels; 0: the picture is not resized
  bool invert = false;          ///< black becomes white: for dark things on a bright ground
};

/// The part of the picture that `fit` uses, in pixels of the picture; for centre_crop rounded to whole
/// pixels. Throws InvalidArgument if an extent is not positive, or the resized picture is smaller than the
/// input.
Patch fitted_part(Extent picture, const FitOptions& options);

/// uint8 [C, H, W] -> uint8 [channels, size.height, size.width]. Other numbers of channels than 1 and 3 need
/// a picture with as many bands (read_bands), each fitted by itself. A picture that already has that size is
/// not resampled. centre_crop is Resize and CenterCrop of torchvision: the long side is rounded down, and
/// half a pixel of the margin to the even number. Throws as fitted_part does, and InvalidArgument if the
/// number of bands is another, or the resized picture has more than 100 megapixels.
torch::Tensor fit_pixels(const torch::Tensor& picture, const FitOptions& options);

/// The same as float [1, channels, size.height, size.width] in [0, 1].
torch::Tensor fit(const torch::Tensor& picture, const FitOptions& options);

/// A picture of `channels` bands (2, or 4 to 64), uint8 [channels, H, W]. From an .npy array [channels, H, W]
/// or [H, W, channels], of uint8 or of numbers in [0, 1]; for 4 channels also from a picture file, as red,
/// green, blue and opacity, which is 255 everywhere (with a note) if the file has none. The orientation tag
/// of files with opacity is not applied. Throws FileError, and FormatError for other contents.
torch::Tensor read_bands(const std::filesystem::path& path, std::int64_t channels);

/// What can be shown of a picture of any number of bands: the first three, or the first of two.
torch::Tensor shown_bands(const torch::Tensor& bands);

}  // namespace fathom::image
