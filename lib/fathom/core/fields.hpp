/// Reads typed fields of a JSON object, with the field name in error messages; writes and reads a struct by
/// one list of its fields; and a check that several option structs share.
///
///   constexpr auto kPointFields = [](auto& field, auto& point) {
///     field("x", point.x);
///     field("colour", point.colour, colour_from);   // a name: to_string(colour) and colour_from(name)
///   };
///   const nlohmann::json json = written_fields(point, kPointFields);
///   read_fields(json, point, kPointFields);
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace fathom {

/// Each throws FormatError if the field is missing or has another type. Booleans and fractions are not
/// integers.
const nlohmann::json& field(const nlohmann::json& object, const char* name);
double number_field(const nlohmann::json& object, const char* name);
std::int64_t integer_field(const nlohmann::json& object, const char* name);
std::uint64_t unsigned_field(const nlohmann::json& object, const char* name);
std::string text_field(const nlohmann::json& object, const char* name);
/// Empty if the field is null.
std::optional<double> optional_number_field(const nlohmann::json& object, const char* name);
/// As integer_field, and at least 0.
std::int64_t count_field(const nlohmann::json& object, const char* name);
/// Throws FormatError unless the fields "format" and "version" are these; `kind` names the expected kind of
/// object in the message.
void require_format(const nlohmann::json& object, const char* format, std::int64_t version, const char* kind);
/// The inverse of optional_number_field: null if there is no value.
nlohmann::json number_or_null(const std::optional<double>& value);

/// Writes the fields of a list to an object. An optional number without a value is null.
class FieldWriter {
 public:
  template <typename Value>
  void operator()(const char* name, const Value& value) {
    object[name] = value;
  }
  void operator()(const char* name, const std::optional<double>& value) {
    object[name] = number_or_null(value);
  }
  template <typename Value>
  void operator()(const char* name, const Value& value, Value (*)(const std::string&)) {
    object[name] = to_string(value);
  }
  /// A struct with its own list of fields, as an object inside this one.
  template <typename Struct, typename List>
  void part(const char* name, const Struct& value, const List& list) {
    FieldWriter writer;
    list(writer, value);
    object[name] = writer.object;
  }

  nlohmann::json object = nlohmann::json::object();
};

/// Reads the fields of a list from an object. Throws FormatError as the functions above; integers are at
/// least 0.
class FieldReader {
 public:
  explicit FieldReader(const nlohmann::json& from) : object_(from) {}

  void operator()(const char* name, double& value) { value = number_field(object_, name); }
  void operator()(const char* name, std::int64_t& value) { value = count_field(object_, name); }
  void operator()(const char* name, std::uint64_t& value) { value = unsigned_field(object_, name); }
  void operator()(const char* name, std::string& value) { value = text_field(object_, name); }
  void operator()(const char* name, std::optional<double>& value) {
    value = optional_number_field(object_, name);
  }
  template <typename Value>
  void operator()(const char* name, Value& value, Value (*from)(const std::string&)) {
    value = from(text_field(object_, name));
  }
  template <typename Struct, typename List>
  void part(const char* name, Struct& value, const List& list) {
    FieldReader reader(field(object_, name));
    list(reader, value);
  }

 private:
  const nlohmann::json& object_;
};

template <typename Struct, typename List>
nlohmann::json written_fields(const Struct& value, const List& list) {
  FieldWriter writer;
  list(writer, value);
  return writer.object;
}

template <typename Struct, typename List>
void read_fields(const nlohmann::json& object, Struct& value, const List& list) {
  FieldReader reader(object);
  list(reader, value);
}

/// Throws InvalidArgument unless 0 <= value < 1.
void require_share(const char* option, double value);

}  // namespace fathom
