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

/// A picture as its file has it, upright: 8 bits, grey or RGB, with opacity behind it if `has_alpha`.
struct Decoded {
  cv::Mat samples;
  bool has_alpha = false;
  bool premultiplied = false;  ///< the colours have been multiplied by the opacity
};

cv::Mat with_alpha(const cv::Mat& colours, const cv::Mat& alpha) {
  std::vector<cv::Mat> channels;
  cv::split(colours, channels);
  channels.push_back(alpha);
  cv::Mat all;
  cv::merge(channels, all);
  return all;
}

/// From OpenCV's grey, BGR or BGRA of 8 bits.
Decoded from_codec(const cv::Mat& decoded, const Promise& promise, const std::string& cannot) {
  const int channels = decoded.channels();
  if (channels != 1 && channels != 3 && channels != 4)
    throw FormatError(fmt::format("{}it has {} channels", cannot, channels));
  Decoded picture{decoded, channels == 4, false};
  if (channels == 1) return picture;
  if (!promise.grey) {
    cv::cvtColor(decoded, picture.samples, channels == 4 ? cv::COLOR_BGRA2RGBA : cv::COLOR_BGR2RGB);
    return picture;
  }
  cv::Mat grey, alpha;
  cv::extractChannel(decoded, grey, 0);
  if (channels == 4) cv::extractChannel(decoded, alpha, 3);
  picture.samples = channels == 4 ? with_alpha(grey, alpha) : grey;
  return picture;
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

Decoded decode_png(const std::string& bytes, const Promise& promise, const std::string& what,
                   const std::string& cannot) {
  const cv::Mat decoded = decode(png_for_codec(bytes, PngUse::picture), decode_flags(promise), what, cannot);
  Decoded picture = from_codec(to_eight_bits(decoded, promise.has_alpha, what, cannot), promise, cannot);
  if (promise.transparent_grey && !picture.has_alpha) {
    cv::Mat alpha;
    cv::bitwise_not(where_transparent(decoded, promise), alpha);
    picture = {with_alpha(picture.samples, alpha), true, false};
  }
  picture.samples = upright(picture.samples, promise.orientation);
  return picture;
}

Decoded decode_tiff(const std::string& bytes, const Promise& promise, const std::string& what,
                    const std::string& cannot) {
  const TiffPicture picture = read_tiff(bytes, promise.size, cannot);
  if (picture.pages > 1) note(fmt::format("'{}' has {} pages; the first is read", what, picture.pages));
  return {to_eight_bits(picture.samples, picture.has_alpha, what, cannot), picture.has_alpha,
          picture.premultiplied};
}

Decoded decode_netpbm(const std::string& bytes, const std::string& what, const std::string& cannot) {
  NetpbmHeader header = netpbm_header(bytes, cannot);
  const std::vector<std::uint16_t> samples = netpbm_samples(bytes, header, cannot);
  if (header.largest == kSixteenBitWhite && !header.has_alpha)
    header.largest = white_of(*std::max_element(samples.begin(), samples.end()), what);
  std::vector<std::uint8_t> levels = netpbm_levels(samples, header);
  const cv::Mat picture(static_cast<int>(header.size.height), static_cast<int>(header.size.width),
                        CV_8UC(static_cast<int>(header.channels)), levels.data());
  return {picture.clone(), header.has_alpha, false};
}

Decoded decode_gif(const std::string& bytes, const Promise& promise, const std::string& cannot) {
  const GifPicture picture = read_gif(bytes, cannot);
  const cv::Mat colours = on_white_screen(picture, promise.size);
  cv::Mat alpha(colours.size(), CV_8UC1, cv::Scalar(0)), opaque;
  cv::compare(picture.indices, cv::Scalar(picture.transparent), opaque, cv::CMP_NE);
  opaque.copyTo(alpha(cv::Rect(static_cast<int>(picture.place.x), static_cast<int>(picture.place.y),
                               opaque.cols, opaque.rows)));
  if (cv::countNonZero(alpha) == alpha.rows * alpha.cols) return {colours, false, false};
  return {with_alpha(colours, alpha), true, false};
}

/// Formats that OpenCV reads whole.
Decoded decode_plain(const std::string& bytes, const Promise& promise, const std::string& what,
                     const std::string& cannot) {
  const cv::Mat decoded = decode(bytes, decode_flags(promise), what, cannot);
  Decoded picture = from_codec(to_eight_bits(decoded, promise.has_alpha, what, cannot), promise, cannot);
  picture.samples = upright(picture.samples, promise.orientation);
  return picture;
}

/// The first picture of an animation; what it leaves free of the screen is transparent.
Decoded decode_animated_webp(const std::string& bytes, const Promise& promise, const std::string& what,
                             const std::string& cannot) {
  const auto [file, place] = first_webp_frame(bytes, promise.size, cannot);
  const Decoded frame = decode_plain(file, checked_promise(file, cannot), what, cannot);
  const cv::Mat& samples = frame.samples;
  if (samples.rows != place.height || samples.cols != place.width)
    throw FormatError(cannot + "damaged (its first picture has two sizes)");
  const cv::Mat shown =
      frame.has_alpha ? samples : with_alpha(samples, cv::Mat(samples.size(), CV_8UC1, cv::Scalar(255)));
  cv::Mat screen(static_cast<int>(promise.size.height), static_cast<int>(promise.size.width), shown.type(),
                 cv::Scalar::all(0));
  shown.copyTo(
      screen(cv::Rect(static_cast<int>(place.x), static_cast<int>(place.y), samples.cols, samples.rows)));
  const bool is_whole = screen.size() == samples.size();
  return {upright(is_whole ? samples : screen, promise.orientation), frame.has_alpha || !is_whole, false};
}

Decoded decode_bmp(const std::string& bytes, const Promise& promise, const std::string& what,
                   const std::string& cannot) {
  if (bmp_bits(bytes, cannot) != 16) return decode_plain(bytes, promise, what, cannot);
  const cv::Mat rgb = read_bmp_of_16_bits(bytes, promise.size, cannot);
  return {rgb, rgb.channels() == 4, false};
}

Decoded decode_as(const Promise& promise, const std::string& bytes, const std::string& what,
                  const std::string& cannot) {
  switch (promise.format) {
    case Format::png:
      return decode_png(bytes, promise, what, cannot);
    case Format::tiff:
      return decode_tiff(bytes, promise, what, cannot);
    case Format::netpbm:
      return decode_netpbm(bytes, what, cannot);
    case Format::gif:
      return decode_gif(bytes, promise, cannot);
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

Decoded decoded_file(const std::string& bytes, const std::string& what) {
  const std::string cannot = fmt::format("cannot read picture '{}': ", what);
  const Promise promise = checked_promise(bytes, cannot);
  Decoded picture = decode_as(promise, bytes, what, cannot);
  if (promise.frames > 1)
    note(fmt::format("'{}' is an animation of {} pictures; the first is read", what, promise.frames));
  return picture;
}

/// The colours as they were before they were multiplied by the opacity; black where nothing is left of them.
void divide_by_opacity(cv::Mat& rgba) {
  for (int y = 0; y < rgba.rows; ++y) {
    std::uint8_t* pixel = rgba.ptr(y);
    for (int x = 0; x < rgba.cols; ++x, pixel += 4)
      for (int c = 0; c < 3; ++c) {
        const int alpha = pixel[3];
        const int level = alpha == 0 ? 0 : std::min(255, (pixel[c] * 255 + alpha / 2) / alpha);
        pixel[c] = static_cast<std::uint8_t>(level);
      }
  }
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
  const Decoded picture = decoded_file(bytes, what);
  return to_tensor(picture.has_alpha ? over_white(picture.samples, picture.premultiplied) : picture.samples);
}

torch::Tensor decode_picture_with_opacity(const std::string& bytes, const std::string& what) {
  const Decoded picture = decoded_file(bytes, what);
  if (!picture.has_alpha) {
    note(fmt::format("'{}' has no opacity: its fourth channel is 255 everywhere", what));
    const torch::Tensor rgb = to_rgb(to_tensor(picture.samples));
    return torch::cat({rgb, torch::full_like(rgb.narrow(0, 0, 1), 255)});
  }
  cv::Mat rgba = picture.samples;
  if (rgba.channels() == 2) {
    std::vector<cv::Mat> channels;
    cv::split(rgba, channels);
    cv::merge(std::vector<cv::Mat>{channels[0], channels[0], channels[0], channels[1]}, rgba);
  }
  if (picture.premultiplied) divide_by_opacity(rgba);
  return to_tensor(rgba);
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
