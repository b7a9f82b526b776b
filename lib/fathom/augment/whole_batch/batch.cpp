#include "fathom/augment/whole_batch/batch.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "fathom/augment/run.hpp"
#include "fathom/augment/whole_batch/copy.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/parallel.hpp"

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

Extent size_after(const Step& step, Extent size) {
  return step.kind->result_size ? step.kind->result_size(size, step.values) : size;
}

/// Runs steps on one picture after the other, with memory that it keeps.
class SmallCanvas {
 public:
  /// The picture after all steps to `to`, which has room for a result of the size `wanted`. Returns the size
  /// that came out; where that is another, what is in `to` is anything.
  Extent run(const Drawing& drawing, ChannelPlanes picture, Extent wanted, std::uint8_t* to) {
    steps_.clear();
    list(drawing);
    std::size_t left = moving_steps();  // after which the picture stays where it is
    std::uint8_t* own = nullptr;        // the picture's memory, once it is not the caller's
    for (const Step* step : steps_) {
      const Extent size = size_after(*step, picture.size);
      if (!own || !step->kind->planes_in_place) {
        const bool stays = --left == 0 && size == wanted;
        own = stays ? to : spare(own, picture.channels * size.height * size.width);
      }
      run(*step, picture, size, own);
      picture = {own, picture.channels, size};
    }
    if (!own && picture.size == wanted)
      std::copy_n(picture.pixels, picture.channels * wanted.height * wanted.width, to);
    return picture.size;
  }

 private:
  /// The steps of compositions in place of these, where that is all that they do.
  void list(const std::vector<Step>& steps) {
    for (const Step& step : steps)
      if (step.kind->is_composition() && !step.kind->combine)
        list(step.steps);
      else
        steps_.push_back(&step);
  }

  /// How many steps write the picture to other memory: the first, and all that may not overwrite it.
  std::size_t moving_steps() const {
    std::size_t count = 0;
    for (const Step* step : steps_) count += step == steps_[0] || !step->kind->planes_in_place;
    return count;
  }

  /// Memory other than what is read from.
  std::uint8_t* spare(const std::uint8_t* read, std::int64_t numbers) {
    std::vector<std::uint8_t>& memory = read == spares_[0].data() ? spares_[1] : spares_[0];
    memory.resize(static_cast<std::size_t>(numbers));
    return memory.data();
  }

  static void run(const Step& step, const ChannelPlanes& from, Extent size, std::uint8_t* to) {
    const bool is_small = from.size.height * from.size.width <= kSmall;
    const auto apply = step.kind->apply_to_planes;
    if (is_small && apply && apply(from, to, step.values)) return;
    cv::Mat before;
    // Only read from; OpenCV has no matrix of constants.
    cv::merge(planes_of(const_cast<std::uint8_t*>(from.pixels), from.channels, from.size), before);
    std::vector<cv::Mat> planes = planes_of(to, from.channels, size);
    cv::split(run_steps({step}, before, Target::picture), planes.data());
  }

  std::vector<const Step*> steps_;
  std::vector<std::uint8_t> spares_[2];
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
    throw InvalidArgument("every image to be augmented needs an index, int64 [N]");
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
  const auto key = [&](std::int64_t n) { return PictureKey{seed, epoch, numbers[n]}; };
  const Extent wanted = result_size(draw(pipeline, key(0)), size);
  const std::int64_t numbers_in = channels * size.height * size.width;
  const std::int64_t numbers_out = channels * wanted.height * wanted.width;
  torch::Tensor result = torch::empty({count, channels, wanted.height, wanted.width}, torch::kByte);
  const std::uint8_t* const from = source.data_ptr<std::uint8_t>();
  std::uint8_t* const to = result.data_ptr<std::uint8_t>();

  at::parallel_for(0, count, 16, [&](std::int64_t first, std::int64_t end) {
    SmallCanvas canvas;
    Drawing drawing;
    for (std::int64_t n = first; n < end; ++n) {
      draw(pipeline, key(n), drawing);
      const Extent got =
          canvas.run(drawing, {from + n * numbers_in, channels, size}, wanted, to + n * numbers_out);
      if (got != wanted)
        throw InvalidArgument(
            fmt::format("the augmentation gives pictures of {} x {} and of {} x {} pixels, which cannot form "
                        "a batch; add a resize at the end",
                        wanted.height, wanted.width, got.height, got.width));
    }
  });
  return result;
}

}  // namespace fathom::augment
