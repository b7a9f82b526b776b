#include "fathom/draw/animation.hpp"

#include <fmt/format.h>

#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <vector>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/draw/gif.hpp"
#include "fathom/image/mat.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"

namespace fathom::draw {

class Animation::Sink {
 public:
  virtual ~Sink() = default;
  virtual void add(const torch::Tensor& picture) = 0;
  virtual void finish() {}
};

namespace {

constexpr double kFramesPerSecond = 30;
constexpr std::int64_t kHundredths = 3;  // of a second per frame of a GIF, to which the rate is rounded

/// Numbered PNG files.
class Frames final : public Animation::Sink {
 public:
  explicit Frames(std::filesystem::path folder) : folder_(std::move(folder)) {
    io::require_writable(name(0));
  }
  void add(const torch::Tensor& picture) override { image::write_picture(name(count_++), picture); }

 private:
  std::filesystem::path name(std::int64_t number) const { return folder_ / fmt::format("{:04}.png", number); }

  std::filesystem::path folder_;
  std::int64_t count_ = 0;
};

/// Kept until the end, since a GIF is compressed whole.
class Gif final : public Animation::Sink {
 public:
  explicit Gif(std::filesystem::path path) : path_(std::move(path)) { io::require_writable(path_); }
  void add(const torch::Tensor& picture) override { frames_.push_back(picture); }
  void finish() override { io::write_file(path_, encode_gif(frames_, {.hundredths = kHundredths})); }

 private:
  std::filesystem::path path_;
  std::vector<torch::Tensor> frames_;
};

class Video final : public Animation::Sink {
 public:
  explicit Video(const std::filesystem::path& path) : path_(path), file_(path) {}

  void add(const torch::Tensor& picture) override {
    const cv::Mat rgb = image::to_mat(image::to_rgb(picture));
    if (!writer_.isOpened()) open(rgb.size());
    cv::Mat bgr, frame;
    cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
    // Video encoders halve the colours' resolution, so both sides must be even.
    cv::copyMakeBorder(bgr, frame, 0, bgr.rows % 2, 0, bgr.cols % 2, cv::BORDER_CONSTANT,
                       cv::Scalar::all(255));
    writer_.write(frame);
  }

  void finish() override {
    writer_.release();
    if (std::filesystem::file_size(file_.temporary()) == 0)
      throw FileError(fmt::format("cannot write video '{}': nothing was encoded", path_.string()));
    file_.commit();
  }

 private:
  void open(cv::Size size) {
    const cv::Size even(size.width + size.width % 2, size.height + size.height % 2);
    const int code = cv::VideoWriter::fourcc('m', 'p', '4', 'v');
    if (!writer_.open(file_.temporary().string(), cv::CAP_FFMPEG, code, kFramesPerSecond, even))
      throw FileError(fmt::format(
          "cannot write video '{}': this OpenCV cannot encode it; write the frames to a folder instead",
          path_.string()));
  }

  std::filesystem::path path_;
  io::AtomicFile file_;
  cv::VideoWriter writer_;
};

std::unique_ptr<Animation::Sink> sink_for(const std::filesystem::path& path) {
  const std::string ending = lower_extension(path);
  if (ending.empty()) return std::make_unique<Frames>(path);
  if (ending == ".gif") return std::make_unique<Gif>(path);
  if (ending != ".mp4")
    throw InvalidArgument(
        fmt::format("cannot write animation '{}': its name must end in .gif or .mp4, or have no extension (a "
                    "folder of pictures)",
                    path.string()));
  io::require_writable(path);
  return std::make_unique<Video>(path);
}

}  // namespace

Animation::Animation(const std::filesystem::path& path) : sink_(sink_for(path)) {}

Animation::~Animation() = default;

void Animation::add(const torch::Tensor& picture) { sink_->add(picture); }

void Animation::finish() { sink_->finish(); }

}  // namespace fathom::draw
