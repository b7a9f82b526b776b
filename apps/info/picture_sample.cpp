#include "info/picture_sample.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/text.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

constexpr std::int64_t kSampled = 100, kMostNamed = 20;

void add_picture(const torch::Tensor& picture, PictureSample& sample) {
  const Extent size{picture.size(1), picture.size(2)};
  if (sample.read == 0) sample.smallest = sample.largest = size;
  sample.smallest = {std::min(sample.smallest.height, size.height),
                     std::min(sample.smallest.width, size.width)};
  sample.largest = {std::max(sample.largest.height, size.height), std::max(sample.largest.width, size.width)};
  ++sample.read;
  if (picture.size(0) == 1) ++sample.grey;
}

/// "30", or "28 to 40"
std::string range_text(std::int64_t low, std::int64_t high) {
  return low == high ? fmt::format("{}", low) : fmt::format("{} to {}", low, high);
}

std::string colours_text(const PictureSample& sample) {
  if (sample.grey == 0) return "RGB";
  if (sample.grey == sample.read) return "grey";
  return fmt::format("{} grey, {} RGB", sample.grey, sample.read - sample.grey);
}

}  // namespace

PictureSample sample_of(const std::vector<std::filesystem::path>& files, bool all, const Common& common) {
  PictureSample sample;
  const std::int64_t count = std::ssize(files), chosen = all ? count : std::min(count, kSampled);
  ProgressBar bar("info", "pictures", common.quiet);
  for (std::int64_t i = 0; i < chosen; ++i) {
    const std::filesystem::path& file = files[static_cast<std::size_t>(i * count / chosen)];
    try {
      add_picture(image::read_picture(file), sample);
    } catch (const Error& error) {
      if (dynamic_cast<const FormatError*>(&error) == nullptr &&
          dynamic_cast<const FileError*>(&error) == nullptr)
        throw;
      sample.damaged.push_back(file.string());
      sample.reasons.push_back({file.string(), error.what()});
    }
    bar.update(i + 1, chosen);
  }
  bar.finish();
  if (chosen < count)
    note(fmt::format("{} of the {} pictures were read, spread over the set; --check reads all", chosen,
                     grouped(static_cast<std::uint64_t>(count))));
  return sample;
}

void describe_sample(const Common& common, Json& report, const PictureSample& sample) {
  report["read"] = sample.read;
  report["grey"] = sample.grey;
  report["heights"] = {sample.smallest.height, sample.largest.height};
  report["widths"] = {sample.smallest.width, sample.largest.width};
  report["damaged"] = sample.damaged;
  if (sample.read > 0)
    say(common, fmt::format("{} read: heights {}, widths {} pixels, {}",
                            counted(static_cast<std::uint64_t>(sample.read), "picture"),
                            range_text(sample.smallest.height, sample.largest.height),
                            range_text(sample.smallest.width, sample.largest.width), colours_text(sample)));
  if (sample.damaged.empty()) return;
  const std::int64_t named = std::min(std::ssize(sample.damaged), kMostNamed);
  say(common, fmt::format("{} cannot be read: {}{} ({})", counted(sample.damaged.size(), "picture"),
                          fmt::join(sample.damaged.begin(), sample.damaged.begin() + named, ", "),
                          named < std::ssize(sample.damaged) ? ", ..." : "", failures_text(sample.reasons)));
}

}  // namespace fathom::cli
