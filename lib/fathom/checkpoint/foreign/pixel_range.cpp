#include "fathom/checkpoint/foreign/pixel_range.hpp"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace fathom::checkpoint {
namespace {

constexpr int kLongestChain = 12;  // operations

/// A mean per channel on the scale 0 to 255 is above this, and no sum of normalised pixels is.
constexpr double kSmallestByteMean = 16;

/// The number that an operation is given, or the smallest of a tensor of numbers.
std::optional<double> smallest_number(const torch::jit::Value* value, const torch::jit::Module& program) {
  torch::Tensor numbers;
  if (value->node()->kind() == torch::jit::prim::GetAttr) {
    const std::string name = value->node()->s(torch::jit::attr::name);
    const bool of_program = value->node()->input(0)->node()->kind() == torch::jit::prim::Param;
    if (of_program && program.hasattr(name) && program.attr(name).isTensor())
      numbers = program.attr(name).toTensor();
  } else if (const auto constant = torch::jit::toIValue(value)) {
    if (constant->isDouble() || constant->isInt()) return constant->toScalar().toDouble();
    if (constant->isTensor()) numbers = constant->toTensor();
  }
  if (!numbers.defined() || numbers.numel() == 0 || numbers.is_complex()) return {};
  return numbers.to(torch::kDouble).min().item<double>();
}

bool keeps_pixels(const std::string& kind) {
  static const std::set<std::string> kKinds = {"to",      "contiguous", "clone", "permute", "flip",
                                               "type_as", "detach",     "float", "alias"};
  return kKinds.count(kind) > 0;
}

/// The operation that takes the pixels first, behind those that only move or convert them.
const torch::jit::Node* next_of(const torch::jit::Value* pixels) {
  for (const torch::jit::Use& use : pixels->uses())
    if (use.offset == 0 && use.user->outputs().size() == 1 &&
        use.user->output()->type()->kind() == c10::TypeKind::TensorType)
      return use.user;
  return nullptr;
}

}  // namespace

std::string sign_of_bytes(const torch::jit::Module& program) {
  const auto forward = program.find_method("forward");
  if (!forward || forward->graph()->inputs().size() < 2) return {};
  const torch::jit::Value* pixels = forward->graph()->inputs()[1];
  for (int i = 0; i < kLongestChain; ++i) {
    const torch::jit::Node* const node = next_of(pixels);
    if (node == nullptr) return {};
    const std::string kind = node->kind().toUnqualString();
    if (!keeps_pixels(kind)) {
      const auto number = node->inputs().size() > 1 ? smallest_number(node->input(1), program) : std::nullopt;
      if (!number) return {};
      const bool divides = kind == "div" || kind == "div_" || kind == "true_divide";
      const bool multiplies = kind == "mul" || kind == "mul_";
      const bool subtracts = kind == "sub" || kind == "sub_";
      if ((divides && *number >= 127 && *number <= 256) ||
          (multiplies && *number > 0 && std::abs(1 / *number - 255) < 1.5))
        return fmt::format("divides its input by {:.4g}", divides ? *number : 1 / *number);
      if (subtracts && *number >= kSmallestByteMean && *number <= 255)
        return fmt::format("subtracts {:.4g} from its input", *number);
      return {};
    }
    pixels = node->output();
  }
  return {};
}

}  // namespace fathom::checkpoint
