#include "fathom/data/image_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/sha256.hpp"

namespace fathom::data {
namespace {

/// A checksum copies at most so many at once, if they have gaps in memory.
constexpr std::int64_t kImagesPerBlock = 1024;

void require_indices(const ImageSet& set, const torch::Tensor& indices) {
  if (indices.dim() != 1 || indices.scalar_type() != torch::kInt64)
    throw InvalidArgument("indices into a data set must be int64 of one dimension");
  if (indices.numel() == 0) return;
  const std::int64_t low = indices.min().item<std::int64_t>();
  const std::int64_t high = indices.max().item<std::int64_t>();
  if (low < 0 || high >= set.size())
    throw InvalidArgument(fmt::format("index {} is outside the data set '{}', which has {} images",
                                      low < 0 ? low : high, set.name, set.size()));
}

/// How often each of the 256 values occurs in a channel: float64 [256].
torch::Tensor value_counts(const torch::Tensor& images, std::int64_t channel) {
  return torch::bincount(images.select(1, channel).reshape({-1}), {}, 256).to(torch::kFloat64);
}

std::vector<std::int64_t> class_sizes(const ImageSet& set) {
  const torch::Tensor counts = torch::bincount(set.labels, {}, std::ssize(set.classes)).contiguous();
  return {counts.data_ptr<std::int64_t>(), counts.data_ptr<std::int64_t>() + counts.numel()};
}

/// How many of `n` images to take from each class, given the sizes of the classes, whose sum is above n. Each
/// class starts with its share rounded down, and with at least one if possible. The classes furthest from
/// their shares then make up the difference.
std::vector<std::int64_t> shares_of(const std::vector<std::int64_t>& sizes, std::int64_t n) {
  const auto all = static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}));
  const std::int64_t least = n >= std::ssize(sizes) - std::count(sizes.begin(), sizes.end(), 0) ? 1 : 0;
  std::vector<double> shares;
  std::vector<std::int64_t> taken;
  for (const std::int64_t size : sizes) {
    shares.push_back(static_cast<double>(n) * static_cast<double>(size) / all);
    taken.push_back(std::min(size, std::max(least, static_cast<std::int64_t>(shares.back()))));
  }
  const auto behind = [&](std::size_t k) { return shares[k] - static_cast<double>(taken[k]); };
  std::int64_t left = n - std::accumulate(taken.begin(), taken.end(), std::int64_t{0});
  for (; left > 0; --left) {
    std::optional<std::size_t> next;
    for (std::size_t k = 0; k < sizes.size(); ++k)
      if (taken[k] < sizes[k] && (!next || behind(k) > behind(*next))) next = k;
    ++taken[*next];
  }
  for (; left < 0; ++left) {
    std::optional<std::size_t> next;
    for (std::size_t k = 0; k < sizes.size(); ++k)
      if (taken[k] > least && (!next || behind(k) < behind(*next))) next = k;
    --taken[*next];
  }
  return taken;
}

}  // namespace

std::string to_string(Split split) { return split == Split::train ? "train" : "test"; }

void require_index(const std::string& set, Split split, std::int64_t index, std::int64_t size) {
  if (index >= 0 && index < size) return;
  throw InvalidArgument(
      fmt::format("no picture {} in {}:{}; it has 0 to {}", index, set, to_string(split), size - 1));
}

ImageSet ImageSet::first(std::int64_t n) const {
  if (n < 1) throw InvalidArgument(fmt::format("a data set needs at least one image, not {}", n));
  const std::int64_t kept = std::min(n, size());
  return {images.slice(0, 0, kept), labels.slice(0, 0, kept), classes, name};
}

ImageSet ImageSet::subset(const torch::Tensor& indices) const {
  require_indices(*this, indices);
  return {images.index_select(0, indices), labels.index_select(0, indices), classes, name};
}

ImageSet drawn_subset(const ImageSet& set, std::int64_t n, torch::Generator generator) {
  if (n < 1 || n >= set.size()) return set.first(n);
  const std::vector<std::int64_t> wanted = shares_of(class_sizes(set), n);
  std::vector<torch::Tensor> chosen;
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    const torch::Tensor of_class = (set.labels == static_cast<std::int64_t>(k)).nonzero().flatten();
    const torch::Tensor order = torch::randperm(of_class.size(0), generator, torch::kInt64);
    chosen.push_back(of_class.index_select(0, order.slice(0, 0, wanted[k])));
  }
  return set.subset(std::get<0>(torch::cat(chosen).sort()));
}

std::vector<std::string> missing_classes(const ImageSet& set) {
  const std::vector<std::int64_t> sizes = class_sizes(set);
  std::vector<std::string> missing;
  for (std::size_t k = 0; k < set.classes.size(); ++k)
    if (sizes[k] == 0) missing.push_back(set.classes[k]);
  return missing;
}

void validate(const ImageSet& set, const std::string& what) {
  const auto fail = [&](const std::string& reason) { throw FormatError(what + ": " + reason); };
  if (!set.images.defined() || set.images.scalar_type() != torch::kUInt8 || set.images.dim() != 4)
    fail("images must be uint8 of four dimensions");
  if (set.images.numel() == 0) fail("it has no images");
  if (set.images.size(1) != 1 && set.images.size(1) != 3)
    fail(fmt::format("images must have 1 or 3 channels, not {}", set.images.size(1)));
  if (!set.labels.defined() || set.labels.scalar_type() != torch::kInt64 || set.labels.dim() != 1)
    fail("labels must be int64 of one dimension");
  if (set.labels.size(0) != set.size())
    fail(fmt::format("{} images but {} labels", grouped(set.size()), grouped(set.labels.size(0))));
  const auto classes = static_cast<std::int64_t>(set.classes.size());
  const torch::Tensor unnamed = ((set.labels < 0) | (set.labels >= classes)).nonzero();
  if (unnamed.numel() > 0) {
    const std::int64_t at = unnamed.flatten()[0].item<std::int64_t>();
    fail(fmt::format("image {} has label {}, but there are {} classes", at,
                     set.labels[at].item<std::int64_t>(), classes));
  }
}

std::string checksum(const ImageSet& set) {
  io::Sha256 sum;
  const auto add = [&](const torch::Tensor& bytes) {
    sum.add({reinterpret_cast<const char*>(bytes.data_ptr<std::uint8_t>()), bytes.nbytes()});
  };
  for (const torch::Tensor& block : set.images.split(kImagesPerBlock)) add(block.contiguous());
  add(set.labels.to(torch::kUInt8).contiguous());
  return sum.hexadecimal();
}

PixelStatistics pixel_statistics(const ImageSet& set) {
  const torch::Tensor values = torch::arange(256, torch::kFloat64) / 255;
  PixelStatistics statistics;
  for (std::int64_t channel = 0; channel < set.images.size(1); ++channel) {
    // From the counts of the 256 values both figures are exact, without a float copy of the set.
    const torch::Tensor counts = value_counts(set.images, channel);
    const torch::Tensor share = counts / counts.sum();
    const double mean = (share * values).sum().item<double>();
    const double variance = (share * (values - mean).square()).sum().item<double>();
    statistics.mean.push_back(static_cast<float>(mean));
    statistics.std.push_back(static_cast<float>(std::max(std::sqrt(variance), 1e-3)));
  }
  return statistics;
}

torch::Tensor to_unit_range(const torch::Tensor& images) {
  if (images.scalar_type() != torch::kUInt8)
    throw InvalidArgument("images to be scaled to [0, 1] must be uint8");
  return images.to(torch::kFloat32).div_(255);
}

std::int64_t held_out(std::int64_t images, double fraction) {
  return std::clamp<std::int64_t>(std::llround(fraction * static_cast<double>(images)), 1, images - 1);
}

TrainingParts hold_out(const ImageSet& set, double fraction, torch::Generator generator) {
  if (!(fraction > 0 && fraction < 1))
    throw InvalidArgument(fmt::format("the validation split must be between 0 and 1, not {}", fraction));
  const std::int64_t n = set.size();
  if (n < 2) throw InvalidArgument("a data set of one image cannot be split into training and validation");
  const std::int64_t held = held_out(n, fraction);
  const torch::Tensor order = torch::randperm(n, generator, torch::kInt64);
  // Sorted, so that both parts keep the order of the set.
  const auto part = [&](std::int64_t begin, std::int64_t end) {
    return set.subset(std::get<0>(order.slice(0, begin, end).sort()));
  };
  return {part(held, n), part(0, held)};
}

}  // namespace fathom::data
