/// The names of enumeration values on command lines and in files.
///
///   constexpr Names<Init, 2> kInits = {{{Init::he, "he"}, {Init::xavier, "xavier"}}};
///   value_of(kInits, "initialisation", "hee");   // throws: no initialisation 'hee'; did you mean 'he'?
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "fathom/core/error.hpp"

namespace fathom {

template <typename Enum, std::size_t N>
using Names = std::array<std::pair<Enum, const char*>, N>;

/// The name of a value. Every value must be in the table.
template <typename Enum, std::size_t N>
std::string name_of(const Names<Enum, N>& table, Enum value) {
  for (const auto& [each, name] : table)
    if (each == value) return name;
  throw InvalidArgument("a value without a name");
}

/// Throws InvalidArgument and suggests the closest name; `what` describes the kind of name.
template <typename Enum, std::size_t N>
Enum value_of(const Names<Enum, N>& table, const std::string& what, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& [value, text] : table) {
    if (name == text) return value;
    known.emplace_back(text);
  }
  throw InvalidArgument("no " + what + " '" + name + "'" + suggestion(name, known));
}

}  // namespace fathom
