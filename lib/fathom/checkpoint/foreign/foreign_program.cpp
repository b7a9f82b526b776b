#include "fathom/checkpoint/foreign/foreign_program.hpp"

#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/ir/constants.h>

#include "fathom/checkpoint/foreign/fixed_batch.hpp"
#include "fathom/checkpoint/foreign/output_ending.hpp"
#include "fathom/checkpoint/foreign/pixel_range.hpp"
#include "fathom/checkpoint/foreign/program_nodes.hpp"
#include "fathom/checkpoint/foreign/program_probe.hpp"
#include "fathom/checkpoint/foreign/training_mode.hpp"
#include "fathom/checkpoint/torchscript_frozen.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/text.hpp"

namespace fathom::checkpoint {
namespace {

constexpr int kDeepestOutput = 4;

bool is_other_float(const torch::Tensor& tensor) {
  return tensor.defined() && tensor.is_floating_point() && tensor.scalar_type() != torch::kFloat;
}

/// Brings parameters, buffers and other tensors of the modules to float32, and gives the names of the types
/// that they had.
std::set<std::string> convert_weights(const torch::jit::Module& program) {
  std::set<std::string> types;
  for (const auto& attribute : program.named_attributes()) {
    if (!attribute.value.isTensor()) continue;
    torch::Tensor tensor = attribute.value.toTensor();
    if (!is_other_float(tensor)) continue;
    types.insert(lower_case(c10::toString(tensor.scalar_type())));
    tensor.set_data(tensor.detach().to(torch::kFloat));
  }
  return types;
}

/// Damaged weights make every answer NaN; only their names tell why.
void say_if_damaged(const torch::jit::Module& program) {
  for (const auto& parameter : program.named_parameters())
    if (parameter.value.is_floating_point() && !parameter.value.isfinite().all().item<bool>()) {
      note(fmt::format("the model's weights contain NaN or infinity: '{}'", parameter.name));
      return;
    }
}

/// Constants of a program in other floating-point types, and conversions to these types. Numbers (tensors
/// without dimensions) do not decide the type of a result.
void compute_in_float32(torch::jit::Node& node) {
  using torch::jit::AttributeKind;
  if (node.kind() == c10::prim::Constant) {
    if (!node.hasAttribute(c10::attr::value) || node.kindOf(c10::attr::value) != AttributeKind::t) return;
    const torch::Tensor value = node.t(c10::attr::value);
    if (value.dim() > 0 && is_other_float(value)) node.t_(c10::attr::value, value.to(torch::kFloat));
    return;
  }
  if (node.kind() != c10::aten::to) return;
  for (std::size_t i = 1; i < node.inputs().size(); ++i) {
    const auto type = torch::jit::toIValue(node.input(i));
    if (!type || !type->isInt()) continue;
    for (const at::ScalarType other : {torch::kHalf, torch::kBFloat16, torch::kDouble})
      if (type->toInt() == static_cast<std::int64_t>(other))
        replace_with_constant(node, i, static_cast<std::int64_t>(torch::kFloat));
  }
}

void prepare(torch::jit::Module& program, torch::Device device) {
  leave_training_mode(program);
  const std::set<std::string> types = convert_weights(program);
  if (!types.empty()) for_each_node(program, compute_in_float32);
  say_if_damaged(program);
  program.to(device);
  for (torch::Tensor weight : program.parameters()) weight.set_requires_grad(false);
  if (!types.empty())
    note(fmt::format("the model's weights have numbers of type {}: they are converted to float32",
                     fmt::join(types, " and ")));
}

std::string nested(const std::string& outer, const std::string& inner) {
  return outer.empty() ? inner : outer + "." + inner;
}

std::string key_text(const c10::IValue& key) {
  if (key.isString()) return key.toStringRef();
  return key.isInt() ? std::to_string(key.toInt()) : std::string("?");
}

/// The fields of a named tuple; empty for others.
std::vector<std::string> fields_of(const c10::IValue& tuple) {
  const auto type = tuple.type()->cast<c10::TupleType>();
  std::vector<std::string> names;
  if (type && type->schema())
    for (const auto& argument : type->schema()->arguments()) names.push_back(argument.name());
  return names;
}

void collect(const c10::IValue& value, const std::string& name, int depth,
             std::vector<OutputEntry>& entries) {
  if (depth > kDeepestOutput) return;
  if (value.isTensor()) {
    if (value.toTensor().defined()) entries.push_back({name, value.toTensor()});
  } else if (value.isTuple()) {
    const auto elements = value.toTuple()->elements();
    const std::vector<std::string> fields = fields_of(value);
    for (std::size_t i = 0; i < elements.size(); ++i)
      collect(elements[i], nested(name, i < fields.size() ? fields[i] : std::to_string(i)), depth + 1,
              entries);
  } else if (value.isList()) {
    const auto elements = value.toList();
    for (std::size_t i = 0; i < elements.size(); ++i)
      collect(elements.get(i), nested(name, std::to_string(i)), depth + 1, entries);
  } else if (value.isGenericDict()) {
    for (const auto& item : value.toGenericDict())
      collect(item.value(), nested(name, key_text(item.key())), depth + 1, entries);
  }
}

bool is_rows(const torch::Tensor& tensor, std::int64_t images, std::int64_t least_classes = 1) {
  const torch::Tensor rows = as_rows(tensor, images);
  return rows.is_floating_point() && rows.dim() == 2 && rows.size(0) == images &&
         rows.size(1) >= least_classes;
}

std::string shapes_text(const std::vector<OutputEntry>& entries) {
  std::vector<std::string> texts;
  for (const OutputEntry& entry : entries)
    texts.push_back(
        fmt::format("{} [{}]", entry.name.empty() ? "0" : entry.name, fmt::join(entry.tensor.sizes(), ", ")));
  return fmt::format("{}", fmt::join(texts, "; "));
}

/// How the tensor is reached again in every output, and a note if it was chosen without being asked for.
TensorOfOutput take_entry(const c10::IValue& example, const std::string& output, std::int64_t images) {
  const std::vector<OutputEntry> entries = output_entries(example);
  const std::size_t index = choose_entry(entries, output, images);
  if (example.isTensor()) return [](const c10::IValue& value) { return value.toTensor(); };
  if (output.empty() && entries.size() == 1)
    note(fmt::format("the model gives its output in a tuple, list or dictionary: its one tensor '{}' is used",
                     entries[index].name));
  if (output.empty() && entries.size() > 1)
    note(fmt::format("the model gives {} outputs ({}): '{}' is used as the scores of the classes",
                     entries.size(), shapes_text(entries), entries[index].name));
  return [name = entries[index].name](const c10::IValue& value) {
    for (const OutputEntry& entry : output_entries(value))
      if (entry.name == name) return entry.tensor;
    throw FormatError(fmt::format("the model gives no output '{}' for these images", name));
  };
}

/// Empty if the program fails.
std::optional<c10::IValue> answer_to(torch::jit::Module& program, const torch::Tensor& images) {
  try {
    return program.forward({images});
  } catch (const std::exception& e) {
    if (is_out_of_memory(e)) throw;
    return {};
  }
}

bool has_rows(const c10::IValue& answer, std::int64_t images) {
  for (const OutputEntry& entry : output_entries(answer))
    if (is_rows(entry.tensor, images)) return true;
  return false;
}

/// Images on which the program runs, and its answer: two, one, or as many as its code says.
struct Example {
  torch::Tensor images;
  c10::IValue answer;
  std::int64_t fixed_batch = 0;  ///< the only number of images that it takes; 0: not known to be the only one
};

torch::Tensor noise(std::int64_t images, const models::InputShape& input, torch::Device device) {
  return torch::rand({images, input.channels, input.height, input.width}, make_generator(0)).to(device);
}

Example find_example(torch::jit::Module& program, const models::InputShape& input, torch::Device device) {
  torch::Tensor images = noise(2, input, device);
  std::optional<c10::IValue> answer = answer_to(program, images);
  if (!answer) {
    images = images.narrow(0, 0, 1);  // it may have been traced with one image
    answer = answer_to(program, images);
  }
  if (answer && has_rows(*answer, images.size(0))) return {images, *answer};
  const std::int64_t batch = fixed_batch(program, [&](std::int64_t count) {
    const auto of_batch = answer_to(program, noise(count, input, device));
    return of_batch && has_rows(*of_batch, count);
  });
  if (batch > 0) {
    images = noise(batch, input, device);
    return {images, program.forward({images}), batch};
  }
  if (answer) return {images, *answer};
  try {
    return {images, program.forward({images})};
  } catch (const std::exception& e) {
    refuse_input([&](const torch::Tensor& x) { program.forward({x}); }, input, device, e);
  }
}

/// Whether a program that runs on two images runs on one, too.
bool runs_alone(const models::LogitsFunction& program, const torch::Tensor& pair) {
  try {
    const torch::Tensor rows = as_rows(program(pair.narrow(0, 0, 1)), 1);
    return rows.dim() != 2 || rows.size(0) == 1;
  } catch (const std::exception& e) {
    if (is_out_of_memory(e)) throw;
    return false;
  }
}

}  // namespace

std::vector<OutputEntry> output_entries(const c10::IValue& output) {
  std::vector<OutputEntry> entries;
  collect(output, "", 0, entries);
  return entries;
}

std::size_t choose_entry(const std::vector<OutputEntry>& entries, const std::string& output,
                         std::int64_t images) {
  if (entries.empty()) throw InvalidArgument("the model gives no tensor, so it is not a classifier");
  if (!output.empty()) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].name == output) return i;
      names.push_back(entries[i].name.empty() ? "0" : entries[i].name);
    }
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (std::to_string(i) == output) return i;
    throw InvalidArgument(fmt::format("the model gives no output '{}'{}", output, suggestion(output, names)));
  }
  for (const char* usual : {"logits", "out", "output"})
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (entries[i].name == usual && is_rows(entries[i].tensor, images)) return i;
  for (const std::int64_t classes : {2, 1})  // one number per image may be a loss or an uncertainty
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (is_rows(entries[i].tensor, images, classes)) return i;
  return 0;
}

ForeignProgram foreign_program(torch::jit::Module program, const models::InputShape& input,
                               const std::string& output, torch::Device device) {
  const torch::NoGradGuard no_grad;
  prepare(program, device);
  Example example = find_example(program, input, device);
  const std::int64_t images = example.images.size(0);
  const TensorOfOutput take = take_entry(example.answer, output, images);
  ForeignProgram ready;
  ready.sign_of_bytes = sign_of_bytes(program);
  ready.ending = output_ending(program);
  ready.differentiable = [program, take](const torch::Tensor& x) mutable {
    return take(program.forward({x}));
  };
  ready.fast = frozen(program, example.images, take);
  if (images == 2 && is_rows(take(example.answer), images) && !runs_alone(ready.fast, example.images))
    example.fixed_batch = images;
  if (example.fixed_batch == 0) return ready;
  note(
      fmt::format("the model runs only on {0} pictures at a time (probably traced with a batch of {0}): "
                  "missing pictures are filled up with copies, which is slower",
                  example.fixed_batch));
  ready.differentiable = filled_up(std::move(ready.differentiable), example.fixed_batch);
  ready.fast = filled_up(std::move(ready.fast), example.fixed_batch);
  return ready;
}

}  // namespace fathom::checkpoint
