#include "fathom/models/architecture.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

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

void require_dropout(double value) {
  if (!(value >= 0 && value < 1))
    throw InvalidArgument(fmt::format("dropout must be in [0, 1), not {}", value));
}

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
  require_range("the input's number of channels", input.channels, 1, 16);
  require_range("the input's height", input.height, 1, 4096);
  require_range("the input's width", input.width, 1, 4096);
  require_range("the number of classes", classes_of(architecture), 1, kLargestWidth);
  std::visit(
      [](const auto& o) {
        if constexpr (requires { o.dropout; }) require_dropout(o.dropout);
        o.validate();
      },
      architecture);
}

json to_json(const Architecture& architecture) {
  const InputShape& input = input_of(architecture);
  json j = {{"kind", kind(architecture)},
            {"input", {input.channels, input.height, input.width}},
            {"classes", classes_of(architecture)},
            {"init", to_string(init_of(architecture))}};
  std::visit(
      [&](const auto& o) {
        if constexpr (requires { o.dropout; }) j["dropout"] = o.dropout;
        if constexpr (requires { o.batch_norm; }) j["batch_norm"] = o.batch_norm;
        if constexpr (requires { o.activation; }) j["activation"] = to_string(o.activation);
        o.write(j);
      },
      architecture);
  return j;
}

Architecture architecture_from_json(const json& j) {
  try {
    Architecture architecture = default_architecture(j.at("kind"));
    std::visit(
        [&](auto& o) {
          const auto shape = j.at("input").get<std::array<std::int64_t, 3>>();
          o.input = {shape[0], shape[1], shape[2]};
          j.at("classes").get_to(o.classes);
          o.init = nn::init_from(j.at("init"));
          if constexpr (requires { o.dropout; }) j.at("dropout").get_to(o.dropout);
          if constexpr (requires { o.batch_norm; }) j.at("batch_norm").get_to(o.batch_norm);
          if constexpr (requires { o.activation; }) o.activation = nn::activation_from(j.at("activation"));
          o.read(j);
        },
        architecture);
    validate(architecture);
    return architecture;
  } catch (const json::exception& e) {
    throw FormatError(fmt::format("the description of the architecture is invalid: {}", e.what()));
  } catch (const InvalidArgument& e) {
    throw FormatError(fmt::format("the architecture cannot be built: {}", e.what()));
  }
}

}  // namespace fathom::models
