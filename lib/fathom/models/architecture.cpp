#include "fathom/models/architecture.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/names.hpp"

namespace fathom::models {
namespace {

using nlohmann::json;

constexpr Names<Head, 3> kHeads = {
    {{Head::max_pool, "max-pool"}, {Head::mean_pool, "mean-pool"}, {Head::flatten, "flatten"}}};

/// Widths beyond this are slips of the pen, not networks.
constexpr std::int64_t kLargestWidth = 65536;

void require_range(const char* option, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high)
    throw InvalidArgument(fmt::format("{} must be between {} and {}, not {}", option, low, high, value));
}

void require_dropout(double value) {
  if (!(value >= 0 && value < 1))
    throw InvalidArgument(fmt::format("dropout must be in [0, 1), not {}", value));
}

void validate_common(const InputShape& input, std::int64_t classes, double dropout) {
  require_range("the input's number of channels", input.channels, 1, 16);
  require_range("the input's height", input.height, 1, 4096);
  require_range("the input's width", input.width, 1, 4096);
  require_range("the number of classes", classes, 1, kLargestWidth);
  require_dropout(dropout);
}

void validate_options(const MlpOptions& o) {
  validate_common(o.input, o.classes, o.dropout);
  require_range("the number of hidden layers", std::ssize(o.hidden), 0, 1000);
  for (const std::int64_t width : o.hidden) require_range("a hidden layer's width", width, 1, kLargestWidth);
}

void validate_options(const CnnOptions& o) {
  validate_common(o.input, o.classes, o.dropout);
  require_range("the stem's width", o.stem, 1, kLargestWidth);
  require_range("the number of blocks", std::ssize(o.blocks), 0, 12);
  for (const std::int64_t width : o.blocks) require_range("a block's width", width, 1, kLargestWidth);
  const std::int64_t side = std::min(o.input.height, o.input.width);
  if (side >> o.blocks.size() == 0)
    throw InvalidArgument(fmt::format("{} blocks halve a picture of {} pixels to nothing; use fewer blocks",
                                      o.blocks.size(), side));
}

void validate_options(const BiLstmOptions& o) {
  validate_common(o.input, o.classes, o.dropout);
  require_range("the number of hidden units", o.hidden, 1, kLargestWidth);
  require_range("the number of layers", o.layers, 1, 16);
}

std::int64_t count(const MlpOptions& o) {
  std::int64_t total = 0, width = o.input.channels * o.input.height * o.input.width;
  for (const std::int64_t next : o.hidden) {
    total += width * next + (o.batch_norm ? 2 * next : next);
    width = next;
  }
  return total + (width + 1) * o.classes;
}

std::int64_t count(const CnnOptions& o) {
  const auto conv = [&](std::int64_t in, std::int64_t out) {
    return 9 * in * out + (o.batch_norm ? 2 * out : out);
  };
  std::int64_t total = conv(o.input.channels, o.stem), width = o.stem;
  for (const std::int64_t next : o.blocks) {
    total += conv(width, next) + conv(next, next);
    width = next;
  }
  return total + (head_features(o) + 1) * o.classes;
}

std::int64_t count(const BiLstmOptions& o) {
  const std::int64_t directions = o.bidirectional ? 2 : 1;
  std::int64_t total = 0, width = o.input.channels * o.input.width;
  for (std::int64_t layer = 0; layer < o.layers; ++layer) {
    total += directions * 4 * o.hidden * (width + o.hidden + 2);
    width = directions * o.hidden;
  }
  return total + (width + 1) * o.classes;
}

json shape_json(const InputShape& s) { return json::array({s.channels, s.height, s.width}); }

json options_json(const MlpOptions& o) {
  return {{"hidden", o.hidden}, {"batch_norm", o.batch_norm}, {"activation", to_string(o.activation)}};
}

json options_json(const CnnOptions& o) {
  return {{"stem", o.stem},
          {"blocks", o.blocks},
          {"head", to_string(o.head)},
          {"batch_norm", o.batch_norm},
          {"activation", to_string(o.activation)}};
}

json options_json(const BiLstmOptions& o) {
  return {{"hidden", o.hidden}, {"layers", o.layers}, {"bidirectional", o.bidirectional}};
}

void read_options(const json& j, MlpOptions& o) {
  j.at("hidden").get_to(o.hidden);
  j.at("batch_norm").get_to(o.batch_norm);
  o.activation = nn::activation_from(j.at("activation"));
}

void read_options(const json& j, CnnOptions& o) {
  j.at("stem").get_to(o.stem);
  j.at("blocks").get_to(o.blocks);
  if (j.contains("head")) o.head = head_from(j.at("head"));  // there was one head once
  j.at("batch_norm").get_to(o.batch_norm);
  o.activation = nn::activation_from(j.at("activation"));
}

void read_options(const json& j, BiLstmOptions& o) {
  j.at("hidden").get_to(o.hidden);
  j.at("layers").get_to(o.layers);
  j.at("bidirectional").get_to(o.bidirectional);
}

}  // namespace

std::string kind(const Architecture& architecture) {
  constexpr std::array<const char*, 3> names = {"mlp", "cnn", "bilstm"};
  return names[architecture.index()];
}

Architecture default_architecture(const std::string& kind) {
  if (kind == "mlp") return MlpOptions{};
  if (kind == "cnn") return CnnOptions{};
  if (kind == "bilstm") return BiLstmOptions{};
  throw InvalidArgument("no model '" + kind + "'" + suggestion(kind, {"cnn", "mlp", "bilstm"}));
}

const InputShape& input_of(const Architecture& architecture) {
  return std::visit([](const auto& o) -> const InputShape& { return o.input; }, architecture);
}

std::int64_t classes_of(const Architecture& architecture) {
  return std::visit([](const auto& o) { return o.classes; }, architecture);
}

std::int64_t parameter_count(const Architecture& architecture) {
  return std::visit([](const auto& o) { return count(o); }, architecture);
}

void validate(const Architecture& architecture) {
  std::visit([](const auto& o) { validate_options(o); }, architecture);
}

json to_json(const Architecture& architecture) {
  return std::visit(
      [&](const auto& o) {
        json j = options_json(o);
        j["kind"] = kind(architecture);
        j["input"] = shape_json(o.input);
        j["classes"] = o.classes;
        j["dropout"] = o.dropout;
        j["init"] = to_string(o.init);
        return j;
      },
      architecture);
}

Architecture architecture_from_json(const json& j) {
  try {
    Architecture architecture = default_architecture(j.at("kind"));
    std::visit(
        [&](auto& o) {
          const auto shape = j.at("input").get<std::array<std::int64_t, 3>>();
          o.input = {shape[0], shape[1], shape[2]};
          j.at("classes").get_to(o.classes);
          j.at("dropout").get_to(o.dropout);
          o.init = nn::init_from(j.at("init"));
          read_options(j, o);
        },
        architecture);
    validate(architecture);
    return architecture;
  } catch (const json::exception& e) {
    throw FormatError(fmt::format("the architecture is not described as expected: {}", e.what()));
  } catch (const InvalidArgument& e) {
    throw FormatError(fmt::format("the architecture is not one that can be built: {}", e.what()));
  }
}

std::int64_t head_features(const CnnOptions& o) {
  const std::int64_t width = o.blocks.empty() ? o.stem : o.blocks.back();
  return o.head == Head::flatten
             ? width * (o.input.height >> o.blocks.size()) * (o.input.width >> o.blocks.size())
             : width;
}

std::string to_string(Head head) { return name_of(kHeads, head); }

Head head_from(const std::string& name) { return value_of(kHeads, "head", name); }

}  // namespace fathom::models
