/// Reading the fields of a JSON object one by one, each with its type and, where it fails, its name.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace fathom::train {

/// Each throws FormatError where `object` has no such field or it is of another type; integers are no
/// booleans and have no fraction.
const nlohmann::json& field(const nlohmann::json& object, const char* name);
double number_field(const nlohmann::json& object, const char* name);
std::int64_t integer_field(const nlohmann::json& object, const char* name);
std::string text_field(const nlohmann::json& object, const char* name);
/// Nothing where the field is null.
std::optional<double> optional_number_field(const nlohmann::json& object, const char* name);

}  // namespace fathom::train
