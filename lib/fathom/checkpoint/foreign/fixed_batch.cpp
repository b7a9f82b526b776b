#include "fathom/checkpoint/foreign/fixed_batch.hpp"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fathom/checkpoint/foreign/program_nodes.hpp"
#include "fathom/core/error.hpp"

namespace fathom::checkpoint {
namespace {

constexpr std::int64_t kSmallestBatch = 3, kLargestBatch = 256;
constexpr std::int64_t kMostTries = 32;

/// The numbers in the code that may be a batch: alone, in a shape, or as the size of a constant.
std::set<std::int64_t> numbers_in(const torch::jit::Module& program) {
  std::set<std::int64_t> numbers;
  const auto add = [&](std::int64_t number) {
    if (number >= kSmallestBatch && number <= kLargestBatch) numbers.insert(number);
  };
  for_each_node(program, [&](torch::jit::Node& node) {
    if (node.kind() != c10::prim::Constant || node.outputs().size() != 1) return;
    const auto value = torch::jit::toIValue(node.output());
    if (!value) return;
    if (value->isInt()) add(value->toInt());
    if (value->isIntList())
      for (const std::int64_t number : value->toIntVector()) add(number);
    if (value->isTensor() && value->toTensor().defined())
      for (const std::int64_t size : value->toTensor().sizes()) add(size);
  });
  return numbers;
}

torch::Tensor with_copies_of_last(const torch::Tensor& images, std::int64_t batch) {
  const std::int64_t missing = batch - images.size(0);
  if (missing == 0) return images;
  std::vector<std::int64_t> sizes = images.sizes().vec();
  sizes[0] = missing;
  return torch::cat({images, images.narrow(0, images.size(0) - 1, 1).expand(sizes)});
}

}  // namespace

std::int64_t fixed_batch(const torch::jit::Module& program,
                         const std::function<bool(std::int64_t images)>& runs_on) {
  std::int64_t tries = 0;
  for (const std::int64_t batch : numbers_in(program)) {
    if (++tries > kMostTries) break;
    if (runs_on(batch)) return batch;
  }
  return 0;
}

models::LogitsFunction filled_up(models::LogitsFunction program, std::int64_t batch) {
  return [program = std::move(program), batch](const torch::Tensor& images) {
    std::vector<torch::Tensor> outputs;
    for (std::int64_t begin = 0; begin < images.size(0); begin += batch) {
      const torch::Tensor part = images.narrow(0, begin, std::min(batch, images.size(0) - begin));
      const torch::Tensor output = program(with_copies_of_last(part, batch));
      if (output.dim() == 0 || output.size(0) != batch)
        throw FormatError(
            fmt::format("the model maps {} images to [{}]", batch, fmt::join(output.sizes(), ", ")));
      outputs.push_back(output.narrow(0, 0, part.size(0)));
    }
    return torch::cat(outputs);
  };
}

}  // namespace fathom::checkpoint
