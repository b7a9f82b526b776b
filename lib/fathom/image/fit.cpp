#include "fathom/image/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <string>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/image/mat.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/npy.hpp"

namespace fathom::image {
namespace {

constexpr std::int64_t kMostResizedPixels = 100'000'000;

void require_positive_extents(Extent picture, const FitOptions& options) {
  for (const Extent& size : {picture, options.size})
    if (size.height < 1 || size.width < 1 || size.height > INT_MAX || size.width > INT_MAX)
      throw InvalidArgument(
          fmt::format("a picture cannot be {} pixels tall and {} wide", size.height, size.width));
  if (options.fit == Fit::centre_crop && options.short_side < 0)
    throw InvalidArgument(fmt::format("a short side cannot have {} pixels", options.short_side));
}

/// The picture's size after its short side has been resized.
Extent resized_extent(Extent picture, const FitOptions& options) {
  if (options.short_side == 0) return picture;
  const auto& [height, width] = picture;
  const std::int64_t side = options.short_side, shorter = std::min(height, width);
  const Extent resized{side * height / shorter, side * width / shorter};  // rounded down
  if (resized.height > kMostResizedPixels / resized.width)
    throw InvalidArgument(fmt::format(
        "a picture of {}x{} pixels is too long to have a short side of {} pixels", height, width, side));
  return resized;
}

/// Where the centred part begins: half of the margin, rounded to the even number.
std::int64_t centred(std::int64_t margin) { return std::lrint(static_cast<double>(margin) / 2); }

/// The centred part of the resized picture, in its pixels.
Patch centre_part(Extent resized, const FitOptions& options) {
  const auto& [height, width] = options.size;
  if (resized.height < height || resized.width < width)
    throw InvalidArgument(
        fmt::format("a picture of {}x{} pixels (after resizing) is smaller than the part of {}x{} that is "
                    "cropped from it",
                    resized.height, resized.width, height, width));
  return {centred(resized.height - height), centred(resized.width - width), height, width};
}

struct Span {
  std::int64_t begin = 0, length = 0;
};

/// A part of `resized` pixels in those of the same side with `whole` pixels.
Span rescaled(const Span& part, std::int64_t resized, std::int64_t whole) {
  const double factor = static_cast<double>(whole) / static_cast<double>(resized);
  const auto at = [&](std::int64_t pixel) -> std::int64_t {
    return std::llround(static_cast<double>(pixel) * factor);
  };
  const std::int64_t begin = std::min(at(part.begin), whole - 1);
  return {begin, std::clamp(at(part.begin + part.length), begin + 1, whole) - begin};
}

Patch largest_part(Extent picture, const FitOptions& options) {
  Patch part{0, 0, picture.height, picture.width};
  const double aspect = static_cast<double>(options.size.width) / static_cast<double>(options.size.height);
  const auto width = std::llround(static_cast<double>(picture.height) * aspect);
  const auto height = std::llround(static_cast<double>(picture.width) / aspect);
  // Only the axis that is too long is cropped; rounding must not make the other one longer.
  if (width < picture.width)
    part.width = std::max<std::int64_t>(width, 1);
  else
    part.height = std::clamp<std::int64_t>(height, 1, picture.height);
  part.y = (picture.height - part.height) / 2;
  part.x = (picture.width - part.width) / 2;
  return part;
}

torch::Tensor cut(const torch::Tensor& picture, const Patch& part) {
  return picture.narrow(1, part.y, part.height).narrow(2, part.x, part.width);
}

torch::Tensor in_channels(const torch::Tensor& picture, std::int64_t channels) {
  return channels == 1 ? to_grey(picture) : to_rgb(picture);
}

torch::Tensor fit_bands(const torch::Tensor& bands, const FitOptions& options) {
  if (bands.dim() != 3 || bands.size(0) != options.channels)
    throw InvalidArgument(fmt::format("the model takes {} channels, but the picture has {}", options.channels,
                                      bands.dim() == 3 ? bands.size(0) : 0));
  FitOptions of_one = options;
  of_one.channels = 1;
  std::vector<torch::Tensor> fitted;
  for (std::int64_t band = 0; band < bands.size(0); ++band)
    fitted.push_back(fit_pixels(bands.narrow(0, band, 1), of_one));
  return torch::cat(fitted);
}

/// uint8 [channels, H, W] of an array of numbers.
torch::Tensor bands_of_array(torch::Tensor array, std::int64_t channels, const std::string& cannot) {
  if (array.dim() == 3 && array.size(0) != channels && array.size(2) == channels)
    array = array.permute({2, 0, 1});
  if (array.dim() != 3 || array.size(0) != channels || array.numel() == 0)
    throw FormatError(fmt::format("{}it is [{}], not [{}, height, width]", cannot,
                                  fmt::join(array.sizes(), ", "), channels));
  if (array.scalar_type() == torch::kUInt8) return array.contiguous();
  if (!array.is_floating_point() || !array.ge(0).logical_and(array.le(1)).all().item<bool>())
    throw FormatError(cannot + "its numbers must be uint8, or floating-point numbers in [0, 1]");
  note("the numbers of the picture in [0, 1] are rounded to 256 levels");
  return array.mul(255).round().to(torch::kUInt8).contiguous();
}

}  // namespace

torch::Tensor read_bands(const std::filesystem::path& path, std::int64_t channels) {
  const std::string cannot = fmt::format("cannot read picture '{}': ", path.string());
  if (lower_extension(path) == ".npy") return bands_of_array(io::read_npy(path), channels, cannot);
  if (channels == 4) return decode_picture_with_opacity(io::read_file(path), path.string());
  throw FormatError(fmt::format(
      "{0}the model takes {1} channels; a picture of so many is an .npy file of [{1}, height, width]", cannot,
      channels));
}

torch::Tensor shown_bands(const torch::Tensor& bands) {
  return bands.narrow(0, 0, bands.size(0) < 3 ? 1 : 3).contiguous();
}

Patch fitted_part(Extent picture, const FitOptions& options) {
  require_positive_extents(picture, options);
  switch (options.fit) {
    case Fit::stretch:
      break;
    case Fit::crop:
      return largest_part(picture, options);
    case Fit::centre_crop: {
      const Extent resized = resized_extent(picture, options);
      const Patch part = centre_part(resized, options);
      const Span rows = rescaled({part.y, part.height}, resized.height, picture.height);
      const Span columns = rescaled({part.x, part.width}, resized.width, picture.width);
      return {rows.begin, columns.begin, rows.length, columns.length};
    }
  }
  return {0, 0, picture.height, picture.width};
}

torch::Tensor fit_pixels(const torch::Tensor& picture, const FitOptions& options) {
  if (options.channels != 1 && options.channels != 3) return fit_bands(picture, options);
  require_picture(picture);
  const Extent size = {picture.size(1), picture.size(2)};
  const Patch part = fitted_part(size, options);
  torch::Tensor fitted;
  if (options.fit == Fit::centre_crop) {
    const Extent resized = resized_extent(size, options);
    fitted = cut(resize(in_channels(picture, options.channels), resized), centre_part(resized, options));
  } else {
    fitted = resize(in_channels(cut(picture, part), options.channels), options.size);
  }
  return options.invert ? 255 - fitted : fitted;
}

torch::Tensor fit(const torch::Tensor& picture, const FitOptions& options) {
  return fit_pixels(picture, options).to(torch::kFloat32).div_(255).unsqueeze(0);
}

}  // namespace fathom::image
