#include "fathom/checkpoint/foreign/program_summary.hpp"

#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <memory>

namespace fathom::checkpoint {
namespace {

using torch::jit::Node;
using torch::jit::Value;

/// A use of a module's parameter in the graph.
struct ParameterUse {
  std::string module;
  torch::Tensor parameter;
};

/// The parameter behind a value that is read from the program (%self.layer1.conv.weight), transposed or not.
std::optional<ParameterUse> parameter_behind(const Value* value, const torch::jit::Module& program) {
  while (value->node()->kind() == torch::jit::aten::t) value = value->node()->input(0);
  std::vector<std::string> path;
  for (; value->node()->kind() == torch::jit::prim::GetAttr; value = value->node()->input(0))
    path.insert(path.begin(), value->node()->s(torch::jit::attr::name));
  if (path.empty() || value->node()->kind() != torch::jit::prim::Param) return {};
  torch::jit::Module module = program;
  std::string name;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (!module.hasattr(path[i]) || !module.attr(path[i]).isModule()) return {};
    module = module.attr(path[i]).toModule();
    name += (name.empty() ? "" : ".") + path[i];
  }
  if (!module.hasattr(path.back()) || !module.attr(path.back()).isTensor()) return {};
  return ParameterUse{name, module.attr(path.back()).toTensor()};
}

/// Of a node that multiplies by `weight`, from the shape of its result.
std::int64_t multiply_adds_of(const Node& node, const torch::Tensor& weight, const torch::Tensor& result) {
  const std::string kind = node.kind().toUnqualString();
  const bool is_convolution = kind == "_convolution" || kind.starts_with("conv");
  if (is_convolution && weight.dim() >= 3 && result.dim() == weight.dim())
    return weight.numel() * (result[0][0].numel());
  const bool is_product = kind == "linear" || kind == "addmm" || kind == "matmul" || kind == "mm";
  return is_product && weight.dim() == 2 ? weight.numel() * (result.numel() / result.size(-1)) : 0;
}

struct SeenNode {
  Node* node;
  std::vector<ParameterUse> uses;
};

/// The nodes that use parameters and give one tensor.
std::vector<SeenNode> nodes_with_parameters(torch::jit::Graph& graph, const torch::jit::Module& program) {
  std::vector<SeenNode> seen;
  for (Node* const node : graph.nodes()) {
    if (node->outputs().size() != 1 || node->output()->type()->kind() != c10::TypeKind::TensorType ||
        node->kind() == torch::jit::prim::GetAttr || node->kind() == torch::jit::aten::t)
      continue;
    SeenNode found{node, {}};
    for (const Value* const input : node->inputs())
      if (auto use = parameter_behind(input, program)) found.uses.push_back(*std::move(use));
    if (!found.uses.empty()) seen.push_back(std::move(found));
  }
  return seen;
}

/// Runs the program for the results of its nodes instead of its own.
void add_shapes(std::vector<ProgramStage>& stages, const torch::jit::Module& program,
                const torch::Tensor& example) {
  const torch::NoGradGuard no_grad;
  const std::shared_ptr<torch::jit::Graph> graph = program.get_method("forward").graph()->copy();
  torch::jit::Inline(*graph);
  const std::vector<SeenNode> seen = nodes_with_parameters(*graph, program);
  if (seen.empty()) return;
  std::vector<Value*> results;
  for (const SeenNode& one : seen) results.push_back(one.node->output());
  Node* const tuple = graph->appendNode(graph->createTuple(results));
  while (!graph->outputs().empty()) graph->eraseOutput(0);
  graph->registerOutput(tuple->output());
  torch::jit::Stack stack = {program._ivalue(), example};
  torch::jit::GraphExecutor(graph, "summary").run(stack);
  const auto tensors = stack.back().toTuple();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const torch::Tensor result = tensors->elements()[i].toTensor();
    if (result.dim() < 1) continue;
    for (ProgramStage& stage : stages)
      for (const ParameterUse& use : seen[i].uses) {
        if (use.module != stage.name) continue;
        stage.shape = result.sizes().slice(1).vec();
        stage.multiply_adds =
            stage.multiply_adds.value_or(0) + multiply_adds_of(*seen[i].node, use.parameter, result);
      }
  }
}

}  // namespace

std::vector<ProgramStage> program_summary(const torch::jit::Module& program, const torch::Tensor& example) {
  std::vector<ProgramStage> stages;
  for (const auto& module : program.named_modules()) {
    std::int64_t parameters = 0;
    for (const torch::Tensor& parameter : module.value.parameters(/*recurse=*/false))
      parameters += parameter.numel();
    if (parameters > 0) stages.push_back({module.name, parameters, {}, {}});
  }
  if (example.defined()) add_shapes(stages, program, example);
  return stages;
}

}  // namespace fathom::checkpoint
