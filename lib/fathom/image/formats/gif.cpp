#include "fathom/image/formats/gif.hpp"

#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <cstring>

#include "fathom/core/error.hpp"

namespace fathom::image {
namespace {

/// A file in memory, as giflib reads files.
struct GifMemory {
  const std::string& bytes;
  std::size_t at = 0;
};

int read_gif_bytes(GifFileType* file, GifByteType* to, int length) {
  auto& memory = *static_cast<GifMemory*>(file->UserData);
  const std::size_t count = std::min(static_cast<std::size_t>(length), memory.bytes.size() - memory.at);
  std::memcpy(to, memory.bytes.data() + memory.at, count);
  memory.at += count;
  return static_cast<int>(count);
}

class GifFile {
 public:
  GifFile(const std::string& bytes, const std::string& cannot) : memory_{bytes}, cannot_(cannot) {
    int code = 0;
    file_ = DGifOpen(&memory_, read_gif_bytes, &code);
    if (!file_) fail(code);
  }
  GifFile(const GifFile&) = delete;
  GifFile& operator=(const GifFile&) = delete;
  ~GifFile() {
    int ignored = 0;
    if (file_) DGifCloseFile(file_, &ignored);
  }

  GifFileType* get() const { return file_; }
  void require(int result) const {
    if (result == GIF_ERROR) fail(file_->Error);
  }
  [[noreturn]] void fail(int code) const {
    const char* const reason = GifErrorString(code);
    throw FormatError(fmt::format("{}damaged ({})", cannot_, reason ? reason : "giflib gives no reason"));
  }

 private:
  GifMemory memory_;
  const std::string& cannot_;
  GifFileType* file_ = nullptr;
};

/// Reads the block; only one that says which index is transparent matters.
void read_extension(const GifFile& file, GifPicture& picture) {
  int kind = 0;
  GifByteType* block = nullptr;  // its length, and the bytes
  file.require(DGifGetExtension(file.get(), &kind, &block));
  while (block) {
    GraphicsControlBlock control = {};
    if (kind == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
      picture.transparent = control.TransparentColor;
    file.require(DGifGetExtensionNext(file.get(), &block));
  }
}

void read_gif_rows(const GifFile& file, cv::Mat& rows) {
  struct Pass {
    int first, step;
  };
  constexpr Pass kPlain[] = {{0, 1}}, kInterlaced[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  const auto read = [&](const Pass& pass) {
    for (int y = pass.first; y < rows.rows; y += pass.step)
      file.require(DGifGetLine(file.get(), rows.ptr(y), rows.cols));
  };
  if (file.get()->Image.Interlace)
    std::for_each(std::begin(kInterlaced), std::end(kInterlaced), read);
  else
    read(kPlain[0]);
}

void read_gif_picture(const GifFile& file, const std::string& cannot, GifPicture& picture) {
  file.require(DGifGetImageDesc(file.get()));
  const GifImageDesc& image = file.get()->Image;
  const ColorMapObject* const colours = image.ColorMap ? image.ColorMap : file.get()->SColorMap;
  if (!colours) throw FormatError(cannot + "it has no palette");
  if (image.Width < 1 || image.Height < 1) throw FormatError(cannot + "its picture has no pixels");
  for (int i = 0; i < colours->ColorCount; ++i)
    picture.palette.emplace_back(colours->Colors[i].Red, colours->Colors[i].Green, colours->Colors[i].Blue);
  picture.place = {image.Top, image.Left, image.Height, image.Width};
  picture.indices.create(image.Height, image.Width, CV_8UC1);
  read_gif_rows(file, picture.indices);
}

bool is_grey_colour(const cv::Vec3b& colour) { return colour[0] == colour[1] && colour[1] == colour[2]; }

}  // namespace

GifPicture read_gif(const std::string& bytes, const std::string& cannot) {
  const GifFile file(bytes, cannot);
  GifPicture picture;
  GifRecordType type = UNDEFINED_RECORD_TYPE;
  do {
    file.require(DGifGetRecordType(file.get(), &type));
    if (type == EXTENSION_RECORD_TYPE) read_extension(file, picture);
    if (type == TERMINATE_RECORD_TYPE) throw FormatError(cannot + "the file has no picture");
  } while (type != IMAGE_DESC_RECORD_TYPE);
  read_gif_picture(file, cannot, picture);
  return picture;
}

cv::Mat on_white_screen(const GifPicture& picture, Extent screen) {
  constexpr std::uint8_t kWhite = 255;
  const cv::Size size(static_cast<int>(screen.width), static_cast<int>(screen.height));
  const bool grey = std::all_of(picture.palette.begin(), picture.palette.end(), is_grey_colour);
  cv::Mat all(size, grey ? CV_8UC1 : CV_8UC3, cv::Scalar::all(kWhite));
  const int channels = all.channels(), top = static_cast<int>(picture.place.y),
            left = static_cast<int>(picture.place.x);
  if (top + picture.indices.rows > all.rows || left + picture.indices.cols > all.cols)
    throw InvalidArgument("the picture of a GIF file is larger than the screen for it");
  for (int y = 0; y < picture.indices.rows; ++y) {
    const std::uint8_t* const from = picture.indices.ptr(y);
    std::uint8_t* to = all.ptr(top + y) + left * channels;
    for (int x = 0; x < picture.indices.cols; ++x, to += channels) {
      if (from[x] == picture.transparent) continue;
      // An index without a colour is black.
      const cv::Vec3b colour = from[x] < picture.palette.size() ? picture.palette[from[x]] : cv::Vec3b();
      for (int c = 0; c < channels; ++c) to[c] = colour[c];
    }
  }
  return all;
}

}  // namespace fathom::image
