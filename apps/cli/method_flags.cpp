#include "cli/method_flags.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

#include "cli/scene.hpp"
#include "fathom/image/blur.hpp"

namespace fathom::cli {
namespace {

template <typename Value>
bool is_a(const explain::MethodOption& option) {
  return std::holds_alternative<Value>(option.default_value);
}

/// The methods that read each option, by its name.
std::map<std::string, std::vector<std::string>> readers_among(const std::vector<explain::Method>& methods) {
  std::map<std::string, std::vector<std::string>> readers;
  for (const explain::Method& method : methods)
    for (const explain::MethodOption& option : method.options) readers[option.name].push_back(method.name);
  return readers;
}

/// A default as it is typed; empty for what goes by the picture.
std::string default_text(const explain::OptionValue& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(v)>>) return fmt::format("{}", v);
        return {};
      },
      value);
}

void add_flag(Parser& parser, const std::string& group, const explain::MethodOption& option,
              const std::string& help) {
  if (is_a<bool>(option))
    parser.toggle(group, option.name, help);
  else if (is_a<torch::Tensor>(option))
    parser.value(group, option.name, help + ": mean|black|white|grey|blur|VALUE in [0, 1]", option.unit,
                 "mean");
  else
    parser.value(group, option.name, help, option.unit, default_text(option.default_value));
  // What the library's errors call them.
  if (is_a<Extent>(option)) parser.sets("the " + option.name);
  if (option.name == "stage") parser.sets("convolutional stage");
}

/// float [C] (a colour) or [C, h, w] (the image blurred).
torch::Tensor read_baseline(const Arguments& arguments, const std::string& flag,
                            const checkpoint::Classifier& model, const torch::Tensor& input) {
  // Wide enough that no detail of a window's size survives.
  if (arguments.text(flag) == "blur")
    return image::gaussian_blur(input, static_cast<double>(input.size(3)) / 8)[0];
  return read_colour(arguments, flag, model, "blur, ");
}

explain::OptionValue read_value(const Arguments& arguments, const explain::MethodOption& option,
                                const checkpoint::Classifier& model, const torch::Tensor& input) {
  const std::string& flag = option.name;
  if (is_a<bool>(option)) return arguments.on(flag);
  if (is_a<std::int64_t>(option))
    return arguments.integer(flag, static_cast<std::int64_t>(option.low),
                             static_cast<std::int64_t>(option.high));
  if (is_a<double>(option)) return arguments.number(flag, option.low, option.high);
  if (is_a<Extent>(option)) return arguments.extent(flag);
  if (is_a<torch::Tensor>(option)) return read_baseline(arguments, flag, model, input);
  return arguments.text(flag);
}

}  // namespace

void add_method_flags(Parser& parser, const std::string& group, std::vector<explain::Method> methods) {
  const auto readers = readers_among(methods);
  const bool of_several = methods.size() > 1;
  std::stable_sort(methods.begin(), methods.end(),
                   [](const auto& a, const auto& b) { return a.needs > b.needs; });
  std::set<std::string> added;
  for (const explain::Method& method : methods)
    for (const explain::MethodOption& option : method.options)
      if (added.insert(option.name).second)
        add_flag(parser, group, option,
                 of_several && !is_a<Extent>(option)  // sizes are of windows, whose flags say so
                     ? fmt::format("{}: {}", fmt::join(readers.at(option.name), ", "), option.meaning)
                     : option.meaning);
}

void require_flags_read(const Arguments& arguments, const std::vector<std::string>& names) {
  for (const auto& [flag, readers] : readers_among(explain::attribution_methods())) {
    const bool is_read =
        std::find_first_of(names.begin(), names.end(), readers.begin(), readers.end()) != names.end();
    if (arguments.has(flag) && !is_read)
      throw UsageError(fmt::format("--{} is used by {}, not by {}", flag, fmt::join(readers, " and "),
                                   fmt::join(names, ", ")));
  }
}

explain::MethodOptions read_method_options(const Arguments& arguments,
                                           const std::vector<explain::Method>& methods,
                                           const checkpoint::Classifier& model, const torch::Tensor& input) {
  explain::MethodOptions options;
  for (const explain::Method& method : methods) {
    if (method.suit) method.suit(options, {input.size(2), input.size(3)});
    for (const explain::MethodOption& option : method.options)
      if (arguments.has(option.name) || is_a<torch::Tensor>(option))
        option.set(options, read_value(arguments, option, model, input));
  }
  return options;
}

}  // namespace fathom::cli
