#include "fathom/draw/gif.hpp"

#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::draw {
namespace {

constexpr int kColours = 256, kBitsPerColour = 8;
constexpr int kReds = 6, kGreens = 7, kBlues = 6;

void require_valid(const std::vector<torch::Tensor>& frames, const GifOptions& options) {
  if (frames.empty()) throw InvalidArgument("a GIF needs at least one frame");
  for (const torch::Tensor& frame : frames) {
    const bool fits = frame.dim() == 3 && frame.scalar_type() == torch::kUInt8 &&
                      (frame.size(0) == 1 || frame.size(0) == 3) && frame.sizes() == frames[0].sizes();
    if (!fits || frame.numel() == 0 || frame.size(1) > 65535 || frame.size(2) > 65535)
      throw InvalidArgument(fmt::format("the frames of a GIF must be uint8 pictures of one shape, not [{}]",
                                        fmt::join(frame.sizes(), ", ")));
  }
  for (const std::int64_t delay : {options.hundredths, options.last})
    if (delay < 1 || delay > 65535)
      throw InvalidArgument(
          fmt::format("a frame can be shown for 1 to 65535 hundredths of a second, not {}", delay));
}

int level(int index, int levels) { return index * 255 / (levels - 1); }

/// Of grey frames every grey, of others the levels of red, green and blue.
std::array<GifColorType, kColours> palette(bool grey) {
  std::array<GifColorType, kColours> colours{};
  for (int i = 0; i < kColours; ++i) {
    const int colour = std::min(i, kReds * kGreens * kBlues - 1);
    const int red = grey ? i : level(colour / (kGreens * kBlues), kReds);
    const int green = grey ? i : level(colour / kBlues % kGreens, kGreens);
    const int blue = grey ? i : level(colour % kBlues, kBlues);
    colours[static_cast<std::size_t>(i)] = {static_cast<GifByteType>(red), static_cast<GifByteType>(green),
                                            static_cast<GifByteType>(blue)};
  }
  return colours;
}

/// A palette index per pixel, row by row.
torch::Tensor indices(const torch::Tensor& frame) {
  if (frame.size(0) == 1) return frame.contiguous().view({-1});
  const auto nearest = [&](std::int64_t channel, int levels) {
    return (frame[channel].to(torch::kFloat) * ((levels - 1) / 255.0)).round();
  };
  const torch::Tensor index =
      (nearest(0, kReds) * kGreens + nearest(1, kGreens)) * kBlues + nearest(2, kBlues);
  return index.to(torch::kUInt8).contiguous().view({-1});
}

/// giflib with its answers checked; what it encodes goes to the end of a string.
class Encoder {
 public:
  explicit Encoder(std::string& bytes)
      : gif_(EGifOpen(&bytes, append, nullptr), [](GifFileType* gif) { EGifCloseFile(gif, nullptr); }) {
    check(gif_ ? GIF_OK : GIF_ERROR);
    EGifSetGifVersion(gif_.get(), true);
  }

  void begin(const torch::Tensor& frame) {
    const auto colours = palette(frame.size(0) == 1);
    const std::unique_ptr<ColorMapObject, decltype(&GifFreeMapObject)> map(
        GifMakeMapObject(kColours, colours.data()), GifFreeMapObject);
    check(EGifPutScreenDesc(gif_.get(), width_of(frame), height_of(frame), kBitsPerColour, 0, map.get()));
    // Again and again, in the words of the browser that began it.
    check(EGifPutExtensionLeader(gif_.get(), APPLICATION_EXT_FUNC_CODE));
    check(EGifPutExtensionBlock(gif_.get(), 11, "NETSCAPE2.0"));
    check(EGifPutExtensionBlock(gif_.get(), 3, "\x01\x00\x00"));
    check(EGifPutExtensionTrailer(gif_.get()));
  }

  void add(const torch::Tensor& frame, std::int64_t hundredths) {
    const GraphicsControlBlock shown{DISPOSAL_UNSPECIFIED, false, static_cast<int>(hundredths),
                                     NO_TRANSPARENT_COLOR};
    std::array<GifByteType, 4> extension{};
    EGifGCBToExtension(&shown, extension.data());
    check(EGifPutExtension(gif_.get(), GRAPHICS_EXT_FUNC_CODE, static_cast<int>(extension.size()),
                           extension.data()));
    check(
        EGifPutImageDesc(gif_.get(), 0, 0, width_of(frame), height_of(frame), /*interlaced=*/false, nullptr));
    const torch::Tensor pixels = indices(frame).clone();  // giflib masks them where they are
    for (std::int64_t y = 0; y < frame.size(1); ++y)
      check(EGifPutLine(gif_.get(), pixels.data_ptr<GifByteType>() + y * frame.size(2), width_of(frame)));
  }

  void finish() { check(EGifCloseFile(gif_.release(), nullptr)); }

 private:
  static int append(GifFileType* gif, const GifByteType* data, int size) {
    static_cast<std::string*>(gif->UserData)
        ->append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    return size;
  }
  static void check(int answer) {
    if (answer != GIF_OK) throw Error("a GIF could not be encoded");
  }
  static int width_of(const torch::Tensor& frame) { return static_cast<int>(frame.size(2)); }
  static int height_of(const torch::Tensor& frame) { return static_cast<int>(frame.size(1)); }

  std::unique_ptr<GifFileType, void (*)(GifFileType*)> gif_;
};

}  // namespace

std::string encode_gif(const std::vector<torch::Tensor>& frames, const GifOptions& options) {
  require_valid(frames, options);
  std::string bytes;
  Encoder encoder(bytes);
  encoder.begin(frames[0]);
  for (std::size_t i = 0; i < frames.size(); ++i)
    encoder.add(frames[i], i + 1 < frames.size() ? options.hundredths : options.last);
  encoder.finish();
  return bytes;
}

}  // namespace fathom::draw
