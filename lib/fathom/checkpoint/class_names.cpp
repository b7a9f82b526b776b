#include "fathom/checkpoint/class_names.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"

namespace fathom::checkpoint {
namespace {

constexpr std::size_t kMostNamesShown = 5;
constexpr std::ptrdiff_t kMostIndicesShown = 8;

using Indices = std::vector<std::int64_t>;

Indices indices_where(const std::vector<std::string>& classes,
                      const std::function<bool(const std::string&)>& holds) {
  Indices indices;
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (holds(classes[i])) indices.push_back(static_cast<std::int64_t>(i));
  return indices;
}

/// With the name as it is written, or else in another case.
Indices classes_named(const std::vector<std::string>& classes, const std::string& name) {
  const Indices exact = indices_where(classes, [&](const std::string& each) { return each == name; });
  if (!exact.empty()) return exact;
  return indices_where(
      classes, [wanted = lower_case(name)](const std::string& each) { return lower_case(each) == wanted; });
}

std::optional<std::int64_t> as_index(const std::string& text) {
  std::int64_t index = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, index);
  if (error != std::errc() || stop != end) return {};
  return index;
}

/// "1, 4 and 7"; at least two.
std::string list_of(const Indices& indices) {
  if (std::ssize(indices) > kMostIndicesShown)
    return fmt::format("{} and {} more",
                       fmt::join(indices.begin(), indices.begin() + kMostIndicesShown, ", "),
                       std::ssize(indices) - kMostIndicesShown);
  return fmt::format("{} and {}", fmt::join(indices.begin(), indices.end() - 1, ", "), indices.back());
}

}  // namespace

std::int64_t class_index(const std::vector<std::string>& classes, const std::string& name_or_index) {
  const Indices named = classes_named(classes, name_or_index);
  if (named.size() == 1) return named.front();
  const std::optional<std::int64_t> index = as_index(name_or_index);
  if (named.size() > 1) {
    if (index && std::find(named.begin(), named.end(), *index) != named.end()) return *index;
    throw InvalidArgument(fmt::format("the name '{}' stands for the classes {}: give the index instead",
                                      name_or_index, list_of(named)));
  }
  if (!index) throw InvalidArgument("no class '" + name_or_index + "'" + suggestion(name_or_index, classes));
  if (*index >= 0 && *index < std::ssize(classes)) return *index;
  throw InvalidArgument(
      fmt::format("no class {}: the model's classes are 0 to {}", *index, classes.size() - 1));
}

std::string repeated_names(const std::vector<std::string>& classes) {
  std::map<std::string, Indices> by_name;
  for (std::size_t i = 0; i < classes.size(); ++i)
    by_name[classes[i]].push_back(static_cast<std::int64_t>(i));
  std::vector<std::string> texts;
  std::size_t repeated = 0;
  for (const auto& [name, indices] : by_name)
    if (indices.size() > 1 && ++repeated <= kMostNamesShown)
      texts.push_back(fmt::format("the name '{}' stands for the classes {}", name, list_of(indices)));
  if (repeated > kMostNamesShown)
    texts.push_back(fmt::format("{} more names stand for several classes", repeated - kMostNamesShown));
  return fmt::format("{}", fmt::join(texts, "; "));
}

}  // namespace fathom::checkpoint
