#include "fathom/augment/batch.hpp"

#include <ATen/Parallel.h>
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "fathom/augment/planar.hpp"
#include "fathom/augment/run.hpp"
#include "fathom/core/error.hpp"

namespace fathom::augment {
namespace {

/// Above this many pixels OpenCV's own loops are as fast.
constexpr std::int64_t kSmall = 128 * 128;

/// Each channel as a matrix on its own memory.
std::vector<cv::Mat> planes_of(std::uint8_t* pixels, std::int64_t channels, Extent size) {
  std::vector<cv::Mat> planes;
  for (std::int64_t c = 0; c < channels; ++c)
    planes.emplace_back(static_cast<int>(size.height), static_cast<int>(size.width), CV_8U,
                        pixels + c * size.height * size.width);
  return planes;
}

/// Runs steps on one picture after the other, in memory that it keeps.
class SmallCanvas {
 public:
  /// The picture after all steps; in `picture`'s memory where there are none, else in the canvas's.
  PlanarView run(const std::vector<Step>& steps, const PlanarView& picture) {
    PlanarView seen = picture;
    for (const Step& step : steps) {
      if (step.kind->is_composition() && !step.kind->combine) {
        seen = run(step.steps, seen);
        continue;
      }
      // The one of the two that is not read from.
      PlanarPicture& next = seen.pixels == pictures_[0].pixels.data() ? pictures_[1] : pictures_[0];
      const bool is_small = seen.size.height * seen.size.width <= kSmall;
      if (!is_small || !run_planar(step, seen, next)) run_by_opencv(step, seen, next);
      seen = {next.pixels.data(), next.channels, next.size};
    }
    return seen;
  }

 private:
  void run_by_opencv(const Step& step, const PlanarView& from, PlanarPicture& to) {
    cv::Mat before;
    // Only read from; OpenCV has no matrix of constants.
    cv::merge(planes_of(const_cast<std::uint8_t*>(from.pixels), from.channels, from.size), before);
    const cv::Mat after = run_steps({step}, before, Target::picture);
    to.channels = from.channels;
    to.size = {after.rows, after.cols};
    to.pixels.resize(after.total() * static_cast<std::size_t>(from.channels));
    std::vector<cv::Mat> planes = planes_of(to.pixels.data(), to.channels, to.size);
    cv::split(after, planes.data());
  }

  PlanarPicture pictures_[2];
};

void validate(const torch::Tensor& images, const torch::Tensor& indices) {
  if (images.dim() != 4 || images.scalar_type() != torch::kByte || !images.device().is_cpu() ||
      (images.size(1) != 1 && images.size(1) != 3 && images.size(1) != 4) ||
      (images.size(0) > 0 && images.numel() == 0))
    throw InvalidArgument(
        "images to be augmented must be uint8 [N, C, H, W] with 1, 3 or 4 channels, on the CPU");
  if (std::max(images.size(2), images.size(3)) > kLargestSide)
    throw InvalidArgument(fmt::format("images to be augmented may have at most {} pixels a side, not {}",
                                      kLargestSide, std::max(images.size(2), images.size(3))));
  if (indices.dim() != 1 || indices.scalar_type() != torch::kLong || indices.size(0) != images.size(0))
    throw InvalidArgument("every image to be augmented needs its index, int64 [N]");
}

}  // namespace

torch::Tensor augment_batch(const Pipeline& pipeline, const torch::Tensor& images, std::uint64_t seed,
                            std::int64_t epoch, const torch::Tensor& indices) {
  validate(images, indices);
  const std::int64_t count = images.size(0), channels = images.size(1);
  const Extent size{images.size(2), images.size(3)};
  if (count == 0 || pipeline.operations.empty()) return images.clone();

  const torch::Tensor source = images.contiguous(), order = indices.contiguous();
  const auto* const numbers = order.data_ptr<std::int64_t>();
  const auto drawn = [&](std::int64_t n) { return draw(pipeline, {seed, epoch, numbers[n]}); };
  const Extent wanted = result_size(drawn(0), size);
  const std::int64_t numbers_in = channels * size.height * size.width;
  const std::int64_t numbers_out = channels * wanted.height * wanted.width;
  torch::Tensor result = torch::empty({count, channels, wanted.height, wanted.width}, torch::kByte);
  const std::uint8_t* const from = source.data_ptr<std::uint8_t>();
  std::uint8_t* const to = result.data_ptr<std::uint8_t>();

  at::parallel_for(0, count, 16, [&](std::int64_t first, std::int64_t end) {
    SmallCanvas canvas;
    for (std::int64_t n = first; n < end; ++n) {
      const PlanarView picture = canvas.run(drawn(n), {from + n * numbers_in, channels, size});
      if (picture.size != wanted)
        throw InvalidArgument(
            fmt::format("the augmentation gives pictures of {} x {} and of {} x {} pixels, which are no "
                        "batch; let it end "
                        "with a resize",
                        wanted.height, wanted.width, picture.size.height, picture.size.width));
      std::copy_n(picture.pixels, numbers_out, to + n * numbers_out);
    }
  });
  return result;
}

}  // namespace fathom::augment
