#include "fathom/checkpoint/foreign/output_ending.hpp"

#include <torch/csrc/jit/ir/ir.h>

#include <set>
#include <string>

namespace fathom::checkpoint {
namespace {

constexpr int kDeepestEnding = 40;  // operations

bool keeps_numbers(const std::string& kind) {
  static const std::set<std::string> kKinds = {
      "squeeze",    "unsqueeze", "view",  "reshape", "flatten",   "to", "type_as", "clone", "detach",
      "contiguous", "select",    "slice", "permute", "transpose", "t",  "float",   "alias", "index_select"};
  return kKinds.count(kind) > 0;
}

bool clamps(const std::string& kind) {
  static const std::set<std::string> kKinds = {"clamp", "clamp_", "clip", "clip_", "hardtanh", "hardtanh_"};
  return kKinds.count(kind) > 0;
}

bool is_sigmoid(const std::string& kind) { return kind == "sigmoid" || kind == "sigmoid_"; }

OutputEnding ending_of(const torch::jit::Value* value, int depth);

/// `of` gives the ending of each of `count` values.
template <typename Of>
OutputEnding common_ending(std::size_t count, const Of& of) {
  if (count == 0) return OutputEnding::other;
  const OutputEnding first = of(0);
  for (std::size_t i = 1; i < count; ++i)
    if (of(i) != first) return OutputEnding::other;
  return first;
}

OutputEnding ending_of(const torch::jit::Value* value, int depth) {
  const torch::jit::Node* const node = value->node();
  if (depth > kDeepestEnding || node->kind() == torch::jit::prim::Param) return OutputEnding::other;
  if (node->kind() == torch::jit::prim::If)
    return common_ending(node->blocks().size(), [&](std::size_t branch) {
      return ending_of(node->blocks()[branch]->outputs()[value->offset()], depth + 1);
    });
  if (node->kind() == torch::jit::prim::TupleConstruct || node->kind() == torch::jit::prim::ListConstruct)
    return common_ending(node->inputs().size(),
                         [&](std::size_t i) { return ending_of(node->input(i), depth + 1); });
  if (node->kind() == torch::jit::prim::DictConstruct)  // key, value, key, value, ...
    return common_ending(node->inputs().size() / 2,
                         [&](std::size_t i) { return ending_of(node->input(2 * i + 1), depth + 1); });
  if (!node->kind().is_aten() || node->inputs().size() == 0) return OutputEnding::other;
  const std::string kind = node->kind().toUnqualString();
  if (is_sigmoid(kind)) return OutputEnding::sigmoid;
  if (kind == "log_sigmoid") return OutputEnding::log_sigmoid;
  if (keeps_numbers(kind)) return ending_of(node->input(0), depth + 1);
  if (clamps(kind)) {  // as a guard for the logarithm of a probability, it changes little
    const OutputEnding inner = ending_of(node->input(0), depth + 1);
    return inner == OutputEnding::other ? OutputEnding::clamp : inner;
  }
  const bool logarithm = kind == "log" || kind == "log_";
  if (logarithm && ending_of(node->input(0), depth + 1) == OutputEnding::sigmoid)
    return OutputEnding::log_sigmoid;
  return OutputEnding::other;
}

}  // namespace

OutputEnding output_ending(const torch::jit::Module& program) {
  const auto forward = program.find_method("forward");
  if (!forward || forward->graph()->outputs().size() != 1) return OutputEnding::other;
  return ending_of(forward->graph()->outputs()[0], 0);
}

}  // namespace fathom::checkpoint
