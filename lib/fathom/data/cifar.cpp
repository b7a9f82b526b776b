#include "fathom/data/cifar.hpp"

#include <fmt/format.h>

#include <string>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/file.hpp"

namespace fathom::data {
namespace {

constexpr int64_t side = 32;
constexpr int64_t record = 1 + 3 * side * side;

const std::vector<std::string>& class_names() {
  static const std::vector<std::string> names{"airplane", "automobile", "bird",  "cat",  "deer",
                                              "dog",      "frog",       "horse", "ship", "truck"};
  return names;
}

ImageSet read_batch(const std::filesystem::path& path) {
  const std::string cannot = fmt::format("cannot read '{}'", path.string());
  std::string bytes = io::read_file(path);
  if (bytes.size() % record != 0) {
    throw FormatError(
        fmt::format("{}: {} bytes are no multiple of the {} of a CIFAR-10 record (interrupted copy?)", cannot,
                    grouped(bytes.size()), grouped(record)));
  }
  const auto n = static_cast<int64_t>(bytes.size()) / record;
  const torch::Tensor rows = torch::from_blob(bytes.data(), {n, record}, torch::kUInt8);
  // clone: a reshape alone would still point into `bytes`.
  ImageSet batch{rows.slice(1, 1).reshape({n, 3, side, side}).clone(torch::MemoryFormat::Contiguous),
                 rows.select(1, 0).to(torch::kInt64), class_names(), "cifar10"};
  validate(batch, cannot);
  return batch;
}

}  // namespace

ImageSet read_cifar10(const std::vector<std::filesystem::path>& files) {
  if (files.empty()) throw InvalidArgument("CIFAR-10 needs at least one file");
  std::vector<torch::Tensor> images, labels;
  for (const std::filesystem::path& file : files) {
    const ImageSet batch = read_batch(file);
    images.push_back(batch.images);
    labels.push_back(batch.labels);
  }
  return {torch::cat(images), torch::cat(labels), class_names(), "cifar10"};
}

}  // namespace fathom::data
