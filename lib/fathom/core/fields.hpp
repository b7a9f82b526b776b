/// Reads typed fields of a JSON object, with the field name in error messages; writes and reads a struct by
/// one list of its fields.
///
///   constexpr auto kPointFields = [](auto& field, auto& point) {
///     field("x", point.x);
///     field("colour", point.colour, colour_from);   // by to_string (or to_json), and back by colour_from
///   };
///   const nlohmann::json json = written_fields(point, kPointFields);
///   read_fields(json, point, kPointFields);
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fathom {

/// Throws FormatError if the field is missing.
const nlohmann::json& field(const nlohmann::json& object, const char* name);

template <typename Struct, typename List>
nlohmann::json written_fields(const Struct& value, const List& list);

template <typename Struct, typename List>
void read_fields(const nlohmann::json& object, Struct& value, const List& list);

/// Writes the fields of a list to an object. An optional number without a value is null.
class FieldWriter {
 public:
  template <typename Value>
  void operator()(const char* name, const Value& value) {
    object[name] = value;
  }
  void operator()(const char* name, const std::optional<double>& value) {
    object[name] = value ? nlohmann::json(*value) : nlohmann::json(nullptr);
  }
  template <typename Value>
  void operator()(const char* name, const Value& value, Value (*)(const std::string&)) {
    object[name] = to_string(value);
  }
  template <typename Value>
  void operator()(const char* name, const Value& value, Value (*)(const nlohmann::json&)) {
    object[name] = to_json(value);
  }
  /// A field that files of older versions lack; their value is the default.
  template <typename Value>
  void later(const char* name, const Value& value, Value (*from)(const std::string&)) {
    (*this)(name, value, from);
  }
  /// A struct with its own list of fields, as an object inside this one.
  template <typename Struct, typename List>
  void part(const char* name, const Struct& value, const List& list) {
    object[name] = written_fields(value, list);
  }
  /// Several such structs, as an array.
  template <typename Struct, typename List>
  void parts(const char* name, const std::vector<Struct>& values, const List& list) {
    object[name] = nlohmann::json::array();
    for (const Struct& value : values) object[name].push_back(written_fields(value, list));
  }

  nlohmann::json object = nlohmann::json::object();
};

/// Reads the fields of a list from an object. Throws FormatError if a field is missing or has another type.
/// Booleans and fractions are not whole numbers, which are at least 0.
class FieldReader {
 public:
  explicit FieldReader(const nlohmann::json& from) : object_(from) {}

  void operator()(const char* name, double& value) const;
  void operator()(const char* name, std::int64_t& value) const;
  void operator()(const char* name, std::uint64_t& value) const;
  void operator()(const char* name, std::string& value) const;
  void operator()(const char* name, std::optional<double>& value) const;
  template <typename Value>
  void operator()(const char* name, Value& value) const {
    take(name, [&](const nlohmann::json& found) { found.get_to(value); });
  }
  template <typename Value>
  void operator()(const char* name, Value& value, Value (*from)(const std::string&)) const {
    std::string text;
    (*this)(name, text);
    value = from(text);
  }
  template <typename Value>
  void operator()(const char* name, Value& value, Value (*from)(const nlohmann::json&)) const {
    take(name, [&](const nlohmann::json& found) { value = from(found); });
  }
  template <typename Value>
  void later(const char* name, Value& value, Value (*from)(const std::string&)) const {
    if (object_.contains(name)) (*this)(name, value, from);
  }
  template <typename Struct, typename List>
  void part(const char* name, Struct& value, const List& list) const {
    read_fields(field(object_, name), value, list);
  }
  template <typename Struct, typename List>
  void parts(const char* name, std::vector<Struct>& values, const List& list) const {
    for (const nlohmann::json& each : field(object_, name)) read_fields(each, values.emplace_back(), list);
  }

 private:
  void take(const char* name, const std::function<void(const nlohmann::json& found)>& read) const;

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
  const FieldReader reader(object);
  list(reader, value);
}

}  // namespace fathom
