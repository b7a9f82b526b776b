/// The operations in the code of a TorchScript program.
#pragma once

#include <torch/csrc/jit/ir/ir.h>
#include <torch/script.h>
#include <cstddef>
#include <functional>

namespace fathom::checkpoint {

using NodeVisitor = std::function<void(torch::jit::Node&)>;

/// Visits the nodes of the methods of the program and of its modules, with those in branches and loops.
/// Changes take effect only before the first run.
void for_each_node(const torch::jit::Module& program, const NodeVisitor& visit);

/// Replaces an input of `node` by a constant.
void replace_with_constant(torch::jit::Node& node, std::size_t input, const c10::IValue& value);

}  // namespace fathom::checkpoint
