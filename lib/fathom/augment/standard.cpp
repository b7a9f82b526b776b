#include "fathom/augment/standard.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::augment {
namespace {

constexpr std::int64_t kOutside = -1;

/// For every place along an axis the place that its pixel comes from: out[i] = in[i - shift], or kOutside.
void fill_sources(std::vector<std::int64_t>& sources, std::int64_t shift, bool mirror_border) {
  const std::int64_t side = std::ssize(sources);
  for (std::int64_t i = 0; i < side; ++i) {
    std::int64_t from = i - shift;
    if (from < 0) from = mirror_border ? -from : kOutside;
    if (from >= side) from = mirror_border ? 2 * (side - 1) - from : kOutside;
    sources[static_cast<std::size_t>(i)] = from;
  }
}

void flip(std::vector<std::int64_t>& columns) {
  for (std::int64_t& column : columns)
    if (column != kOutside) column = std::ssize(columns) - 1 - column;
}

/// One channel of one picture.
void copy_plane(const std::uint8_t* from, std::uint8_t* to, const std::vector<std::int64_t>& rows,
                const std::vector<std::int64_t>& columns) {
  const std::size_t width = columns.size();
  for (const std::int64_t row : rows) {
    if (row == kOutside) {
      std::fill_n(to, width, std::uint8_t{0});
    } else {
      const std::uint8_t* const line = from + row * std::ssize(columns);
      for (std::size_t x = 0; x < width; ++x)
        to[x] = columns[x] == kOutside ? std::uint8_t{0} : line[columns[x]];
    }
    to += width;
  }
}

void validate(const torch::Tensor& images, const StandardOptions& options) {
  if (images.dim() != 4 || images.scalar_type() != torch::kByte || !images.device().is_cpu())
    throw InvalidArgument("images to be augmented must be uint8 [N, C, H, W] on the CPU");
  const std::int64_t side = std::min(images.size(2), images.size(3));
  if (options.shift < 0 || options.shift >= side)
    throw InvalidArgument(
        fmt::format("the shift must be between 0 and {} pixels for pictures of {} x {}, not {}", side - 1,
                    images.size(2), images.size(3), options.shift));
  if (!(options.flip_probability >= 0 && options.flip_probability <= 1))
    throw InvalidArgument(
        fmt::format("the flip probability must be in [0, 1], not {}", options.flip_probability));
}

}  // namespace

StandardOptions standard_for(const std::string& data_set, std::int64_t side) {
  if (data_set == "mnist") return {.shift = std::min<std::int64_t>(2, side - 1)};
  // Clothes are centred in their frame, so a shift would only make the task harder than the test is.
  if (data_set == "fashion-mnist") return {.shift = 0, .flip_probability = 0.5};
  return {.shift = side / 16, .mirror_border = true, .flip_probability = 0.5};
}

torch::Tensor standard(const torch::Tensor& images, const StandardOptions& options,
                       torch::Generator generator) {
  validate(images, options);
  const std::int64_t count = images.size(0), channels = images.size(1),
                     plane = images.size(2) * images.size(3);
  const torch::Tensor shifts =
      torch::randint(-options.shift, options.shift + 1, {count, 2}, generator, torch::kLong);
  const torch::Tensor flips = torch::rand({count}, generator) < options.flip_probability;
  const auto shift = shifts.accessor<std::int64_t, 2>();
  const auto flipped = flips.accessor<bool, 1>();

  // A loop over pixels, because tensor expressions need a shift and a flip per picture as an index of eight
  // bytes per pixel.
  const torch::Tensor source = images.contiguous();
  torch::Tensor result = torch::empty_like(source);
  const std::uint8_t* from = source.data_ptr<std::uint8_t>();
  std::uint8_t* to = result.data_ptr<std::uint8_t>();
  std::vector<std::int64_t> rows(static_cast<std::size_t>(images.size(2))),
      columns(static_cast<std::size_t>(images.size(3)));
  for (std::int64_t n = 0; n < count; ++n) {
    fill_sources(rows, shift[n][0], options.mirror_border);
    fill_sources(columns, shift[n][1], options.mirror_border);
    if (flipped[n]) flip(columns);
    for (std::int64_t c = 0; c < channels; ++c, from += plane, to += plane)
      copy_plane(from, to, rows, columns);
  }
  return result;
}

}  // namespace fathom::augment
