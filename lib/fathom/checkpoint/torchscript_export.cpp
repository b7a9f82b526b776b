#include "fathom/checkpoint/torchscript_export.hpp"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

namespace fathom::checkpoint {
namespace {

/// The module tree as TorchScript knows it: the same tensors under the same names, no code yet.
torch::jit::Module mirrored(const torch::nn::Module& module, const std::string& name,
                            const std::shared_ptr<torch::jit::CompilationUnit>& unit) {
  torch::jit::Module mirror(c10::QualifiedName(name), unit);
  mirror.register_attribute("training", c10::BoolType::get(), false);
  for (const auto& item : module.named_parameters(/*recurse=*/false))
    mirror.register_parameter(item.key(), item.value(), /*is_buffer=*/false);
  for (const auto& item : module.named_buffers(/*recurse=*/false))
    mirror.register_buffer(item.key(), item.value());
  for (const auto& item : module.named_children())
    mirror.register_module(item.key(), mirrored(*item.value(), name + "." + item.key(), unit));
  return mirror;
}

}  // namespace

torch::jit::Module traced_module(const torch::nn::Module& module, const std::string& kind,
                                 const Method& method) {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  torch::jit::Module mirror = mirrored(module, "__torch__.fathom." + kind, unit);
  const auto body = [&](const torch::jit::Stack& inputs) -> torch::jit::Stack {
    std::vector<torch::Tensor> tensors;
    for (const c10::IValue& input : inputs) tensors.push_back(input.toTensor());
    return {method.body(tensors)};
  };
  const auto no_names = [](const torch::autograd::Variable&) { return std::string(); };
  const auto traced = torch::jit::tracer::trace({method.examples.begin(), method.examples.end()}, body,
                                                no_names, /*strict=*/true,
                                                /*force_outplace=*/false, &mirror, method.arguments);
  const std::shared_ptr<torch::jit::Graph> graph = traced.first->graph;
  torch::jit::EliminateDeadCode(graph);
  const c10::QualifiedName name(*mirror.type()->name(), method.name);
  mirror.type()->addMethod(mirror._ivalue()->compilation_unit()->create_function(name, graph));
  return mirror;
}

torch::jit::Module to_torchscript(const models::ImageModel& network) {
  const std::shared_ptr<models::ImageModel> copy = copy_of(network);
  for (torch::Tensor& parameter : copy->parameters()) parameter.set_requires_grad(false);
  const models::Architecture architecture = network.architecture();
  const models::InputShape& input = models::input_of(architecture);
  return traced_module(*copy, models::kind(architecture),
                       {.arguments = {"x"},
                        .examples = {torch::full({2, input.channels, input.height, input.width}, 0.5F)},
                        .body = [&](const auto& inputs) { return copy->forward(inputs.at(0)); }});
}

}  // namespace fathom::checkpoint
