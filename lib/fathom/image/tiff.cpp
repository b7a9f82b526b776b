#include "fathom/image/tiff.hpp"

#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/image/codec.hpp"

namespace fathom::image {
namespace {

/// More than libtiff needs at once besides the picture itself.
constexpr std::uint64_t kTiffWorkspace = 64 << 20;

/// A file in memory, as libtiff reads files.
struct TiffMemory {
  const std::string& bytes;
  std::uint64_t at = 0;
};

tmsize_t read_memory(thandle_t handle, void* to, tmsize_t length) {
  auto& memory = *static_cast<TiffMemory*>(handle);
  if (memory.at >= memory.bytes.size()) return 0;
  const std::size_t count =
      std::min(static_cast<std::size_t>(length), memory.bytes.size() - static_cast<std::size_t>(memory.at));
  std::memcpy(to, memory.bytes.data() + memory.at, count);
  memory.at += count;
  return static_cast<tmsize_t>(count);
}
tmsize_t write_nothing(thandle_t, void*, tmsize_t) { return 0; }
toff_t seek_memory(thandle_t handle, toff_t offset, int whence) {
  auto& memory = *static_cast<TiffMemory*>(handle);
  const std::uint64_t from = whence == SEEK_CUR ? memory.at : whence == SEEK_END ? memory.bytes.size() : 0;
  memory.at = from + offset;
  return memory.at;
}
int close_nothing(thandle_t) { return 0; }
toff_t memory_size(thandle_t handle) { return static_cast<TiffMemory*>(handle)->bytes.size(); }

/// libtiff's first error is the reason; what follows are its consequences.
__attribute__((format(printf, 4, 0))) int keep_first_error(TIFF*, void* user, const char*, const char* format,
                                                           va_list arguments) {
  auto& error = *static_cast<std::string*>(user);
  std::array<char, 200> text = {};
  if (error.empty() && std::vsnprintf(text.data(), text.size(), format, arguments) > 0) error = text.data();
  return 1;  // it shall not print it
}
/// Warnings are about tags that say nothing of the pixels.
__attribute__((format(printf, 4, 0))) int pass_over_warning(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}

class TiffFile {
 public:
  TiffFile(const std::string& bytes, Extent size, const std::string& cannot)
      : memory_{bytes},
        size_(size),
        most_memory_(static_cast<std::uint64_t>(size.height * size.width) * 8 + bytes.size() +
                     kTiffWorkspace),
        cannot_(cannot) {
    TIFFOpenOptions* const options = TIFFOpenOptionsAlloc();
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep_first_error, &error_);
    TIFFOpenOptionsSetWarningHandlerExtR(options, pass_over_warning, nullptr);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, static_cast<tmsize_t>(most_memory_));
    tiff_ = TIFFClientOpenExt("picture", "r", &memory_, read_memory, write_nothing, seek_memory,
                              close_nothing, memory_size, nullptr, nullptr, options);
    TIFFOpenOptionsFree(options);
    if (!tiff_) fail_as_libtiff();
    if (field(TIFFTAG_IMAGEWIDTH, std::uint32_t{0}) != size.width ||
        field(TIFFTAG_IMAGELENGTH, std::uint32_t{0}) != size.height)
      close_and_fail("its TIFF header gives two sizes");
  }
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;
  ~TiffFile() {
    if (tiff_) TIFFClose(tiff_);
  }

  TIFF* get() const { return tiff_; }
  Extent size() const { return size_; }
  std::uint64_t most_memory() const { return most_memory_; }

  /// A tag's value, or the format's default, or `fallback`.
  template <typename T>
  T field(std::uint32_t tag, T fallback) const {
    T value = fallback;
    return TIFFGetFieldDefaulted(tiff_, tag, &value) ? value : fallback;
  }

  [[noreturn]] void fail(const std::string& reason) const { throw FormatError(cannot_ + reason); }
  [[noreturn]] void fail_as_libtiff() const {
    fail(fmt::format("damaged, or of a kind that libtiff does not read ({})",
                     error_.empty() ? "it gives no reason" : error_));
  }

 private:
  /// In the constructor, whose failure no destructor follows.
  [[noreturn]] void close_and_fail(const std::string& reason) {
    TIFFClose(tiff_);
    fail(reason);
  }

  TiffMemory memory_;
  Extent size_;
  std::uint64_t most_memory_;
  const std::string& cannot_;
  std::string error_;
  TIFF* tiff_ = nullptr;
};

/// What the tags say of a pixel's samples.
struct TiffLayout {
  std::uint16_t bits = 1, samples = 1, colours = 1;
  int photometric = -1;  // -1: the file does not say
  int alpha = -1;        // the number of the sample with the opacity; -1: none
  bool premultiplied = false, is_unsigned = true, in_planes = false;
  std::uint16_t orientation = ORIENTATION_TOPLEFT;

  bool is_grey() const {
    return photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE;
  }
  /// Whether the stored samples are the levels of grey, or of red, green and blue.
  bool has_plain_samples() const {
    const bool known = is_grey() || (photometric == PHOTOMETRIC_RGB && samples >= 3);
    return known && (bits == 8 || bits == 16);
  }
};

std::uint16_t colours_of(int photometric) {
  if (photometric == PHOTOMETRIC_SEPARATED) return 4;
  const bool single = photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE ||
                      photometric == PHOTOMETRIC_PALETTE || photometric < 0;
  return single ? 1 : 3;
}

void find_alpha(const TiffFile& file, TiffLayout& layout) {
  if (layout.samples <= layout.colours) return;
  std::uint16_t count = 0;
  const std::uint16_t* kinds = nullptr;
  // Not the default, which would describe extra samples of which the file says nothing.
  if (!TIFFGetField(file.get(), TIFFTAG_EXTRASAMPLES, &count, &kinds)) {
    if (layout.samples == layout.colours + 1) layout.alpha = layout.colours;
    return;
  }
  for (int i = 0; i < count && layout.alpha < 0; ++i) {
    if (kinds[i] != EXTRASAMPLE_ASSOCALPHA && kinds[i] != EXTRASAMPLE_UNASSALPHA) continue;
    layout.alpha = layout.samples - count + i;
    layout.premultiplied = kinds[i] == EXTRASAMPLE_ASSOCALPHA;
  }
}

TiffLayout layout_of(const TiffFile& file) {
  TiffLayout layout;
  layout.bits = file.field(TIFFTAG_BITSPERSAMPLE, layout.bits);
  layout.samples = file.field(TIFFTAG_SAMPLESPERPIXEL, layout.samples);
  std::uint16_t photometric = 0;
  if (TIFFGetField(file.get(), TIFFTAG_PHOTOMETRIC, &photometric)) layout.photometric = photometric;
  layout.colours = colours_of(layout.photometric);
  layout.in_planes =
      file.field(TIFFTAG_PLANARCONFIG, std::uint16_t{PLANARCONFIG_CONTIG}) == PLANARCONFIG_SEPARATE;
  const auto format = file.field(TIFFTAG_SAMPLEFORMAT, std::uint16_t{SAMPLEFORMAT_UINT});
  layout.is_unsigned = format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID;
  layout.orientation = file.field(TIFFTAG_ORIENTATION, layout.orientation);
  find_alpha(file, layout);
  if (layout.bits > 16) file.fail("its samples have neither 8 nor 16 bits");
  if (!layout.is_unsigned) file.fail("its samples are not unsigned whole numbers");
  return layout;
}

/// Reads a file block by block: tiles, or rows of strips.
template <typename Sample>
class TiffBlocks {
 public:
  TiffBlocks(const TiffFile& file, const TiffLayout& layout)
      : file_(file), layout_(layout), tiled_(TIFFIsTiled(file.get()) != 0) {
    block_ = {1, file.size().width};
    if (tiled_)
      block_ = {file.field(TIFFTAG_TILELENGTH, std::uint32_t{0}),
                file.field(TIFFTAG_TILEWIDTH, std::uint32_t{0})};
    step_ = layout.in_planes ? 1 : layout.samples;
    const auto length =
        static_cast<std::uint64_t>(tiled_ ? TIFFTileSize(file.get()) : TIFFScanlineSize(file.get()));
    if (length > file.most_memory()) file.fail("its tiles are much larger than the picture");
    const std::uint64_t needed =
        static_cast<std::uint64_t>(block_.height * block_.width * step_) * sizeof(Sample);
    if (needed == 0 || length < needed) file.fail("its TIFF header is damaged");
    buffer_.resize(static_cast<std::size_t>(length + sizeof(Sample) - 1) / sizeof(Sample));
  }

  /// The samples with these numbers, as the channels of `to`.
  void read(const std::vector<int>& wanted, cv::Mat& to) {
    if (!layout_.in_planes) {
      read_plane(0, wanted, 0, to);
      return;
    }
    for (std::size_t k = 0; k < wanted.size(); ++k) read_plane(wanted[k], {0}, static_cast<int>(k), to);
  }

 private:
  /// All blocks of one plane; `wanted` are numbers within a pixel of the plane, for the channels from
  /// `first`.
  void read_plane(int plane, const std::vector<int>& wanted, int first, cv::Mat& to) {
    const Extent size = file_.size();
    for (std::int64_t y = 0; y < size.height; y += block_.height)
      for (std::int64_t x = 0; x < size.width; x += block_.width) {
        read_block(y, x, plane);
        copy_block(y, x, wanted, first, to);
      }
  }

  void read_block(std::int64_t y, std::int64_t x, int plane) {
    const auto row = static_cast<std::uint32_t>(y), column = static_cast<std::uint32_t>(x);
    const auto sample = static_cast<std::uint16_t>(plane);
    const bool is_read = tiled_ ? TIFFReadTile(file_.get(), buffer_.data(), column, row, 0, sample) >= 0
                                : TIFFReadScanline(file_.get(), buffer_.data(), row, sample) >= 0;
    if (!is_read) file_.fail_as_libtiff();
  }

  void copy_block(std::int64_t top, std::int64_t left, const std::vector<int>& wanted, int first,
                  cv::Mat& to) {
    const std::int64_t height = std::min(block_.height, file_.size().height - top);
    const std::int64_t width = std::min(block_.width, file_.size().width - left);
    for (std::int64_t y = 0; y < height; ++y) {
      const Sample* const from = buffer_.data() + y * block_.width * step_;
      Sample* const row = to.ptr<Sample>(static_cast<int>(top + y)) + left * to.channels() + first;
      for (std::size_t k = 0; k < wanted.size(); ++k)
        for (std::int64_t x = 0; x < width; ++x)
          row[x * to.channels() + static_cast<std::int64_t>(k)] = from[x * step_ + wanted[k]];
    }
  }

  const TiffFile& file_;
  const TiffLayout& layout_;
  bool tiled_;
  Extent block_;
  std::int64_t step_ = 1;  // from a pixel to the next
  std::vector<Sample> buffer_;
};

/// The samples with these numbers, before the orientation is applied.
cv::Mat stored_samples(const TiffFile& file, const TiffLayout& layout, const std::vector<int>& wanted) {
  const auto [height, width] = file.size();
  cv::Mat samples(static_cast<int>(height), static_cast<int>(width),
                  CV_MAKETYPE(layout.bits == 8 ? CV_8U : CV_16U, static_cast<int>(wanted.size())));
  if (layout.bits == 8)
    TiffBlocks<std::uint8_t>(file, layout).read(wanted, samples);
  else
    TiffBlocks<std::uint16_t>(file, layout).read(wanted, samples);
  return samples;
}

/// Grey whose 0 is white, inverted; the opacity is not.
void invert_grey(cv::Mat& samples) {
  const double white = samples.depth() == CV_8U ? 255 : 65535;
  if (samples.channels() == 1) {
    cv::subtract(cv::Scalar::all(white), samples, samples);
    return;
  }
  cv::Mat grey;
  cv::extractChannel(samples, grey, 0);
  cv::subtract(cv::Scalar::all(white), grey, grey);
  cv::insertChannel(grey, samples, 0);
}

TiffPicture plain_picture(const TiffFile& file, const TiffLayout& layout) {
  std::vector<int> wanted;
  for (int k = 0; k < layout.colours; ++k) wanted.push_back(k);
  if (layout.alpha >= 0) wanted.push_back(layout.alpha);
  cv::Mat samples = stored_samples(file, layout, wanted);
  if (layout.photometric == PHOTOMETRIC_MINISWHITE) {
    if (layout.premultiplied) file.fail("it is grey with 0 as white and associated alpha, which is not read");
    invert_grey(samples);
  }
  return {upright(samples, layout.orientation), layout.alpha >= 0, layout.premultiplied};
}

/// Palettes hold 16 bits per colour, which some programs fill with 257 times the 8 bits and others, Pillow
/// among them, with 256 times. Libtiff divides by 257, which makes 254 of 256 x 255; the high byte is right
/// for both.
void round_palette(const TiffFile& file, const TiffLayout& layout) {
  std::array<std::uint16_t*, 3> colours = {};
  if (layout.photometric != PHOTOMETRIC_PALETTE || layout.bits > 8 ||
      !TIFFGetField(file.get(), TIFFTAG_COLORMAP, &colours[0], &colours[1], &colours[2]))
    return;
  const std::size_t count = std::size_t{1} << layout.bits;
  const bool has_eight_bits = std::all_of(colours.begin(), colours.end(), [&](const std::uint16_t* values) {
    return std::all_of(values, values + count, [](std::uint16_t value) { return value < 256; });
  });
  if (has_eight_bits) return;  // libtiff takes them as they are
  for (std::uint16_t* const values : colours)
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<std::uint16_t>((values[i] >> 8) * 257);
}

/// Pages behind the first one count; thumbnails and masks of a page do not.
std::int64_t pages_of(const TiffFile& file) {
  constexpr std::int64_t kMostPages = 10'000;
  std::int64_t pages = 1;
  while (pages < kMostPages && TIFFReadDirectory(file.get())) {
    const auto kind = file.field(TIFFTAG_SUBFILETYPE, std::uint32_t{0});
    if ((kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0) ++pages;
  }
  return pages;
}

/// Other kinds, as libtiff converts them to 8 bits.
TiffPicture converted_picture(const TiffFile& file, const TiffLayout& layout) {
  round_palette(file, layout);
  std::array<char, 1024> reason = {};
  if (!TIFFRGBAImageOK(file.get(), reason.data()))
    file.fail(fmt::format("libtiff does not read this kind ({})", reason.data()));
  const auto [height, width] = file.size();
  std::vector<std::uint32_t> raster(static_cast<std::size_t>(height * width));
  // Asked for in the file's own orientation, so that it is the rows as they are stored.
  if (!TIFFReadRGBAImageOriented(file.get(), static_cast<std::uint32_t>(width),
                                 static_cast<std::uint32_t>(height), raster.data(), layout.orientation,
                                 /*stop on errors=*/1))
    file.fail_as_libtiff();
  cv::Mat rgb(static_cast<int>(height), static_cast<int>(width), CV_8UC3);
  for (int y = 0; y < rgb.rows; ++y)
    for (int x = 0; x < rgb.cols; ++x) {
      const std::uint32_t pixel =
          raster[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
      rgb.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(TIFFGetR(pixel)),
                                 static_cast<std::uint8_t>(TIFFGetG(pixel)),
                                 static_cast<std::uint8_t>(TIFFGetB(pixel))};
    }
  cv::Mat seen = upright(rgb, layout.orientation);
  if (layout.is_grey()) cv::extractChannel(seen.clone(), seen, 0);
  return {seen};
}

/// Samples of 1, 2 or 4 bits, as they are stored.
cv::Mat packed_samples(const TiffFile& file, const TiffLayout& layout) {
  if (TIFFIsTiled(file.get())) file.fail("tiles of samples with less than 8 bits are not read");
  const auto [height, width] = file.size();
  const auto length = static_cast<std::uint64_t>(TIFFScanlineSize(file.get()));
  if (length < (static_cast<std::uint64_t>(width) * layout.bits + 7) / 8 || length > file.most_memory())
    file.fail("its TIFF header is damaged");
  std::vector<std::uint8_t> row(static_cast<std::size_t>(length));
  const std::size_t in_byte = std::size_t{8} / layout.bits, mask = (std::size_t{1} << layout.bits) - 1;
  cv::Mat samples(static_cast<int>(height), static_cast<int>(width), CV_8UC1);
  for (int y = 0; y < samples.rows; ++y) {
    if (TIFFReadScanline(file.get(), row.data(), static_cast<std::uint32_t>(y)) < 0) file.fail_as_libtiff();
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x)
      samples.ptr(y)[x] =
          static_cast<std::uint8_t>(row[x / in_byte] >> (layout.bits * (in_byte - 1 - x % in_byte)) & mask);
  }
  return samples;
}

}  // namespace

TiffPicture read_tiff(const std::string& bytes, Extent size, const std::string& cannot) {
  const TiffFile file(bytes, size, cannot);
  const TiffLayout layout = layout_of(file);
  if (!layout.has_plain_samples() && layout.alpha >= 0) {
    file.fail(
        "it has transparency, which is read only beside grey or RGB samples of 8 or 16 bits, not beside "
        "palettes, CMYK and others");
  }
  TiffPicture picture =
      layout.has_plain_samples() ? plain_picture(file, layout) : converted_picture(file, layout);
  picture.pages = pages_of(file);
  return picture;
}

cv::Mat read_tiff_labels(const std::string& bytes, Extent size, const std::string& cannot) {
  const TiffFile file(bytes, size, cannot);
  const TiffLayout layout = layout_of(file);
  const bool has_labels =
      layout.photometric == PHOTOMETRIC_MINISBLACK || layout.photometric == PHOTOMETRIC_PALETTE;
  const bool is_packed = layout.bits == 1 || layout.bits == 2 || layout.bits == 4;
  if (!has_labels || layout.samples != 1 || (!is_packed && layout.bits != 8 && layout.bits != 16))
    file.fail(
        "a TIFF mask must have one sample per pixel, of 1, 2, 4, 8 or 16 bits: grey with 0 as black, or a "
        "palette's");
  return upright(is_packed ? packed_samples(file, layout) : stored_samples(file, layout, {0}),
                 layout.orientation);
}

}  // namespace fathom::image
