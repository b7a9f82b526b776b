#include "fathom/models/architecture.hpp"

#include <array>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"

namespace fathom::models {
namespace {

using nlohmann::json;

template <typename... Kinds>
std::vector<Architecture> defaults_of(const std::variant<Kinds...>&) {
  return {Kinds{}...};
}

/// Every kind with its default options.
const std::vector<Architecture>& default_architectures() {
  static const std::vector<Architecture> all = defaults_of(Architecture());
  return all;
}

constexpr auto kAllFields = [](auto& field, auto& o) {
  field("input", o.input, input_from_json);
  field("classes", o.classes);
  field("init", o.init, nn::init_from);
  if constexpr (requires { o.dropout; }) field("dropout", o.dropout);
  if constexpr (requires { o.batch_norm; }) field("batch_norm", o.batch_norm);
  if constexpr (requires { o.activation; }) field("activation", o.activation, nn::activation_from);
  o.kFields(field, o);
};

}  // namespace

std::vector<std::string> kinds() {
  std::vector<std::string> names;
  for (const Architecture& each : default_architectures()) names.push_back(kind(each));
  return names;
}

std::string kind(const Architecture& architecture) {
  return std::visit([](const auto& o) { return std::string(o.kKind); }, architecture);
}

Architecture default_architecture(const std::string& kind) {
  for (const Architecture& each : default_architectures())
    if (models::kind(each) == kind) return each;
  throw InvalidArgument("no model '" + kind + "'" + suggestion(kind, kinds()));
}

InputShape input_of(const Architecture& architecture) {
  return std::visit([](const auto& o) { return o.input; }, architecture);
}

std::int64_t classes_of(const Architecture& architecture) {
  return std::visit([](const auto& o) { return o.classes; }, architecture);
}

nn::Init init_of(const Architecture& architecture) {
  return std::visit([](const auto& o) { return o.init; }, architecture);
}

SharedOptions shared_options(Architecture& architecture) {
  SharedOptions shared;
  std::visit(
      [&](auto& o) {
        if constexpr (requires { o.dropout; }) shared.dropout = &o.dropout;
        if constexpr (requires { o.batch_norm; }) shared.batch_norm = &o.batch_norm;
        if constexpr (requires { o.activation; }) shared.activation = &o.activation;
      },
      architecture);
  return shared;
}

std::int64_t parameter_count(const Architecture& architecture) {
  return std::visit([](const auto& o) { return o.parameter_count(); }, architecture);
}

void validate(const Architecture& architecture) {
  const InputShape& input = input_of(architecture);
  require_between("the input's number of channels", input.channels, 1, 16);
  require_between("the input's height", input.height, 1, 4096);
  require_between("the input's width", input.width, 1, 4096);
  require_between("the number of classes", classes_of(architecture), 1, kLargestWidth);
  std::visit(
      [](const auto& o) {
        if constexpr (requires { o.dropout; }) require_share("dropout", o.dropout);
        o.validate();
      },
      architecture);
}

json to_json(const InputShape& shape) { return {shape.channels, shape.height, shape.width}; }

InputShape input_from_json(const json& j) {
  const auto shape = j.get<std::array<std::int64_t, 3>>();
  return {shape[0], shape[1], shape[2]};
}

json to_json(const Architecture& architecture) {
  json j = std::visit([](const auto& o) { return written_fields(o, kAllFields); }, architecture);
  j["kind"] = kind(architecture);
  return j;
}

Architecture architecture_from_json(const json& j) try {
  std::string kind;
  const FieldReader read(j);
  read("kind", kind);
  Architecture architecture = default_architecture(kind);
  std::visit([&](auto& o) { read_fields(j, o, kAllFields); }, architecture);
  validate(architecture);
  return architecture;
} catch (const FormatError& e) {
  throw FormatError(fmt::format("the description of the architecture is invalid: {}", e.what()));
} catch (const InvalidArgument& e) {
  throw FormatError(fmt::format("the architecture cannot be built: {}", e.what()));
}

}  // namespace fathom::models
