#include "fathom/image/mask.hpp"

#include <fmt/format.h>

#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/image/codec.hpp"
#include "fathom/image/formats/bmp.hpp"
#include "fathom/image/formats/gif.hpp"
#include "fathom/image/mat.hpp"
#include "fathom/image/netpbm.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/image/png_chunks.hpp"
#include "fathom/image/tiff.hpp"
#include "fathom/io/file.hpp"

namespace fathom::image {
namespace {

constexpr double kLargestLabel = 65535;

/// CV_8UC1 or CV_16UC1 as a mask.
torch::Tensor mask_of(const cv::Mat& labels) {
  if (labels.depth() == CV_8U) return to_tensor(labels);
  cv::Mat floats;
  labels.convertTo(floats, CV_32F);
  return torch::from_blob(floats.data, {1, floats.rows, floats.cols}, torch::kFloat).clone();
}

cv::Mat png_labels(const std::string& bytes, const Promise& promise, const std::string& what,
                   const std::string& cannot) {
  const char colour_type = bytes[25];
  if (colour_type != 0 && colour_type != 3)
    throw FormatError(cannot + "a PNG mask must be grey or have a palette, without colours and alpha");
  const cv::Mat decoded = upright(
      decode(png_for_codec(bytes, PngUse::labels),
             cv::IMREAD_GRAYSCALE | cv::IMREAD_ANYDEPTH | cv::IMREAD_IGNORE_ORIENTATION, what, cannot),
      promise.orientation);
  if (promise.bits >= 8) return decoded;
  // Samples of fewer bits come spread over 0 to 255: 3 of two bits as 255.
  cv::Mat labels;
  decoded.convertTo(labels, CV_8U, ((1 << promise.bits) - 1) / 255.);
  return labels;
}

cv::Mat netpbm_labels(const std::string& bytes, const std::string& cannot) {
  const NetpbmHeader header = netpbm_header(bytes, cannot);
  if (header.channels != 1)
    throw FormatError(cannot + "a PPM or PAM mask must have one sample per pixel, without colours and alpha");
  std::vector<std::uint16_t> samples = netpbm_samples(bytes, header, cannot);
  const cv::Mat stored(static_cast<int>(header.size.height), static_cast<int>(header.size.width), CV_16U,
                       samples.data());
  cv::Mat labels;
  stored.convertTo(labels, header.largest > 255 ? CV_16U : CV_8U);
  return labels;
}

cv::Mat gif_labels(const std::string& bytes, Extent size, const std::string& cannot) {
  const GifPicture picture = read_gif(bytes, cannot);
  if (picture.place != Patch{0, 0, size.height, size.width})
    throw FormatError(cannot + "a GIF mask must have a picture as large as the screen");
  return picture.indices;
}

/// CV_16UC1 from a float mask.
cv::Mat sixteen_bits(const torch::Tensor& mask) {
  const torch::Tensor labels = mask.detach().cpu().contiguous();
  const bool fits =
      ((labels == labels.round()) & (labels >= 0) & (labels <= kLargestLabel)).all().item<bool>();
  if (!fits)
    throw InvalidArgument("the labels of a mask must be whole numbers from 0 to 65535 to be written");
  const cv::Mat floats(static_cast<int>(labels.size(1)), static_cast<int>(labels.size(2)), CV_32F,
                       labels.data_ptr());
  cv::Mat whole;
  floats.convertTo(whole, CV_16U);
  return whole;
}

}  // namespace

torch::Tensor decode_mask(const std::string& bytes, const std::string& what) {
  const std::string cannot = fmt::format("cannot read mask '{}': ", what);
  const Promise promise = checked_promise(bytes, cannot);
  switch (promise.format) {
    case Format::png:
      return mask_of(png_labels(bytes, promise, what, cannot));
    case Format::tiff:
      return mask_of(read_tiff_labels(bytes, promise.size, cannot));
    case Format::netpbm:
      return mask_of(netpbm_labels(bytes, cannot));
    case Format::bmp:
      return mask_of(read_bmp_labels(bytes, promise.size, cannot));
    case Format::gif:
      return mask_of(gif_labels(bytes, promise.size, cannot));
    case Format::jpeg:
    case Format::webp:
      break;
  }
  throw FormatError(cannot + "a mask must be a PNG, TIFF, BMP, GIF, PGM, PBM or PAM file");
}

torch::Tensor read_mask(const std::filesystem::path& path) {
  return decode_mask(io::read_file(path), path.string());
}

void write_mask(const std::filesystem::path& path, const torch::Tensor& mask) {
  if (lower_extension(path) != ".png")
    throw InvalidArgument(fmt::format("cannot write mask '{}': its name must end in .png", path.string()));
  const bool is_mask = mask.defined() && mask.dim() == 3 && mask.size(0) == 1 && mask.numel() > 0 &&
                       (mask.scalar_type() == torch::kUInt8 || mask.scalar_type() == torch::kFloat);
  if (!is_mask) throw InvalidArgument("a mask must be uint8 or float [1, H, W] with at least one pixel");
  if (mask.scalar_type() == torch::kUInt8) {
    write_picture(path, mask);
    return;
  }
  std::vector<unsigned char> bytes;
  cv::imencode(".png", sixteen_bits(mask), bytes, {cv::IMWRITE_PNG_COMPRESSION, 6});
  io::write_file(path, std::string(bytes.begin(), bytes.end()));
}

}  // namespace fathom::image
