#include "fathom/explain/attribution/occlusion.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/machine/blas.hpp"
#include "fathom/explain/attribution/attribution.hpp"

namespace fathom::explain {
namespace {

std::string text(Extent e) { return fmt::format("{}x{}", e.height, e.width); }

void require_fits(Extent image, Extent window, Extent stride) {
  if (window.height < 1 || window.width < 1)
    throw InvalidArgument("the window must be at least 1x1, not " + text(window));
  if (stride.height < 1 || stride.width < 1)
    throw InvalidArgument("the stride must be at least 1x1, not " + text(stride));
  if (window.height > image.height || window.width > image.width)
    throw InvalidArgument("the window " + text(window) + " exceeds the image " + text(image));
  if (stride.height > window.height || stride.width > window.width)
    throw InvalidArgument("the stride " + text(stride) + " exceeds the window " + text(window) +
                          ": pixels between windows would never be covered");
}

std::vector<std::int64_t> starts(std::int64_t side, std::int64_t window, std::int64_t stride) {
  const std::int64_t count = (side - window + stride - 1) / stride + 1;
  std::vector<std::int64_t> positions;
  for (std::int64_t i = 0; i < count; ++i) positions.push_back(i * stride);
  return positions;
}

/// A batch of copies of one image, in which patches are covered and uncovered again: nothing is copied but
/// the patch's pixels.
class CoveredBatch {
 public:
  CoveredBatch(const torch::Tensor& image, torch::Tensor baseline, std::int64_t size)
      : device_(image.device()),
        image_(image.cpu().contiguous()),
        baseline_(std::move(baseline)),
        images_(image_.repeat({size, 1, 1, 1})) {}  // copies, also when there is one

  void cover(std::int64_t row, Patch patch) { copy(baseline_, row, patch); }
  void uncover(std::int64_t row, Patch patch) { copy(image_, row, patch); }
  /// On the image's own device.
  torch::Tensor first(std::int64_t rows) const { return images_.narrow(0, 0, rows).to(device_); }

 private:
  void copy(const torch::Tensor& from, std::int64_t row, Patch patch) {
    const std::int64_t channels = images_.size(1), height = images_.size(2), width = images_.size(3);
    const float* source = from.data_ptr<float>();
    float* target = images_.data_ptr<float>() + row * channels * height * width;
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t y = patch.y; y < patch.y + patch.height; ++y) {
        const std::int64_t offset = (c * height + y) * width + patch.x;
        std::copy_n(source + offset, patch.width, target + offset);
      }
  }

  torch::Device device_;
  torch::Tensor image_, baseline_, images_;
};

/// Scores float [patches, K] of the image with each patch covered.
torch::Tensor covered_scores(const ScoresFunction& scores, const torch::Tensor& image,
                             const std::vector<Patch>& patches, const OcclusionOptions& options,
                             const ProgressCallback& progress) {
  const auto total = static_cast<std::int64_t>(patches.size());
  const std::int64_t at_once = std::min(batch_of(image, options.batch, 128), total);
  CoveredBatch batch(image, baseline_picture(options.baseline, image), at_once);
  std::vector<torch::Tensor> parts;
  for (std::int64_t begin = 0; begin < total; begin += at_once) {
    const std::int64_t rows = std::min(at_once, total - begin);
    for (std::int64_t i = 0; i < rows; ++i) batch.cover(i, patches[static_cast<std::size_t>(begin + i)]);
    parts.push_back(scores(batch.first(rows)).to(torch::kCPU, torch::kDouble));
    for (std::int64_t i = 0; i < rows; ++i) batch.uncover(i, patches[static_cast<std::size_t>(begin + i)]);
    if (progress) progress(begin + rows, total);
  }
  return torch::cat(parts);
}

/// The sum of `value(patch number)` over the patches that cover each pixel, double [H, W]. Each patch adds to
/// the four corners of a difference image, and running sums along both axes spread it: the cost does not
/// depend on the window's size.
template <typename Value>
torch::Tensor sum_over_patches(const Value& value, const std::vector<Patch>& patches, Extent image) {
  torch::Tensor corners = torch::zeros({image.height + 1, image.width + 1}, torch::kDouble);
  auto at = corners.accessor<double, 2>();
  for (std::size_t i = 0; i < patches.size(); ++i) {
    const Patch& p = patches[i];
    const double v = value(i);
    at[p.y][p.x] += v;
    at[p.y + p.height][p.x] -= v;
    at[p.y][p.x + p.width] -= v;
    at[p.y + p.height][p.x + p.width] += v;
  }
  return corners.cumsum(0).cumsum(1).narrow(0, 0, image.height).narrow(1, 0, image.width);
}

/// The same for a value that may be infinite or NaN. A running sum would carry such a value over all pixels
/// behind its patch, so these are counted, each kind for itself, and the finite ones summed.
template <typename Value>
torch::Tensor sum_of_any_over_patches(const Value& value, const std::vector<Patch>& patches, Extent image) {
  const auto sum_of = [&](const auto& part) {
    return sum_over_patches([&](std::size_t i) { return part(value(i)); }, patches, image);
  };
  const torch::Tensor sum = sum_of([](double v) { return std::isfinite(v) ? v : 0.; });
  bool all_finite = true;
  for (std::size_t i = 0; i < patches.size(); ++i) all_finite = all_finite && std::isfinite(value(i));
  if (all_finite) return sum;

  const auto any = [&](const auto& is_such) {
    return sum_of([&](double v) { return is_such(v) ? 1. : 0.; }) > 0;
  };
  const torch::Tensor up = any([](double v) { return std::isinf(v) && v > 0; });
  const torch::Tensor down = any([](double v) { return std::isinf(v) && v < 0; });
  const torch::Tensor undefined = any([](double v) { return std::isnan(v); });
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return sum.masked_fill(up, kInfinity)
      .masked_fill(down, -kInfinity)
      .masked_fill(undefined | (up & down), std::numeric_limits<double>::quiet_NaN());
}

/// Orders of drops, the smallest or the largest first, and NaN behind all others.
bool is_smaller(double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); }
bool is_larger(double a, double b) { return a > b || (std::isnan(b) && !std::isnan(a)); }

/// One score's map: `drops` is double [patches], `count` the number of patches over each pixel.
OcclusionMap summarise(const torch::Tensor& drops, const torch::Tensor& count, double score,
                       const std::vector<Patch>& patches) {
  const double* const begin = drops.data_ptr<double>();
  const double* const end = begin + drops.numel();
  const Extent image = {count.size(0), count.size(1)};
  const torch::Tensor sum =
      sum_of_any_over_patches([begin](std::size_t i) { return begin[i]; }, patches, image);
  const double *most = std::min_element(begin, end, is_larger),
               *least = std::min_element(begin, end, is_smaller);
  return {.drop = (sum / count).to(torch::kFloat),
          .score = static_cast<float>(score),
          .most_important = patches[static_cast<std::size_t>(most - begin)],
          .least_important = patches[static_cast<std::size_t>(least - begin)],
          .largest_drop = static_cast<float>(*most),
          .smallest_drop = static_cast<float>(*least),
          .patches = std::ssize(patches)};
}

}  // namespace

OcclusionOptions usual_sweep(Extent image) {
  const auto share = [&](std::int64_t divisor) {
    return Extent{std::max<std::int64_t>(1, image.height / divisor),
                  std::max<std::int64_t>(1, image.width / divisor)};
  };
  return {.window = share(4), .stride = share(8)};
}

std::vector<Patch> occlusion_patches(Extent image, Extent window, Extent stride) {
  require_fits(image, window, stride);
  std::vector<Patch> patches;
  for (const std::int64_t y : starts(image.height, window.height, stride.height))
    for (const std::int64_t x : starts(image.width, window.width, stride.width))
      patches.push_back(
          {y, x, std::min(window.height, image.height - y), std::min(window.width, image.width - x)});
  return patches;
}

torch::Tensor covered(const torch::Tensor& image, Patch patch, const torch::Tensor& baseline) {
  require_one_image(image, "occlusion");
  CoveredBatch batch(image, baseline_picture(baseline, image), 1);
  batch.cover(0, patch);
  return batch.first(1);
}

std::vector<OcclusionMap> occlusion_all(const ScoresFunction& scores, const torch::Tensor& image,
                                        const OcclusionOptions& options, const ProgressCallback& progress) {
  require_one_image(image, "occlusion");
  note_slow_kernels();
  const Extent size = {image.size(2), image.size(3)};
  const std::vector<Patch> patches = occlusion_patches(size, options.window, options.stride);

  const torch::NoGradGuard no_grad;
  const torch::Tensor whole = scores(image).to(torch::kCPU, torch::kDouble);
  if (whole.dim() != 2 || whole.size(0) != 1)
    throw InvalidArgument(
        fmt::format("the scores of one image must be [1, K], not [{}]", fmt::join(whole.sizes(), ", ")));
  const torch::Tensor drops =
      (whole - covered_scores(scores, image, patches, options, progress)).t().contiguous();  // [K, patches]
  const torch::Tensor count = sum_over_patches([](std::size_t) { return 1.0; }, patches, size);
  std::vector<OcclusionMap> maps;
  for (std::int64_t k = 0; k < drops.size(0); ++k)
    maps.push_back(summarise(drops[k], count, whole[0][k].item<double>(), patches));
  return maps;
}

OcclusionMap occlusion(const ScoreFunction& score, const torch::Tensor& image,
                       const OcclusionOptions& options, const ProgressCallback& progress) {
  const auto scores = [&](const torch::Tensor& x) { return score(x).unsqueeze(1); };
  return occlusion_all(scores, image, options, progress).front();
}

}  // namespace fathom::explain
