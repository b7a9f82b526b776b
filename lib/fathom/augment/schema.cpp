#include "fathom/augment/schema.hpp"

#include <nlohmann/json.hpp>

#include "fathom/augment/mixing.hpp"
#include "fathom/augment/operation.hpp"

namespace fathom::augment {
namespace {

using Json = nlohmann::ordered_json;

Json probability() {
  return {{"description", "probability"}, {"type", "number"}, {"minimum", 0}, {"maximum", 1}, {"default", 1}};
}

Json number_within(const Parameter& p) {
  return {{"type", p.scale == Scale::whole ? "integer" : "number"},
          {"minimum", p.allowed.low},
          {"maximum", p.allowed.high}};
}

Json parameter_schema(const Parameter& p) {
  if (p.scale == Scale::choice)
    return {{"description", p.meaning}, {"enum", p.choices}, {"default", p.word(p.usual.low)}};
  const Json range = {{"type", "array"}, {"items", number_within(p)}, {"minItems", 2}, {"maxItems", 2}};
  Json one = number_within(p);
  if (p.symmetric) one["description"] = "v means -v to v";
  return {{"description", p.meaning}, {"anyOf", {one, range}}, {"default", {p.usual.low, p.usual.high}}};
}

Json object_schema(const std::string& name, const std::string& summary, Json properties) {
  Json all = {{"op", {{"const", name}}}, {"p", probability()}};
  all.update(properties);
  return {{"description", summary},
          {"type", "object"},
          {"properties", std::move(all)},
          {"required", {"op"}},
          {"additionalProperties", false}};
}

Json operation_schema(const OperationKind& kind) {
  Json properties = Json::object();
  for (const Parameter& p : kind.parameters)
    if (!p.drawn_only) properties[p.name] = parameter_schema(p);
  if (kind.takes_operations)
    properties["operations"] = {
        {"type", "array"}, {"items", {{"$ref", "#/$defs/operation"}}}, {"minItems", 1}};
  Json schema = object_schema(kind.name, kind.summary, std::move(properties));
  if (kind.takes_operations) schema["required"].push_back("operations");
  return schema;
}

Json mixing_schema(const std::string& name) {
  const Json alpha = {{"description", "parameter of Beta(alpha, alpha)"},
                      {"type", "number"},
                      {"minimum", kLeastAlpha},
                      {"maximum", kMostAlpha},
                      {"default", usual(mixing_kind(name)).alpha}};
  return object_schema(name, "mixes a picture and its label with those of a partner", {{"alpha", alpha}});
}

}  // namespace

Json pipeline_schema() {
  Json operations = Json::array(), mixings = Json::array();
  for (const OperationKind& kind : operation_kinds()) operations.push_back(operation_schema(kind));
  for (const std::string& name : mixing_names()) mixings.push_back(mixing_schema(name));
  const Json any = {{"anyOf", {{{"$ref", "#/$defs/operation"}}, {{"$ref", "#/$defs/mixing"}}}}};
  const Json text = {{"type", "string"}};
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "A pipeline of augmentations"},
          {"type", "object"},
          {"properties",
           {{"name", text}, {"description", text}, {"operations", {{"type", "array"}, {"items", any}}}}},
          {"required", {"operations"}},
          {"additionalProperties", false},
          {"$defs", {{"operation", {{"oneOf", operations}}}, {"mixing", {{"oneOf", mixings}}}}}};
}

}  // namespace fathom::augment
