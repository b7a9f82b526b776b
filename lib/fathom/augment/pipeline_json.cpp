/// Pipelines and drawings as JSON.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "fathom/augment/pipeline.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/io/json.hpp"

namespace fathom::augment {
namespace {

using Json = nlohmann::ordered_json;

/// What a place in the file holds that it should not. `at`: "operations[2].degrees".
[[noreturn]] void fail(const std::string& at, const std::string& why) {
  throw FormatError(at.empty() ? why : at + ": " + why);
}

/// A value for a message: lists and objects, which may be long and deep, by their names.
std::string shown(const Json& json) {
  constexpr std::size_t kLongest = 80;
  if (json.is_array()) return "a list";
  if (json.is_object()) return "an object";
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return excerpt(text, kLongest);
}

/// `f`, its complaints about values with their place.
template <typename Function>
auto located(const std::string& at, const Function& f) {
  try {
    return f();
  } catch (const InvalidArgument& e) {
    fail(at, e.what());
  }
}

double number_at(const Json& json, const std::string& at) {
  if (!json.is_number()) fail(at, "must be a number, not " + shown(json));
  return json.get<double>();
}

std::string text_at(const Json& json, const std::string& at) {
  if (!json.is_string()) fail(at, "must be a text, not " + shown(json));
  return json.get<std::string>();
}

double probability_at(const Json& json, const std::string& at) {
  const double p = number_at(json, at);
  if (!(p >= 0 && p <= 1)) fail(at, fmt::format("must be in [0, 1], not {}", p));
  return p;
}

void set_from(Operation& operation, const std::string& name, const Json& json, const std::string& at) {
  const Parameter& parameter = located(at, [&]() -> const Parameter& {
    return operation.kind->parameters[parameter_index(*operation.kind, name)];
  });
  if (json.is_string()) {
    located(at, [&] { choose(operation, name, json.get<std::string>()); });
  } else if (json.is_array()) {
    if (json.size() != 2) fail(at, "a range must have two values, not " + std::to_string(json.size()));
    const Range range{number_at(json[0], at + "[0]"), number_at(json[1], at + "[1]")};
    located(at, [&] { set(operation, name, range); });
  } else {
    const double value = number_at(json, at);
    located(at, [&] {
      set(operation, name,
          parameter.symmetric ? Range{0 - std::abs(value), std::abs(value)} : Range{value, value});
    });
  }
}

const Json& member(const Json& object, std::string_view name, const std::string& at) {
  if (!object.is_object()) fail(at, "must be an object, not " + shown(object));
  if (!object.contains(name)) fail(at, fmt::format("'{}' is missing", name));
  return object[name];
}

const Json& list_at(const Json& json, const std::string& at) {
  if (!json.is_array()) fail(at, "must be a list, not " + shown(json));
  return json;
}

bool names_mixing(const Json& json) {
  return json.is_object() && json.contains("op") && json["op"].is_string() &&
         is_mixing(json["op"].get<std::string>());
}

std::vector<Operation> operations_at(const Json& json, const std::string& at, int depth);

Operation operation_at(const Json& json, const std::string& at, int depth) {
  const std::string name = text_at(member(json, "op", at), at + ".op");
  if (is_mixing(name)) fail(at, name + " mixes whole batches and must come at the end of the pipeline");
  Operation operation = usual(*located(at + ".op", [&] { return &operation_kind(name); }));
  for (const auto& [key, value] : json.items()) {
    const std::string place = at + "." + key;
    if (key == "op") continue;
    if (key == "p")
      operation.probability = probability_at(value, place);
    else if (key == "operations" && operation.kind->takes_operations)
      operation.operations = operations_at(value, place, depth + 1);
    else
      set_from(operation, key, value, place);
  }
  if (operation.kind->takes_operations && operation.operations.empty())
    fail(at, name + " needs 'operations'");
  return operation;
}

std::vector<Operation> operations_at(const Json& json, const std::string& at, int depth) {
  if (depth > kDeepest) fail(at, fmt::format("operations are nested more than {} deep", kDeepest));
  std::vector<Operation> operations;
  std::size_t i = 0;
  for (const Json& each : list_at(json, at))
    operations.push_back(operation_at(each, fmt::format("{}[{}]", at, i++), depth));
  return operations;
}

Mixing mixing_at(const Json& json, const std::string& at) {
  Mixing mixing = usual(mixing_kind(json["op"].get<std::string>()));
  for (const auto& [key, value] : json.items()) {
    const std::string place = at + "." + key;
    if (key == "alpha")
      mixing.alpha = number_at(value, place);
    else if (key == "p")
      mixing.probability = probability_at(value, place);
    else if (key != "op")
      fail(place, fmt::format("{} has no parameter '{}'{}", to_string(mixing.kind), key,
                              suggestion(key, {"alpha", "p"})));
  }
  located(at, [&] { validate(mixing); });
  return mixing;
}

Pipeline pipeline_at(const Json& json) {
  Pipeline pipeline;
  const Json& operations = list_at(member(json, "operations", ""), "operations");
  for (const auto& [key, value] : json.items()) {
    if (key == "name")
      pipeline.name = text_at(value, key);
    else if (key != "operations" && key != "description")
      fail(key, fmt::format("no such field{}", suggestion(key, {"name", "description", "operations"})));
  }
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const std::string at = fmt::format("operations[{}]", i);
    if (names_mixing(operations[i]))
      pipeline.mixings.push_back(mixing_at(operations[i], at));
    else if (!pipeline.mixings.empty())
      fail(at, "mixup and cutmix mix finished pictures, so nothing may follow them");
    else
      pipeline.operations.push_back(operation_at(operations[i], at, 1));
  }
  return pipeline;
}

/// Without a fraction where there is none, as people write it.
Json plain(double value) {
  if (std::floor(value) == value && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

Json operation_json(const Operation& operation) {
  Json json = {{"op", operation.kind->name}};
  for (std::size_t i = 0; i < operation.ranges.size(); ++i) {
    const Parameter& p = operation.kind->parameters[i];
    const Range& range = operation.ranges[i];
    if (p.drawn_only) continue;
    if (p.scale == Scale::choice)
      json[p.name] = p.word(range.low);
    else if (range.low == range.high && !p.symmetric)
      json[p.name] = plain(range.low);
    else
      json[p.name] = {plain(range.low), plain(range.high)};
  }
  json["p"] = plain(operation.probability);
  if (operation.kind->takes_operations) {
    json["operations"] = Json::array();
    for (const Operation& each : operation.operations) json["operations"].push_back(operation_json(each));
  }
  return json;
}

double value_at(const OperationKind& kind, const Parameter& p, const Json& parameters,
                const std::string& at) {
  const std::string place = fmt::format("{}.{}", at, p.name);
  const Json& json = member(parameters, p.name, at);
  if (p.scale == Scale::choice)
    return located(place, [&] { return choice_value(kind, p, text_at(json, place)); });
  const double value = number_at(json, place);
  if (!(value >= p.allowed.low && value <= p.allowed.high) ||
      (p.scale == Scale::whole && std::floor(value) != value))
    fail(place,
         fmt::format("{}'s {} must be {}in [{}, {}], not {}", kind.name, p.name,
                     p.scale == Scale::whole ? "whole and " : "", p.allowed.low, p.allowed.high, value));
  return value;
}

Drawing drawing_at(const Json& json, const std::string& at, int depth);

bool changes_size(const Step& step) {
  return step.kind->result_size || std::any_of(step.steps.begin(), step.steps.end(), changes_size);
}

/// What is mixed: as many chains as have weights, which give pictures of one size.
void require_chains(const Step& step, const std::string& at) {
  const auto weighted = static_cast<std::size_t>(
      std::count_if(step.kind->parameters.begin(), step.kind->parameters.end(),
                    [](const Parameter& p) { return p.name.starts_with("weight-"); }));
  if (step.steps.size() > weighted)
    fail(at, fmt::format("{} has at most {} chains, not {}", step.kind->name, weighted, step.steps.size()));
  for (std::size_t i = 0; i < step.steps.size(); ++i) {
    const Step& chain = step.steps[i];
    if (chain.kind->name != "sequence")
      fail(fmt::format("{}[{}]", at, i),
           fmt::format("a chain of {} must be a sequence, not {}", step.kind->name, chain.kind->name));
    if (changes_size(chain)) fail(fmt::format("{}[{}]", at, i), "a chain must keep the size of the picture");
  }
}

Step step_at(const Json& json, const std::string& at, int depth) {
  const std::string name = text_at(member(json, "name", at), at + ".name");
  const OperationKind& kind = *located(at + ".name", [&] { return &operation_kind(name); });
  Step step{.kind = &kind};
  const Json& parameters = member(json, "parameters", at);
  for (std::size_t i = 0; i < kind.parameters.size(); ++i)
    step.values[i] = value_at(kind, kind.parameters[i], parameters, at + ".parameters");
  for (const auto& [key, value] : parameters.items())
    located(at + ".parameters", [&, name = key] { parameter_index(kind, name); });
  if (json.contains("operations")) {
    if (!kind.is_composition()) fail(at, name + " takes no operations");
    step.steps = drawing_at(json["operations"], at + ".operations", depth + 1);
  }
  if (kind.combine) require_chains(step, at + ".operations");
  return step;
}

Drawing drawing_at(const Json& json, const std::string& at, int depth) {
  if (depth > kDeepestDrawing)
    fail(at, fmt::format("operations are nested more than {} deep", kDeepestDrawing));
  Drawing drawing;
  std::size_t i = 0;
  for (const Json& each : list_at(json, at))
    drawing.push_back(step_at(each, fmt::format("{}[{}]", at, i++), depth));
  return drawing;
}

}  // namespace

Pipeline pipeline_from_json(const std::string& text, const std::string& what) {
  try {
    return pipeline_at(io::parse_json(text, io::kLargestPipeline));
  } catch (const FormatError& e) {
    throw FormatError(fmt::format("augmentation '{}': {}", what, e.what()));
  }
}

Json to_json(const Pipeline& pipeline) {
  Json json;
  if (!pipeline.name.empty()) json["name"] = pipeline.name;
  json["operations"] = Json::array();
  for (const Operation& each : pipeline.operations) json["operations"].push_back(operation_json(each));
  for (const Mixing& each : pipeline.mixings)
    json["operations"].push_back(
        {{"op", to_string(each.kind)}, {"alpha", plain(each.alpha)}, {"p", plain(each.probability)}});
  return json;
}

Json to_json(const Drawing& drawing) {
  Json json = Json::array();
  for (const Step& step : drawing) {
    Json parameters = Json::object();
    for (std::size_t i = 0; i < step.kind->parameters.size(); ++i) {
      const Parameter& p = step.kind->parameters[i];
      parameters[p.name] = p.scale == Scale::choice ? Json(p.word(step.values[i])) : plain(step.values[i]);
    }
    Json each = {{"name", step.kind->name}, {"parameters", parameters}};
    if (step.kind->is_composition()) each["operations"] = to_json(step.steps);
    json.push_back(each);
  }
  return json;
}

Drawing drawing_from_json(const Json& json) { return drawing_at(json, "operations", 1); }

}  // namespace fathom::augment
