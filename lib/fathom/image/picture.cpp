#include "fathom/image/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"
#include "fathom/image/codec.hpp"
#include "fathom/image/formats/bmp.hpp"
#include "fathom/image/formats/gif.hpp"
#include "fathom/image/formats/webp.hpp"
#include "fathom/image/mat.hpp"
#include "fathom/image/netpbm.hpp"
#include "fathom/image/png_chunks.hpp"
#include "fathom/image/tiff.hpp"
#include "fathom/io/file.hpp"

namespace fathom::image {
namespace {

constexpr int kJpegQuality = 95;
constexpr std::uint32_t kSixteenBitWhite = 65535;

void require_extent(Extent size) {
  if (size.height < 1 || size.width < 1 || size.height > INT_MAX || size.width > INT_MAX) {
    throw InvalidArgument(
        fmt::format("a picture cannot be {} pixels tall and {} wide", size.height, size.width));
  }
}

/// The orientation tag is applied here, for all formats alike: OpenCV passes over it in some, and in all that
/// have alpha.
int decode_flags(const Promise& promise) {
  return promise.has_alpha ? cv::IMREAD_UNCHANGED
                           : cv::IMREAD_ANYCOLOR | cv::IMREAD_ANYDEPTH | cv::IMREAD_IGNORE_ORIENTATION;
}

/// What is white in 16-bit samples of which `largest` is the largest: 65535, or 2^n - 1 if the samples have
/// only n bits, 8 to 12, as cameras and scanners store them without scaling. Divided by 257, these would be
/// nearly black.
std::uint32_t white_of(std::uint32_t largest, const std::string& what) {
  constexpr std::uint32_t kFewestBits = 8, kMostBits = 12;
  if (largest == 0 || largest >> kMostBits != 0) return kSixteenBitWhite;
  std::uint32_t bits = kFewestBits;
  while (largest >> bits != 0) ++bits;
  note(fmt::format("'{}' has 16 bits, but its largest sample is {}; its samples are read as {} bits", what,
                   largest, bits));
  return (1U << bits) - 1;
}

/// Samples of 8 bits as they are; of 16 bits rounded to the nearest of 8. Files with opacity come from
/// programs that scale their samples.
cv::Mat to_eight_bits(const cv::Mat& decoded, bool has_alpha, const std::string& what,
                      const std::string& cannot) {
  if (decoded.depth() == CV_8U) return decoded;
  if (decoded.depth() != CV_16U) throw FormatError(cannot + "its samples have neither 8 nor 16 bits");
  double largest = kSixteenBitWhite;
  if (!has_alpha) cv::minMaxIdx(decoded.reshape(1), nullptr, &largest);
  cv::Mat eight;
  decoded.convertTo(eight, CV_8U, 255.0 / white_of(static_cast<std::uint32_t>(largest), what));
  return eight;
}

/// Any number of colours with opacity behind them over white, as the colours alone. `premultiplied`: the
/// colours have been multiplied by the opacity.
cv::Mat over_white(const cv::Mat& with_alpha, bool premultiplied) {
  const int channels = with_alpha.channels(), colours = channels - 1;
  cv::Mat opaque(with_alpha.size(), CV_8UC(colours));
  for (int y = 0; y < with_alpha.rows; ++y) {
    const std::uint8_t* from = with_alpha.ptr(y);
    std::uint8_t* to = opaque.ptr(y);
    for (int x = 0; x < with_alpha.cols; ++x, from += channels, to += colours) {
      const int alpha = from[colours];
      for (int c = 0; c < colours; ++c) {
        const int level = premultiplied ? std::min(255, from[c] + 255 - alpha)
                                        : (from[c] * alpha + 255 * (255 - alpha) + 127) / 255;
        to[c] = static_cast<std::uint8_t>(level);
      }
    }
  }
  return opaque;
}

/// OpenCV's grey, BGR or BGRA of 8 bits.
cv::Mat to_rgb_or_grey(const cv::Mat& decoded, bool grey, const std::string& cannot) {
  if (decoded.channels() == 1) return decoded;
  if (decoded.channels() != 3 && decoded.channels() != 4) {
    throw FormatError(fmt::format("{}it has {} channels", cannot, decoded.channels()));
  }
  const cv::Mat bgr = decoded.channels() == 4 ? over_white(decoded, false) : decoded;
  cv::Mat out;
  if (grey) {
    cv::extractChannel(bgr, out, 0);
  } else {
    cv::cvtColor(bgr, out, cv::COLOR_BGR2RGB);
  }
  return out;
}

/// Where a grey PNG file is transparent.
cv::Mat where_transparent(const cv::Mat& grey, const Promise& promise) {
  const std::uint32_t sample = *promise.transparent_grey;
  // OpenCV spreads samples of fewer bits over 0 to 255.
  const std::uint32_t level = promise.bits < 8 ? sample * 255 / ((1U << promise.bits) - 1) : sample;
  cv::Mat transparent;
  cv::compare(grey, cv::Scalar(level), transparent, cv::CMP_EQ);
  return transparent;
}

cv::Mat decode_png(const std::string& bytes, const Promise& promise, const std::string& what,
                   const std::string& cannot) {
  const cv::Mat decoded = decode(png_for_codec(bytes, PngUse::picture), decode_flags(promise), what, cannot);
  cv::Mat levels = to_eight_bits(decoded, promise.has_alpha, what, cannot);
  if (promise.transparent_grey) levels.setTo(255, where_transparent(decoded, promise));
  return upright(to_rgb_or_grey(levels, promise.grey, cannot), promise.orientation);
}

cv::Mat decode_tiff(const std::string& bytes, const Promise& promise, const std::string& what,
                    const std::string& cannot) {
  const TiffPicture picture = read_tiff(bytes, promise.size, cannot);
  if (picture.pages > 1) note(fmt::format("'{}' has {} pages; the first is read", what, picture.pages));
  const cv::Mat levels = to_eight_bits(picture.samples, picture.has_alpha, what, cannot);
  return picture.has_alpha ? over_white(levels, picture.premultiplied) : levels;
}

cv::Mat decode_netpbm(const std::string& bytes, const std::string& what, const std::string& cannot) {
  NetpbmHeader header = netpbm_header(bytes, cannot);
  const std::vector<std::uint16_t> samples = netpbm_samples(bytes, header, cannot);
  if (header.largest == kSixteenBitWhite && !header.has_alpha)
    header.largest = white_of(*std::max_element(samples.begin(), samples.end()), what);
  std::vector<std::uint8_t> levels = netpbm_levels(samples, header);
  const cv::Mat picture(static_cast<int>(header.size.height), static_cast<int>(header.size.width),
                        CV_8UC(static_cast<int>(header.channels)), levels.data());
  return header.has_alpha ? over_white(picture, false) : picture.clone();
}

/// Formats that OpenCV reads whole.
cv::Mat decode_plain(const std::string& bytes, const Promise& promise, const std::string& what,
                     const std::string& cannot) {
  const cv::Mat decoded = decode(bytes, decode_flags(promise), what, cannot);
  const cv::Mat levels = to_eight_bits(decoded, promise.has_alpha, what, cannot);
  return upright(to_rgb_or_grey(levels, promise.grey, cannot), promise.orientation);
}

/// The first picture of an animation on a white screen.
cv::Mat decode_animated_webp(const std::string& bytes, const Promise& promise, const std::string& what,
                             const std::string& cannot) {
  const auto [file, place] = first_webp_frame(bytes, promise.size, cannot);
  const cv::Mat frame = decode_plain(file, checked_promise(file, cannot), what, cannot);
  if (frame.rows != place.height || frame.cols != place.width)
    throw FormatError(cannot + "damaged (its first picture has two sizes)");
  cv::Mat screen(static_cast<int>(promise.size.height), static_cast<int>(promise.size.width), frame.type(),
                 cv::Scalar::all(255));
  frame.copyTo(
      screen(cv::Rect(static_cast<int>(place.x), static_cast<int>(place.y), frame.cols, frame.rows)));
  return upright(screen, promise.orientation);
}

cv::Mat decode_bmp(const std::string& bytes, const Promise& promise, const std::string& what,
                   const std::string& cannot) {
  if (bmp_bits(bytes, cannot) != 16) return decode_plain(bytes, promise, what, cannot);
  const cv::Mat rgb = read_bmp_of_16_bits(bytes, promise.size, cannot);
  return rgb.channels() == 4 ? over_white(rgb, false) : rgb;
}

cv::Mat decode_as(const Promise& promise, const std::string& bytes, const std::string& what,
                  const std::string& cannot) {
  switch (promise.format) {
    case Format::png:
      return decode_png(bytes, promise, what, cannot);
    case Format::tiff:
      return decode_tiff(bytes, promise, what, cannot);
    case Format::netpbm:
      return decode_netpbm(bytes, what, cannot);
    case Format::gif:
      return on_white_screen(read_gif(bytes, cannot), promise.size);
    case Format::bmp:
      return decode_bmp(bytes, promise, what, cannot);
    case Format::webp:
      if (promise.frames > 0) return decode_animated_webp(bytes, promise, what, cannot);
      break;
    case Format::jpeg:
      break;
  }
  return decode_plain(bytes, promise, what, cannot);
}

std::string encode(const char* ending, const torch::Tensor& picture, const std::vector<int>& options) {
  cv::Mat mat = to_mat(picture);
  if (mat.channels() == 3) cv::cvtColor(mat, mat, cv::COLOR_RGB2BGR);
  std::vector<unsigned char> bytes;
  try {
    cv::imencode(ending, mat, bytes, options);
  } catch (const cv::Exception& error) {
    throw InvalidArgument(fmt::format("cannot encode a picture of {}x{} pixels as {}: {}", mat.cols, mat.rows,
                                      ending, error.err));
  }
  return {bytes.begin(), bytes.end()};
}

void require_picture_name(const std::filesystem::path& path) {
  const std::string ending = lower_extension(path);
  if (ending != ".png" && ending != ".jpg" && ending != ".jpeg")
    throw InvalidArgument(
        fmt::format("cannot write picture '{}': its name must end in .png, .jpg or .jpeg", path.string()));
}

}  // namespace

torch::Tensor decode_picture(const std::string& bytes, const std::string& what) {
  const std::string cannot = fmt::format("cannot read picture '{}': ", what);
  const Promise promise = checked_promise(bytes, cannot);
  const torch::Tensor picture = to_tensor(decode_as(promise, bytes, what, cannot));
  if (promise.frames > 1)
    note(fmt::format("'{}' is an animation of {} pictures; the first is read", what, promise.frames));
  return picture;
}

torch::Tensor read_picture(const std::filesystem::path& path) {
  return decode_picture(io::read_file(path), path.string());
}

torch::Tensor read_picture_as(const std::filesystem::path& path, Extent size) {
  const torch::Tensor picture = to_rgb(read_picture(path));
  return size == Extent{} ? picture : resize(picture, size);
}

std::string encode_png(const torch::Tensor& picture) {
  return encode(".png", picture, {cv::IMWRITE_PNG_COMPRESSION, 6});
}

void require_writable_picture(const std::filesystem::path& path) {
  require_picture_name(path);
  io::require_writable(path);
}

void write_picture(const std::filesystem::path& path, const torch::Tensor& picture) {
  require_picture_name(path);
  io::write_file(path, lower_extension(path) == ".png"
                           ? encode_png(picture)
                           : encode(".jpg", picture, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality}));
}

torch::Tensor resize(const torch::Tensor& picture, Extent size, bool pixelated) {
  require_picture(picture);
  require_extent(size);
  if (picture.size(1) == size.height && picture.size(2) == size.width) return picture;

  const cv::Mat from = to_mat(picture);
  const cv::Size goal(static_cast<int>(size.width), static_cast<int>(size.height));
  cv::Mat to;
  if (pixelated) {
    cv::resize(from, to, goal, 0, 0, cv::INTER_NEAREST_EXACT);
    return to_tensor(to);
  }
  // Each axis by the method for its direction: averaging first where it shrinks, cubic where it grows.
  const cv::Size shrunk(std::min(goal.width, from.cols), std::min(goal.height, from.rows));
  cv::resize(from, to, shrunk, 0, 0, cv::INTER_AREA);
  if (shrunk != goal) cv::resize(to.clone(), to, goal, 0, 0, cv::INTER_CUBIC);
  return to_tensor(to);
}

torch::Tensor to_rgb(const torch::Tensor& picture) {
  require_picture(picture);
  return picture.size(0) == 3 ? picture : picture.expand({3, -1, -1}).contiguous();
}

torch::Tensor to_grey(const torch::Tensor& picture) {
  require_picture(picture);
  if (picture.size(0) == 1) return picture;
  const torch::Tensor rgb = picture.to(torch::kFloat32);
  return (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]).round().to(torch::kUInt8).unsqueeze(0);
}

torch::Tensor to_picture(const torch::Tensor& image) {
  const bool batch_of_one = image.dim() == 4 && image.size(0) == 1;
  if (!image.is_floating_point() || (!batch_of_one && image.dim() != 3)) {
    throw InvalidArgument("an image must be float [1, C, H, W] or [C, H, W] to become a picture");
  }
  const torch::Tensor planes = (batch_of_one ? image[0] : image).detach().to(torch::kCPU, torch::kFloat32);
  const torch::Tensor picture =
      planes.nan_to_num(0).clamp(0, 1).mul(255).round().to(torch::kUInt8).contiguous();
  require_picture(picture);
  return picture;
}

}  // namespace fathom::image
