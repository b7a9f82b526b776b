#include "fathom/augment/pipeline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <opencv2/core.hpp>

#include "fathom/augment/run.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::augment {
namespace {

void require_augmentable(const torch::Tensor& picture) {
  const bool is_one = picture.defined() && picture.device().is_cpu() && picture.dim() == 3 &&
                      picture.numel() > 0 &&
                      (picture.scalar_type() == torch::kUInt8 || picture.scalar_type() == torch::kFloat) &&
                      (picture.size(0) == 1 || picture.size(0) == 3 || picture.size(0) == 4);
  if (!is_one)
    throw InvalidArgument(
        "a picture to be augmented must be uint8 or float [C, H, W] with 1, 3 or 4 channels and at least one "
        "pixel");
  if (std::max(picture.size(1), picture.size(2)) > kLargestSide)
    throw InvalidArgument(fmt::format("a picture to be augmented may have at most {} pixels a side, not {}",
                                      kLargestSide, std::max(picture.size(1), picture.size(2))));
}

int depth_of(const torch::Tensor& picture) { return picture.scalar_type() == torch::kUInt8 ? CV_8U : CV_32F; }

/// The picture's own memory where it lies as [H, W, C], else a copy, by OpenCV: it does this several times
/// faster than contiguous().
cv::Mat interleaved(const torch::Tensor& picture) {
  const std::int64_t channels = picture.size(0), height = picture.size(1), width = picture.size(2);
  const auto rows = static_cast<int>(height), columns = static_cast<int>(width);
  const bool lies_so = (channels == 1 || picture.stride(0) == 1) &&
                       (width == 1 || picture.stride(2) == channels) &&
                       (height == 1 || picture.stride(1) == channels * width);
  if (lies_so)
    return {rows, columns, CV_MAKETYPE(depth_of(picture), static_cast<int>(channels)), picture.data_ptr()};
  const torch::Tensor planes = picture.contiguous();
  auto* const first = static_cast<std::uint8_t*>(planes.data_ptr());
  std::vector<cv::Mat> parts;
  for (std::int64_t c = 0; c < channels; ++c)
    parts.emplace_back(rows, columns, depth_of(picture), first + c * height * width * planes.element_size());
  cv::Mat merged;
  cv::merge(parts, merged);
  return merged;
}

/// The matrix's memory as a tensor that keeps it alive. A context costs a third of from_blob's function
/// object, which shows where all that OpenCV does is to copy.
torch::Tensor adopt(cv::Mat mat) {
  const auto type = mat.depth() == CV_8U ? torch::kUInt8 : torch::kFloat;
  const std::int64_t channels = mat.channels(), height = mat.rows, width = mat.cols;
  const std::array<std::int64_t, 3> sizes = {channels, height, width},
                                    strides = {1, channels * width, channels};
  auto owner = std::make_unique<cv::Mat>(std::move(mat));
  void* const pixels = owner->data;
  return at::for_blob(pixels, sizes)
      .strides(at::IntArrayRef(strides))
      .context(owner.release(), [](void* owned) { delete static_cast<cv::Mat*>(owned); })
      .options(torch::dtype(type))
      .make_tensor();
}

void size_after(const Drawing& drawing, Extent& size) {
  for (const Step& step : drawing) {
    if (step.kind->result_size) size = step.kind->result_size(size, step.values);
    if (step.kind->is_composition() && !step.kind->combine) size_after(step.steps, size);
  }
}

/// Sizes that a picture may have: all between these two, each axis for itself.
struct Sizes {
  Extent smallest, largest;

  void add(Extent size) {
    smallest = {std::min(smallest.height, size.height), std::min(smallest.width, size.width)};
    largest = {std::max(largest.height, size.height), std::max(largest.width, size.width)};
  }
  void add(const Sizes& other) {
    add(other.smallest);
    add(other.largest);
  }
};

/// Values of an operation at both ends of its ranges, and at 1 where these begin at 0: as a side, 0 stands
/// for the picture's own, and the sizes grow from 1 on.
std::array<Values, 3> extreme_values(const Operation& operation) {
  std::array<Values, 3> extremes{};
  for (std::size_t i = 0; i < operation.ranges.size(); ++i) {
    const Range& range = operation.ranges[i];
    extremes[0][i] = range.low;
    extremes[1][i] = range.high;
    extremes[2][i] = range.low == 0 && range.high >= 1 ? 1 : range.low;
  }
  return extremes;
}

Sizes sizes_after(const Operation& operation, const Sizes& sizes);

/// The sizes after the operations of a composition, as many of them as it takes.
Sizes sizes_after_taken(const std::vector<Operation>& operations, Taken taken, Sizes sizes) {
  if (operations.empty()) return sizes;
  if (taken == Taken::one) {
    Sizes after = sizes_after(operations.front(), sizes);
    for (const Operation& each : operations) after.add(sizes_after(each, sizes));
    return after;
  }
  for (const Operation& each : operations) {
    Sizes after = sizes_after(each, sizes);
    if (taken == Taken::some) after.add(sizes);
    sizes = after;
  }
  return sizes;
}

Sizes sizes_if_applied(const Operation& operation, const Sizes& sizes) {
  const OperationKind& kind = *operation.kind;
  if (!kind.result_size) return sizes_after_taken(operation.operations, kind.taken, sizes);
  const std::array<Values, 3> extremes = extreme_values(operation);
  const Extent first = kind.result_size(sizes.smallest, extremes[0]);
  Sizes after{first, first};
  for (const Values& values : extremes) {
    after.add(kind.result_size(sizes.smallest, values));
    after.add(kind.result_size(sizes.largest, values));
  }
  return after;
}

Sizes sizes_after(const Operation& operation, const Sizes& sizes) {
  if (operation.probability == 0) return sizes;
  Sizes after = sizes_if_applied(operation, sizes);
  if (operation.probability < 1) after.add(sizes);
  return after;
}

/// Three digits, and 0 for what is too small to be seen.
std::string number(double value) { return std::abs(value) < 5e-4 ? "0" : fmt::format("{:.3g}", value); }

}  // namespace

Drawing draw(const Pipeline& pipeline, const PictureKey& key) {
  Drawing drawing;
  draw(pipeline, key, drawing);
  return drawing;
}

void draw(const Pipeline& pipeline, const PictureKey& key, Drawing& drawing) {
  const std::uint64_t stream =
      derive_seed(key.seed, static_cast<std::uint64_t>(key.epoch) + 1, static_cast<std::uint64_t>(key.index));
  drawing.clear();
  drawing.reserve(pipeline.operations.size());
  std::uint64_t position = 0;
  for (const Operation& operation : pipeline.operations)
    draw(operation, derive_seed(stream, position++), drawing);
}

torch::Tensor replay(const Drawing& drawing, const torch::Tensor& picture, Target target) {
  require_augmentable(picture);
  const cv::Mat before = interleaved(picture);
  cv::Mat after = run_steps(drawing, before, target);
  return after.data == before.data ? picture.detach().clone() : adopt(std::move(after));
}

bool keeps_size(const Pipeline& pipeline, Extent size) {
  const Sizes sizes = sizes_after_taken(pipeline.operations, Taken::all, {size, size});
  return sizes.smallest == size && sizes.largest == size;
}

Extent result_size(const Drawing& drawing, Extent size) {
  size_after(drawing, size);
  return size;
}

torch::Tensor augment(const Pipeline& pipeline, const torch::Tensor& picture, const PictureKey& key) {
  return replay(draw(pipeline, key), picture);
}

std::string describe(const Step& step) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < step.kind->parameters.size(); ++i) {
    const Parameter& p = step.kind->parameters[i];
    const double value = step.values[i];
    const bool untouched = p.usual.low == p.usual.high && value == p.usual.low && i > 0;
    if (p.name == "noise" || untouched) continue;
    parts.push_back(
        fmt::format("{} {}", p.name, p.scale == Scale::choice ? std::string(p.word(value)) : number(value)));
  }
  for (const Step& each : step.steps) parts.push_back(describe(each));
  return step.kind->name + (parts.empty() ? "" : " " + fmt::format("{}", fmt::join(parts, ", ")));
}

}  // namespace fathom::augment
