#include "fathom/checkpoint/foreign/device_constants.hpp"

#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/ir/ir.h>

#include <set>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fathom/core/notes.hpp"

namespace fathom::checkpoint {
namespace {

bool is_device_constant(const torch::jit::Node& node) {
  return node.kind() == torch::jit::prim::Constant && node.outputs().size() == 1 &&
         node.output()->type()->kind() == c10::TypeKind::DeviceObjType &&
         node.hasAttribute(torch::jit::attr::value) &&
         node.kindOf(torch::jit::attr::value) == torch::jit::AttributeKind::s;
}

/// Adds what was replaced to `replaced`.
void move_in(torch::jit::Block& block, const std::string& device, std::set<std::string>& replaced) {
  for (torch::jit::Node* const node : block.nodes()) {
    if (is_device_constant(*node)) {
      const std::string named = node->s(torch::jit::attr::value);
      if (named.starts_with("cuda") && named != device) {
        node->s_(torch::jit::attr::value, device);
        replaced.insert(named);
      }
    }
    for (torch::jit::Block* const inner : node->blocks()) move_in(*inner, device, replaced);
  }
}

}  // namespace

void move_device_constants(torch::jit::Module& program, torch::Device device) {
  std::set<std::string> replaced;
  for (const torch::jit::Module& module : program.modules())
    for (const torch::jit::Method& method : module.get_methods())
      move_in(*method.graph()->block(), device.str(), replaced);
  for (torch::jit::Function* const function : program._ivalue()->compilation_unit()->get_functions())
    if (auto* const graph_function = torch::jit::tryToGraphFunction(*function))
      move_in(*graph_function->graph()->block(), device.str(), replaced);
  if (!replaced.empty())
    note(fmt::format("the model's code names the device {}, where it was traced; it runs on {} instead",
                     fmt::join(replaced, ", "), device.str()));
}

}  // namespace fathom::checkpoint
