/// Label masks: pictures whose pixels are numbers of classes, which must not be changed by what decoding
/// pictures is about (scaling to 8 bits, palettes, transparency, orientation excepted).
///
///   const torch::Tensor mask = read_mask("labels.png");   // [1, H, W]
#pragma once

#include <torch/types.h>
#include <filesystem>

namespace fathom::image {

/// The stored numbers of a mask, [1, H, W]: uint8 if the file has up to 8 bits per pixel, otherwise float,
/// which holds whole numbers up to 65535 exactly and which augment::replay takes. A mask is one of
///   - PNG, grey of 1 to 16 bits without alpha (a tRNS chunk is ignored), or palette: then its indices,
///   - BMP and GIF: the indices into the palette,
///   - TIFF, one sample per pixel of 1, 2, 4, 8 or 16 bits, grey with 0 as black, or palette: then its
///   indices,
///   - PGM, or PAM with one sample per pixel, of any largest value: the samples, not scaled; PBM: 1 where
///   black.
/// The orientation tag is applied. Throws FileError, or FormatError for anything else: colours, alpha, JPEG
/// and WebP, whose compression changes numbers, BMP with run-length encoding, damaged files, more than 100
/// megapixels.
torch::Tensor read_mask(const std::filesystem::path& path);

/// The same from the bytes of a file; `what` names it in messages.
torch::Tensor decode_mask(const std::string& bytes, const std::string& what);

/// Writes a mask, [1, H, W], as a grey PNG file, atomically: of 8 bits if it is uint8, of 16 if it is float.
/// Throws InvalidArgument if `path` does not end in .png, or if the mask is of another shape or type or has
/// values other than whole numbers from 0 to 65535; and FileError.
void write_mask(const std::filesystem::path& path, const torch::Tensor& mask);

}  // namespace fathom::image
