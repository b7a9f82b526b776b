/// Pictures as tensors: uint8 [C, H, W], RGB (C = 3) or grey (C = 1). OpenCV's BGR order stays inside this
/// folder.
///
///   const torch::Tensor dog = read_picture("dog.png");
///   write_picture("small.png", resize(dog, {32, 32}));
#pragma once

#include <torch/types.h>
#include <filesystem>
#include <string>

#include "fathom/core/geometry.hpp"

namespace fathom::image {

/// Reads PNG, JPEG, WebP, GIF, BMP, TIFF and Netpbm files (PBM, PGM, PPM, PAM in text and in bytes, of any
/// largest value): 1 to 8 and 16 bits, palette, grey, colour. Whatever the file's white is becomes 255; 16
/// bits are divided by 257 and rounded to the nearest. Transparency (alpha, of any kind that the format has,
/// or a transparent colour) is laid over white, and the orientation (EXIF's in PNG, JPEG and WebP, TIFF's
/// own) is applied. Grey files give [1, H, W], others [3, H, W]. Each of these is a note (core/notes.hpp):
///   - of an animation (GIF, WebP, PNG) the first picture is read, of a TIFF file the first page,
///   - 16-bit samples that are all below 4096, without alpha beside them, are taken as samples of 8 to 12
///   bits, as many as the largest
///     needs, and 2^bits - 1 becomes 255,
///   - what a codec could decode only in part.
/// Throws FileError, or FormatError (not a picture, cut off, damaged, more than 100 megapixels by its header)
/// with the codec's reason.
torch::Tensor read_picture(const std::filesystem::path& path);

/// The same from the bytes of a file; `what` names it in messages.
torch::Tensor decode_picture(const std::string& bytes, const std::string& what);

/// [4, H, W]: the same in RGB with the opacity behind it, and not laid over white. A file without opacity is
/// a note, and has 255 there.
torch::Tensor decode_picture_with_opacity(const std::string& bytes, const std::string& what);

/// The picture in RGB, resized to `size` unless that is Extent{}; for data sets made of files.
torch::Tensor read_picture_as(const std::filesystem::path& path, Extent size);

/// PNG bytes of a picture; the same picture gives the same bytes.
std::string encode_png(const torch::Tensor& picture);

/// Throws as write_picture would for this name; programs call it before the work starts.
void require_writable_picture(const std::filesystem::path& path);

/// Writes .png, .jpg or .jpeg, atomically; missing folders are created. Throws InvalidArgument for another
/// extension, and FileError.
void write_picture(const std::filesystem::path& path, const torch::Tensor& picture);

/// Resizes: area averaging when shrinking, cubic when enlarging, nearest neighbour if `pixelated` (so that
/// the pixels of a 28x28 picture are visible).
torch::Tensor resize(const torch::Tensor& picture, Extent size, bool pixelated = false);

/// [3, H, W] from grey, and luma (ITU-R BT.601) from colour; a picture that already has this format is
/// returned unchanged.
torch::Tensor to_rgb(const torch::Tensor& picture);
torch::Tensor to_grey(const torch::Tensor& picture);

/// float [1, C, H, W] or [C, H, W] in [0, 1] back to a picture, rounded and clamped.
torch::Tensor to_picture(const torch::Tensor& image);

}  // namespace fathom::image
