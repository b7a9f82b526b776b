#include "fathom/data/class_match.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/text.hpp"

namespace fathom::data {
namespace {

using Names = std::vector<std::string>;

/// So many names are listed in a message.
constexpr std::size_t kMostNames = 20;

std::string some_names(const Names& names) {
  const std::size_t shown = std::min(names.size(), kMostNames);
  Names quoted;
  for (std::size_t i = 0; i < shown; ++i) quoted.push_back(fmt::format("'{}'", excerpt(names[i], 40)));
  return fmt::format("{}{}", fmt::join(quoted, ", "),
                     names.size() > shown ? fmt::format(" and {} more", names.size() - shown) : "");
}

/// For each class of the set the index of the model's class of that name; nothing if it has none, or several
/// of which none has exactly this name.
std::vector<std::optional<std::int64_t>> places(const Names& set, const Names& model) {
  std::multimap<std::string, std::int64_t> exact, plain;
  for (std::size_t k = 0; k < model.size(); ++k) {
    exact.emplace(model[k], static_cast<std::int64_t>(k));
    plain.emplace(comparable_name(model[k]), static_cast<std::int64_t>(k));
  }
  std::map<std::string, int> uses;  // of a plain name by the set, which must be one
  for (const std::string& name : set) ++uses[comparable_name(name)];
  std::vector<std::optional<std::int64_t>> found;
  for (const std::string& name : set) {
    const std::string word = comparable_name(name);
    if (exact.count(name) == 1)
      found.emplace_back(exact.find(name)->second);
    else if (exact.count(name) == 0 && plain.count(word) == 1 && uses.at(word) == 1)
      found.emplace_back(plain.find(word)->second);
    else
      found.emplace_back();
  }
  return found;
}

ImageSet renumbered(const ImageSet& set, const std::vector<std::optional<std::int64_t>>& places,
                    const Names& classes) {
  std::vector<std::int64_t> numbers;
  for (const auto& place : places) numbers.push_back(place.value_or(0));  // without images, if it has none
  const torch::Tensor table = torch::tensor(numbers, torch::kInt64);
  return {set.images, table.index_select(0, set.labels), classes, set.name};
}

std::optional<std::int64_t> number(const std::string& name) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  if (error != std::errc{} || end != name.data() + name.size() || value < 0) return std::nullopt;
  return value;
}

/// For a model without names.
ImageSet by_number(const ImageSet& set, const Names& model) {
  if (set.classes.size() == model.size()) {
    note(fmt::format(
        "the model has no class names; its outputs are taken in the order of the classes of '{}': {}",
        set.name, some_names(set.classes)));
    return set;
  }
  std::vector<std::optional<std::int64_t>> numbers;
  for (const std::string& name : set.classes) {
    numbers.push_back(number(name));
    if (!numbers.back() || *numbers.back() >= std::ssize(model))
      throw InvalidArgument(fmt::format(
          "the model has {} classes, but '{}' has {}, and the model does not name them; give its class names",
          model.size(), set.name, set.classes.size()));
  }
  note(fmt::format("the model has no class names; the {} classes of '{}' are its outputs of these numbers",
                   set.classes.size(), set.name));
  return renumbered(set, numbers, model);
}

}  // namespace

std::string comparable_name(const std::string& name) {
  std::string plain;
  for (const char c : lower_case(name)) {
    const bool is_kept =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 128;
    if (is_kept)
      plain += c;
    else if (!plain.empty() && plain.back() != ' ')
      plain += ' ';
  }
  if (plain.ends_with(' ')) plain.pop_back();
  return plain.empty() ? name : plain;  // "+" and "-" are classes too
}

bool are_placeholders(const Names& classes) {
  for (std::size_t k = 0; k < classes.size(); ++k)
    if (classes[k] != fmt::format("class {}", k)) return false;
  return true;
}

std::optional<std::int64_t> find_class(const std::string& name, const Names& model) {
  return places({name}, model).front();
}

ImageSet with_classes_of(const ImageSet& set, const Names& model) {
  if (set.classes == model) return set;
  if (are_placeholders(model)) return by_number(set, model);
  const auto found = places(set.classes, model);
  const Names missing = missing_classes(set);
  Names odd, written;
  std::vector<std::int64_t> order;
  for (std::size_t k = 0; k < found.size(); ++k) {
    const std::string& name = set.classes[k];
    if (found[k]) {
      order.push_back(*found[k]);
      if (model[static_cast<std::size_t>(*found[k])] != name) written.push_back(name);
    } else if (std::find(missing.begin(), missing.end(), name) == missing.end()) {
      odd.push_back(name);
    }
  }
  if (!odd.empty())
    throw InvalidArgument(fmt::format(
        "the model does not have the {} {} of '{}'; its {} classes are {}; both must use the same "
        "names",
        plural(std::ssize(odd), "class", "classes"), some_names(odd), set.name, model.size(),
        some_names(model)));
  if (!written.empty())
    note(fmt::format("classes of '{}' are written differently than the model's, and taken as the same: {}",
                     set.name, some_names(written)));
  if (order.size() < model.size())
    note(fmt::format("'{}' has {} of the model's {} classes; an answer outside them counts as a mistake",
                     set.name, order.size(), model.size()));
  else if (!std::is_sorted(order.begin(), order.end()))
    note(fmt::format("the classes of '{}' are in another order than the model's; they are compared by name",
                     set.name));
  return renumbered(set, found, model);
}

void require_classes_of(const ImageSet& set, const Names& model) {
  if (set.classes.size() != model.size())
    throw InvalidArgument(
        fmt::format("the model has {} classes, but '{}' has {}", model.size(), set.name, set.classes.size()));
  if (set.classes == model) return;
  if (are_placeholders(model)) {
    by_number(set, model);
    return;
  }
  const auto found = places(set.classes, model);
  for (std::size_t k = 0; k < found.size(); ++k)
    if (found[k] != static_cast<std::int64_t>(k))
      throw InvalidArgument(
          fmt::format("class {} is '{}' in '{}', but '{}' in the model; both need the same "
                      "classes in the same order",
                      k, set.classes[k], set.name, model[k]));
}

}  // namespace fathom::data
