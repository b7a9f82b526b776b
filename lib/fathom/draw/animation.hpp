/// A sequence of pictures, as a video, a GIF or numbered files.
///
///   Animation animation("ascent.mp4");
///   for (...) animation.add(picture);
///   animation.finish();
#pragma once

#include <torch/types.h>
#include <filesystem>
#include <memory>

namespace fathom::draw {

/// 30 frames per second. `path` ends in .gif (256 colours) or .mp4 (MPEG-4, by OpenCV's FFmpeg): the file is
/// written atomically. Without an extension, `path` is a folder for 0000.png, 0001.png, ...; it is created if
/// missing. An unfinished file is removed.
class Animation {
 public:
  /// Throws InvalidArgument for another extension, and FileError if the path is not writable.
  explicit Animation(const std::filesystem::path& path);
  Animation(const Animation&) = delete;
  Animation& operator=(const Animation&) = delete;
  ~Animation();

  /// uint8 [C, H, W], all of one size. Throws FileError.
  void add(const torch::Tensor& picture);
  /// Throws FileError if it could not be written, and InvalidArgument if frames differ in size.
  void finish();

  class Sink;

 private:
  std::unique_ptr<Sink> sink_;
};

}  // namespace fathom::draw
