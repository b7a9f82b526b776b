#include "fathom/core/fields.hpp"

#include <limits>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom {
namespace {

[[noreturn]] void fail(const char* name, const char* expected) {
  throw FormatError(fmt::format("the field '{}' is missing or is not {}", name, expected));
}

}  // namespace

const nlohmann::json& field(const nlohmann::json& object, const char* name) {
  if (!object.is_object() || !object.contains(name))
    throw FormatError(fmt::format("the field '{}' is missing", name));
  return object[name];
}

double number_field(const nlohmann::json& object, const char* name) {
  const nlohmann::json& value = field(object, name);
  if (!value.is_number()) fail(name, "a number");
  return value.get<double>();
}

std::int64_t integer_field(const nlohmann::json& object, const char* name) {
  const nlohmann::json& value = field(object, name);
  if (!value.is_number_integer()) fail(name, "a whole number");
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > largest)
    fail(name, "a whole number below 2^63");
  return value.get<std::int64_t>();
}

std::uint64_t unsigned_field(const nlohmann::json& object, const char* name) {
  const nlohmann::json& value = field(object, name);
  if (!value.is_number_unsigned()) fail(name, "a whole number of at least 0");
  return value.get<std::uint64_t>();
}

std::string text_field(const nlohmann::json& object, const char* name) {
  const nlohmann::json& value = field(object, name);
  if (!value.is_string()) fail(name, "a text");
  return value.get<std::string>();
}

std::optional<double> optional_number_field(const nlohmann::json& object, const char* name) {
  if (field(object, name).is_null()) return std::nullopt;
  return number_field(object, name);
}

std::int64_t count_field(const nlohmann::json& object, const char* name) {
  const std::int64_t value = integer_field(object, name);
  if (value < 0) throw FormatError(fmt::format("the field '{}' is below 0", name));
  return value;
}

void require_format(const nlohmann::json& object, const char* format, std::int64_t version,
                    const char* kind) {
  if (text_field(object, "format") != format) throw FormatError(fmt::format("it is not {}", kind));
  const std::int64_t found = integer_field(object, "version");
  if (found != version)
    throw FormatError(
        fmt::format("it has format version {}, but this program reads version {}", found, version));
}

nlohmann::json number_or_null(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

void require_share(const char* option, double value) {
  if (!(value >= 0 && value < 1))
    throw InvalidArgument(fmt::format("{} must be in [0, 1), not {}", option, value));
}

}  // namespace fathom
