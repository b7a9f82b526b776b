#include "fathom/models/checkpoint.hpp"

#include <sstream>

#include <fmt/format.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/script.h>

#include "fathom/core/archive.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/file.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::models {
namespace {

constexpr const char* kCardName = "fathom.json";

/// The module tree as TorchScript knows it: the same tensors under the same names, no code yet.
torch::jit::Module mirrored(const torch::nn::Module& module, const std::string& name,
                            const std::shared_ptr<torch::jit::CompilationUnit>& unit) {
  torch::jit::Module mirror(c10::QualifiedName(name), unit);
  mirror.register_attribute("training", c10::BoolType::get(), false);
  for (const auto& item : module.named_parameters(/*recurse=*/false))
    mirror.register_parameter(item.key(), item.value(), /*is_buffer=*/false);
  for (const auto& item : module.named_buffers(/*recurse=*/false)) mirror.register_buffer(item.key(), item.value());
  for (const auto& item : module.named_children())
    mirror.register_module(item.key(), mirrored(*item.value(), name + "." + item.key(), unit));
  return mirror;
}

using NamedTensors = torch::OrderedDict<std::string, torch::Tensor>;

void copy_tensor(const std::string& name, torch::Tensor target, const torch::jit::Module& source_root,
                 const std::string& what) {
  torch::jit::Module source = source_root;
  std::string rest = name;
  for (std::size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
    const std::string child = rest.substr(0, dot);
    if (!source.hasattr(child) || !source.attr(child).isModule())
      throw FormatError(fmt::format("{}: it has no '{}', which its card's architecture asks for", what, name));
    source = source.attr(child).toModule();
    rest = rest.substr(dot + 1);
  }
  if (!source.hasattr(rest) || !source.attr(rest).isTensor())
    throw FormatError(fmt::format("{}: it has no '{}', which its card's architecture asks for", what, name));
  const torch::Tensor value = source.attr(rest).toTensor();
  if (value.sizes() != target.sizes() || value.scalar_type() != target.scalar_type())
    throw FormatError(fmt::format("{}: '{}' is {}, where its card's architecture asks for {}", what, name,
                                  fmt::join(value.sizes(), "x"), fmt::join(target.sizes(), "x")));
  target.copy_(value);
}

void copy_weights(ImageModel& network, const torch::jit::Module& program, const std::string& what) {
  const torch::NoGradGuard no_grad;
  const NamedTensors parameters = network.named_parameters(), buffers = network.named_buffers();
  for (const auto& item : parameters) copy_tensor(item.key(), item.value(), program, what);
  for (const auto& item : buffers) copy_tensor(item.key(), item.value(), program, what);
}

}  // namespace

torch::jit::Module to_script(ImageModel& network) {
  const std::shared_ptr<ImageModel> copy = copy_of(network);
  for (torch::Tensor& parameter : copy->parameters()) parameter.set_requires_grad(false);

  const Architecture architecture = network.architecture();
  const InputShape& input = input_of(architecture);
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  torch::jit::Module mirror = mirrored(*copy, "__torch__.fathom." + kind(architecture), unit);

  // Two images, because a tracer takes a batch of one for a dimension that broadcasts.
  const torch::Tensor example = torch::full({2, input.channels, input.height, input.width}, 0.5F);
  const auto forward = [&](torch::jit::Stack inputs) -> torch::jit::Stack {
    return {copy->forward(inputs.at(0).toTensor())};
  };
  const auto no_names = [](const torch::autograd::Variable&) { return std::string(); };
  const auto traced = torch::jit::tracer::trace({example}, forward, no_names, /*strict=*/true, /*force_outplace=*/false,
                                                &mirror, {"x"});
  const std::shared_ptr<torch::jit::Graph> graph = traced.first->graph;
  torch::jit::EliminateDeadCode(graph);
  const c10::QualifiedName name(*mirror.type()->name(), "forward");
  mirror.type()->addMethod(mirror._ivalue()->compilation_unit()->create_function(name, graph));
  return mirror;
}

void save_checkpoint(const std::filesystem::path& path, ImageModel& network, const ModelCard& card) {
  const torch::jit::Module program = to_script(network);
  std::ostringstream bytes;
  program.save(bytes, {{kCardName, to_text(card)}});
  write_file(path, bytes.str());
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  const std::string what = fmt::format("cannot read model '{}'", path.string());
  const std::string bytes = read_file(path);
  verify_archive(bytes, what);
  const std::optional<std::string> text = archive_member(bytes, kCardName, what);
  if (!text)
    throw FormatError(what + ": it carries no card of fathom's; as a TorchScript classifier of other origin it is fed with "
                             "--input-size, --mean, --std, --channels and --labels");
  Checkpoint checkpoint;
  try {
    checkpoint.card = card_from_text(*text);
  } catch (const FormatError& e) {
    throw FormatError(what + ": " + e.what());
  }
  // A card must not make us allocate more than the file bears out.
  const std::int64_t parameters = parameter_count(checkpoint.card.architecture);
  if (static_cast<std::uint64_t>(parameters) * sizeof(float) > bytes.size())
    throw FormatError(fmt::format("{}: its card describes a network of {} parameters, more than the file can hold", what,
                                  grouped(static_cast<std::uint64_t>(parameters))));
  checkpoint.network = build(checkpoint.card.architecture, make_generator(0));
  try {
    std::istringstream stream(bytes);
    copy_weights(*checkpoint.network, torch::jit::load(stream, torch::kCPU), what);
  } catch (const c10::Error& e) {
    throw FormatError(what + ": LibTorch cannot read it: " + e.what_without_backtrace());
  }
  checkpoint.network->eval();
  return checkpoint;
}

}  // namespace fathom::models
