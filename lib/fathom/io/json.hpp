/// JSON that may come from anywhere: a damaged checkpoint, somebody's pipeline, a file of results.
///
///   const nlohmann::ordered_json card = parse_json(text, kLargestCard);
#pragma once

#include <cstddef>
#include <string_view>

#include <nlohmann/json.hpp>

namespace fathom::io {

/// Sizes in bytes of the JSON texts that fathom reads.
constexpr std::size_t kLargestCard = 1 << 20;
constexpr std::size_t kLargestPipeline = 1 << 20;
constexpr std::size_t kLargestRecord = 1 << 20;   ///< one line of parameters.jsonl
constexpr std::size_t kLargestResults = 1 << 26;  ///< results.json, and the description of a training state

/// Lists and objects within each other. nlohmann::json copies and writes them by recursion, so that deeper
/// ones would exhaust the stack.
constexpr int kDeepestJson = 64;

/// The value in `text`. Throws FormatError ("not valid JSON: ..."): malformed (with line and column), longer
/// than `largest` bytes, deeper than kDeepestJson, an object that has a key twice, a number that no double
/// holds.
nlohmann::ordered_json parse_json(std::string_view text, std::size_t largest);

}  // namespace fathom::io
