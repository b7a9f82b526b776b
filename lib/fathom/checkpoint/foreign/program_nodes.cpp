#include "fathom/checkpoint/foreign/program_nodes.hpp"

#include <torch/csrc/jit/ir/constants.h>

namespace fathom::checkpoint {
namespace {

void visit_block(torch::jit::Block& block, const NodeVisitor& visit) {
  for (torch::jit::Node* node : block.nodes()) {
    visit(*node);
    for (torch::jit::Block* inner : node->blocks()) visit_block(*inner, visit);
  }
}

}  // namespace

void for_each_node(const torch::jit::Module& program, const NodeVisitor& visit) {
  for (const torch::jit::Module& module : program.modules())
    for (const torch::jit::Method& method : module.get_methods())
      visit_block(*method.graph()->block(), visit);
}

void replace_with_constant(torch::jit::Node& node, std::size_t input, const c10::IValue& value) {
  const torch::jit::WithInsertPoint before(&node);
  node.replaceInput(input, node.owningGraph()->insertConstant(value));
}

}  // namespace fathom::checkpoint
