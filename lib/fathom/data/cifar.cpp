#include "fathom/data/cifar.hpp"

#include <fmt/format.h>

#include <string>

#include "fathom/core/error.hpp"
#include "fathom/core/file.hpp"

namespace fathom::data {
namespace {

constexpr int64_t side = 32;
constexpr int64_t record = 1 + 3 * side * side;

const std::vector<std::string>& class_names() {
  static const std::vector<std::string> names{"airplane", "automobile", "bird",  "cat",  "deer",
                                              "dog",      "frog",       "horse", "ship", "truck"};
  return names;
}

struct Records {
  torch::Tensor images, labels;
};

Records read_records(const std::filesystem::path& path) {
  std::string bytes = read_file(path);
  const auto length = static_cast<int64_t>(bytes.size());
  if (length == 0) throw FormatError(fmt::format("cannot read '{}': file is empty", path.string()));
  if (length % record != 0) {
    throw FormatError(fmt::format(
        "cannot read '{}': {} bytes are no multiple of the {} of a CIFAR-10 record (interrupted copy?)",
        path.string(), grouped(bytes.size()), grouped(record)));
  }
  const int64_t n = length / record;
  const torch::Tensor rows = torch::from_blob(bytes.data(), {n, record}, torch::kUInt8);
  const torch::Tensor labels = rows.select(1, 0).to(torch::kInt64);
  const torch::Tensor wrong = (labels >= static_cast<int64_t>(class_names().size())).nonzero();
  if (wrong.numel() > 0) {
    const int64_t at = wrong.flatten()[0].item<int64_t>();
    throw FormatError(fmt::format("cannot read '{}': record {} has label {}; CIFAR-10 has 0 to 9",
                                  path.string(), at, labels[at].item<int64_t>()));
  }
  // clone: a reshape alone would still point into `bytes`.
  return {rows.slice(1, 1).reshape({n, 3, side, side}).clone(torch::MemoryFormat::Contiguous), labels};
}

}  // namespace

ImageSet read_cifar10(const std::vector<std::filesystem::path>& files) {
  if (files.empty()) throw InvalidArgument("CIFAR-10 needs at least one file");
  std::vector<torch::Tensor> images, labels;
  for (const std::filesystem::path& file : files) {
    const Records records = read_records(file);
    images.push_back(records.images);
    labels.push_back(records.labels);
  }
  return {torch::cat(images), torch::cat(labels), class_names(), "cifar10"};
}

}  // namespace fathom::data
