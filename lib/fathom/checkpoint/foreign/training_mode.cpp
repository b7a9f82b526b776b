#include "fathom/checkpoint/foreign/training_mode.hpp"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <optional>
#include <set>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fathom/checkpoint/foreign/program_nodes.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"

namespace fathom::checkpoint {
namespace {

/// The position of an operation's argument.
std::optional<std::size_t> argument(const torch::jit::Node& node, const std::string& name) {
  const c10::FunctionSchema* const schema = node.maybeSchema();
  if (schema == nullptr) return {};
  const auto index = schema->argumentIndexWithName(name);
  if (!index || static_cast<std::size_t>(*index) >= node.inputs().size()) return {};
  return static_cast<std::size_t>(*index);
}

bool is_constant_true(const torch::jit::Node& node, std::size_t input) {
  const auto value = torch::jit::toIValue(node.input(input));
  return value && value->isBool() && value->toBool();
}

bool is_above_zero(const torch::jit::Node& node, std::size_t input) {
  const auto value = torch::jit::toIValue(node.input(input));
  return value && value->isDouble() && value->toDouble() > 0;
}

/// The argument by which an operation is told that it trains.
std::optional<std::size_t> training_argument(const torch::jit::Node& node) {
  for (const char* name : {"train", "training", "use_input_stats"})
    if (const auto index = argument(node, name); index && is_constant_true(node, *index)) return index;
  return {};
}

/// The share that recurrent layers and attention drop inside. Its being 0 leaves cuDNN's gradients, which
/// need the training mode.
std::optional<std::size_t> inner_dropout(const torch::jit::Node& node) {
  for (const char* name : {"dropout", "dropout_p"})
    if (const auto index = argument(node, name)) return index;
  return {};
}

std::string name_of_part(const torch::jit::Node& node) {
  const std::string kind = node.kind().toUnqualString();
  const auto has = [&](const char* part) { return kind.find(part) != kind.npos; };
  if (has("batch_norm")) return "batch norm";
  if (has("instance_norm")) return "instance norm";
  return has("rrelu") ? "RReLU" : "dropout";
}

/// Adds what it switches to `switched`.
void switch_mode(torch::jit::Node& node, std::set<std::string>& switched) {
  if (const auto share = inner_dropout(node)) {
    if (!is_above_zero(node, *share)) return;
    const auto training = argument(node, "train");
    if (training && !is_constant_true(node, *training)) return;
    replace_with_constant(node, *share, 0.0);
    switched.insert("dropout");
    return;
  }
  const auto training = training_argument(node);
  if (!training) return;
  // Without running statistics, a norm has only those of its input.
  const auto statistics = argument(node, "running_mean");
  if (statistics && node.input(*statistics)->mustBeNone()) return;
  replace_with_constant(node, *training, false);
  switched.insert(name_of_part(node));
}

/// Whether scripted parts that act in another way in training mode are in it.
bool is_in_training_mode(const torch::jit::Module& program) {
  for (const torch::jit::Module& module : program.modules()) {
    const std::string type = lower_case(module.type()->name()->qualifiedName());
    for (const char* part : {"dropout", "batchnorm", "instancenorm", "rrelu"})
      if (type.find(part) != type.npos && module.is_training()) return true;
  }
  return false;
}

}  // namespace

void leave_training_mode(torch::jit::Module& program) {
  const bool was_training = is_in_training_mode(program);
  program.eval();
  // The constant may be an argument in a call of a function.
  if (const auto forward = program.find_method("forward")) torch::jit::Inline(*forward->graph());
  std::set<std::string> switched;
  for_each_node(program, [&](torch::jit::Node& node) { switch_mode(node, switched); });
  if (!switched.empty())
    note(fmt::format("the model was exported in training mode: its {} is switched to evaluation mode",
                     fmt::join(switched, " and ")));
  else if (was_training)
    note(
        "the model was saved in training mode: its layers that act otherwise there (dropout, batch norm) are "
        "switched to evaluation mode");
}

}  // namespace fathom::checkpoint
