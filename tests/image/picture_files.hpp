/// Picture files of several formats for tests, most of them put together byte by byte.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>

#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "image/png_file.hpp"
#include "temporary_folder.hpp"

namespace fathom::image {

/// Left half black, right half white; 16 x 8.
inline torch::Tensor halves() {
  torch::Tensor picture = torch::zeros({3, 8, 16}, torch::kUInt8);
  picture.slice(2, 8).fill_(255);
  return picture;
}

inline std::string jpeg_bytes(const torch::Tensor& picture) {
  const TemporaryFolder folder;
  write_picture(folder.path() / "x.jpg", picture);
  return io::read_file(folder.path() / "x.jpg");
}

/// One pixel of 200, 100, 50 as lossless WebP.
inline std::string webp_bytes() {
  return bytes_of({82, 73, 70, 70, 30, 0, 0, 0,  87,  69, 66, 80,  86,  80,  56,  76,  17,  0, 0,
                   0,  47, 0,  0,  0,  0, 7, 80, 178, 34, 87, 166, 255, 129, 136, 232, 127, 0, 0});
}

struct TiffHeader {
  std::uint32_t width = 1, height = 1, compression = 1;
};

/// Grey, in one strip.
inline std::string tiff_bytes(const TiffHeader& header, const std::string& data = "M") {
  const auto tag = [](std::uint32_t number, std::uint32_t type, std::uint32_t value) {
    return little16(number) + little16(type) + little32(1) + little32(value);
  };
  return std::string("II*\0", 4) + little32(8) + little16(9) + tag(256, 3, header.width) +
         tag(257, 3, header.height) + tag(258, 3, 8) + tag(259, 3, header.compression) + tag(262, 3, 1) +
         tag(273, 4, 122) + tag(277, 3, 1) + tag(278, 3, header.height) +
         tag(279, 4, static_cast<std::uint32_t>(data.size())) + little32(0) + data;
}

}  // namespace fathom::image
