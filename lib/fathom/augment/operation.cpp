#include "fathom/augment/operation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fathom/augment/mixing.hpp"
#include "fathom/augment/operations/catalogue.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/names.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::augment {
namespace {

constexpr Names<Group, 6> kGroups = {{{Group::geometry, "geometry"},
                                      {Group::blur, "blur"},
                                      {Group::colour, "colour"},
                                      {Group::noise, "noise"},
                                      {Group::erasing, "erasing"},
                                      {Group::composition, "composition"}}};

double drawn(const Parameter& parameter, Range range, Random& random) {
  if (range.low == range.high) {
    random.skip();
    return range.low;
  }
  switch (parameter.scale) {
    case Scale::linear:
      return random.uniform(range.low, range.high);
    case Scale::logarithmic:  // exp(log(0.9)) may lie beside 0.9
      return std::clamp(std::exp(random.uniform(std::log(range.low), std::log(range.high))), range.low,
                        range.high);
    case Scale::whole:
      return static_cast<double>(
          random.whole(static_cast<std::int64_t>(range.low), static_cast<std::int64_t>(range.high)));
    case Scale::choice:
      break;
  }
  return range.low;
}

double middle(const Parameter& p) {
  switch (p.scale) {
    case Scale::linear:
      return (p.usual.low + p.usual.high) / 2;
    case Scale::logarithmic:
      return std::sqrt(p.usual.low * p.usual.high);
    case Scale::whole:
      return std::floor((p.usual.low + p.usual.high) / 2);
    case Scale::choice:
      break;
  }
  return p.usual.low;
}

/// Part of the way between two values of a parameter.
double between(const Parameter& p, double from, double to, double share) {
  if (p.scale == Scale::logarithmic) return from * std::pow(to / from, share);
  const double value = from + (to - from) * share;
  return p.scale == Scale::whole ? std::nearbyint(value) : value;
}

}  // namespace

std::string to_string(Group group) { return name_of(kGroups, group); }

const std::vector<OperationKind>& operation_kinds() {
  static const std::vector<OperationKind> all = [] {
    std::vector<OperationKind> kinds;
    for (const auto& file_kinds : kKindsOfFiles)
      for (OperationKind& kind : file_kinds()) kinds.push_back(std::move(kind));
    return kinds;
  }();
  return all;
}

const OperationKind& operation_kind(const std::string& name) {
  const std::vector<OperationKind>& kinds = operation_kinds();
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return kind.name == name; });
  if (found != kinds.end()) return *found;
  throw InvalidArgument(fmt::format("no operation '{}'{}", name, suggestion(name, operation_names())));
}

std::vector<std::string> operation_names() {
  std::vector<std::string> names;
  for (const OperationKind& kind : operation_kinds()) names.push_back(kind.name);
  names.insert(names.end(), mixing_names().begin(), mixing_names().end());
  return names;
}

std::size_t parameter_index(const OperationKind& kind, std::string_view name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kind.parameters.size(); ++i) {
    if (kind.parameters[i].name == name) return i;
    names.emplace_back(kind.parameters[i].name);
  }
  if (names.empty())
    throw InvalidArgument(fmt::format("{} has only the parameter p, not '{}'", kind.name, name));
  throw InvalidArgument(
      fmt::format("{} has no parameter '{}'{}", kind.name, name, suggestion(std::string(name), names)));
}

double choice_value(const OperationKind& kind, const Parameter& p, const std::string& word) {
  const auto found = std::find(p.choices.begin(), p.choices.end(), word);
  if (found == p.choices.end())
    throw InvalidArgument(fmt::format("{}'s {} cannot be '{}'{}", kind.name, p.name, word,
                                      suggestion(word, {p.choices.begin(), p.choices.end()})));
  return static_cast<double>(found - p.choices.begin());
}

Operation usual(const OperationKind& kind) {
  Operation operation{.kind = &kind};
  for (const Parameter& parameter : kind.parameters) operation.ranges.push_back(parameter.usual);
  return operation;
}

void set(Operation& operation, std::string_view name, Range range) {
  const std::size_t index = parameter_index(*operation.kind, name);
  const Parameter& p = operation.kind->parameters[index];
  const auto fail = [&](const std::string& why) {
    throw InvalidArgument(fmt::format("{}'s {} {}", operation.kind->name, name, why));
  };
  if (p.drawn_only) fail("is drawn by the operation and cannot be set");
  if (p.scale == Scale::choice) fail("must be one of " + fmt::format("{}", fmt::join(p.choices, ", ")));
  if (!(range.low <= range.high))
    fail(fmt::format("must go from a lower to a higher value, not {} to {}", range.low, range.high));
  if (!(range.low >= p.allowed.low && range.high <= p.allowed.high))
    fail(fmt::format("must be in [{}, {}], not {}", p.allowed.low, p.allowed.high,
                     range.low < p.allowed.low ? range.low : range.high));
  if (p.scale == Scale::whole && (std::floor(range.low) != range.low || std::floor(range.high) != range.high))
    fail(fmt::format("must be whole, not {}", std::floor(range.low) != range.low ? range.low : range.high));
  operation.ranges[index] = range;
}

void choose(Operation& operation, std::string_view name, const std::string& choice) {
  const std::size_t index = parameter_index(*operation.kind, name);
  const Parameter& p = operation.kind->parameters[index];
  if (p.choices.empty())
    throw InvalidArgument(
        fmt::format("{}'s {} must be a number or a range, not '{}'", operation.kind->name, name, choice));
  const double value = choice_value(*operation.kind, p, choice);
  operation.ranges[index] = {value, value};
}

bool has_magnitude(const OperationKind& kind) {
  return std::any_of(kind.parameters.begin(), kind.parameters.end(),
                     [](const Parameter& p) { return p.neutral && p.strong != *p.neutral; });
}

Step at_magnitude(const OperationKind& kind, double magnitude) {
  Step step{.kind = &kind};
  for (std::size_t i = 0; i < kind.parameters.size(); ++i) {
    const Parameter& p = kind.parameters[i];
    step.values[i] = p.neutral ? between(p, *p.neutral, p.strong, magnitude) : middle(p);
  }
  return step;
}

Operation scaled(Operation operation, double magnitude) {
  for (std::size_t i = 0; i < operation.ranges.size(); ++i) {
    const Parameter& p = operation.kind->parameters[i];
    if (!p.neutral) continue;
    const auto end = [&](double value) {
      return std::clamp(between(p, *p.neutral, value, magnitude), p.allowed.low, p.allowed.high);
    };
    operation.ranges[i] = {end(operation.ranges[i].low), end(operation.ranges[i].high)};
  }
  for (Operation& each : operation.operations) each = scaled(std::move(each), magnitude);
  return operation;
}

void draw(const Operation& operation, std::uint64_t stream, std::vector<Step>& steps) {
  Random random(stream);
  if (operation.probability == 1)
    random.skip();
  else if (random.uniform() >= operation.probability)
    return;
  Step& step = steps.emplace_back();
  step.kind = operation.kind;
  for (std::size_t i = 0; i < operation.ranges.size(); ++i)
    step.values[i] = drawn(operation.kind->parameters[i], operation.ranges[i], random);
  if (operation.kind->compose) operation.kind->compose(operation, random, step);
}

}  // namespace fathom::augment
