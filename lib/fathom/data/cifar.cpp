#include "fathom/data/cifar.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

namespace fathom::data {
namespace {

constexpr std::int64_t kSide = 32;
constexpr std::int64_t kRecord = 1 + 3 * kSide * kSide;  // bytes

ImageSet read_batch(const std::filesystem::path& path, const std::vector<std::string>& classes,
                    const std::string& name) {
  const std::string cannot = fmt::format("cannot read '{}'", path.string());
  std::string bytes = io::read_file(path);
  if (bytes.size() % kRecord != 0)
    throw FormatError(fmt::format(
        "{}: {} bytes are not a multiple of the {} bytes of a CIFAR-10 record (interrupted copy?)", cannot,
        grouped(bytes.size()), grouped(kRecord)));
  const auto n = static_cast<std::int64_t>(bytes.size()) / kRecord;
  const torch::Tensor rows = torch::from_blob(bytes.data(), {n, kRecord}, torch::kUInt8);
  // clone: a reshape alone would still point into `bytes`.
  ImageSet batch{rows.slice(1, 1).reshape({n, 3, kSide, kSide}).clone(torch::MemoryFormat::Contiguous),
                 rows.select(1, 0).to(torch::kInt64), classes, name};
  validate(batch, cannot);
  return batch;
}

}  // namespace

ImageSet read_cifar10(const std::vector<std::filesystem::path>& files, std::vector<std::string> classes,
                      std::string name) {
  if (files.empty()) throw InvalidArgument("CIFAR-10 needs at least one file");
  std::vector<torch::Tensor> images, labels;
  for (const std::filesystem::path& file : files) {
    const ImageSet batch = read_batch(file, classes, name);
    images.push_back(batch.images);
    labels.push_back(batch.labels);
  }
  return {torch::cat(images), torch::cat(labels), std::move(classes), std::move(name)};
}

}  // namespace fathom::data
