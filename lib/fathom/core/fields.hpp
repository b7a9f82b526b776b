/// Reading the fields of a JSON object one by one, each with its type and, where it fails, its name; and a
/// check that several option structs share.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace fathom {

/// Each throws FormatError where `object` has no such field or it is of another type; integers are no
/// booleans and have no fraction.
const nlohmann::json& field(const nlohmann::json& object, const char* name);
double number_field(const nlohmann::json& object, const char* name);
std::int64_t integer_field(const nlohmann::json& object, const char* name);
std::uint64_t seed_field(const nlohmann::json& object);  ///< "seed"
std::string text_field(const nlohmann::json& object, const char* name);
/// Nothing where the field is null.
std::optional<double> optional_number_field(const nlohmann::json& object, const char* name);
/// As integer_field, and at least 0.
std::int64_t count_field(const nlohmann::json& object, const char* name);
/// Throws FormatError unless the fields "format" and "version" are these; `kind` is what the object should
/// be.
void require_format(const nlohmann::json& object, const char* format, std::int64_t version, const char* kind);
/// What optional_number_field reads.
nlohmann::json number_or_null(const std::optional<double>& value);

/// Throws InvalidArgument unless 0 <= value < 1.
void require_share(const char* option, double value);

}  // namespace fathom
