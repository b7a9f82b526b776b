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

void FieldReader::operator()(const char* name, double& value) const {
  const nlohmann::json& found = field(object_, name);
  if (!found.is_number()) fail(name, "a number");
  found.get_to(value);
}

void FieldReader::operator()(const char* name, std::int64_t& value) const {
  const nlohmann::json& found = field(object_, name);
  if (!found.is_number_integer()) fail(name, "a whole number");
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (found.is_number_unsigned() && found.get<std::uint64_t>() > largest)
    fail(name, "a whole number below 2^63");
  found.get_to(value);
  if (value < 0) throw FormatError(fmt::format("the field '{}' is below 0", name));
}

void FieldReader::operator()(const char* name, std::uint64_t& value) const {
  const nlohmann::json& found = field(object_, name);
  if (!found.is_number_unsigned()) fail(name, "a whole number of at least 0");
  found.get_to(value);
}

void FieldReader::operator()(const char* name, std::string& value) const {
  const nlohmann::json& found = field(object_, name);
  if (!found.is_string()) fail(name, "a text");
  found.get_to(value);
}

void FieldReader::operator()(const char* name, std::optional<double>& value) const {
  value.reset();
  if (!field(object_, name).is_null()) (*this)(name, value.emplace());
}

void FieldReader::take(const char* name, const std::function<void(const nlohmann::json&)>& read) const try {
  read(field(object_, name));
} catch (const nlohmann::json::exception&) {
  fail(name, "of the type that it should be");
}

}  // namespace fathom
