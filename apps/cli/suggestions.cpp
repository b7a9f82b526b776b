#include "cli/suggestions.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"

namespace fathom::cli {
namespace {

/// Words that people use for the same flag in different programs.
constexpr std::array<std::array<std::string_view, 6>, 9> kSynonyms{
    {{"augment", "pipeline", "augmentation", "transform"},
     {"image", "images", "picture", "input", "file", "photo"},
     {"data", "dataset", "set", "folder", "csv"},
     {"out", "output", "save", "to"},
     {"lr", "learning-rate", "rate"},
     {"epochs", "epoch", "passes"},
     {"batch-size", "batch", "bs"},
     {"model", "checkpoint", "weights", "network"},
     {"threads", "jobs", "workers", "cores"}}};

/// The flag that an argument without one may be for; "" if there is none.
std::string flag_for(const std::string& argument, const std::vector<std::string>& names) {
  const auto if_known = [&](const char* flag) -> std::string {
    return std::find(names.begin(), names.end(), flag) == names.end() ? "" : flag;
  };
  if (argument.ends_with(".pt")) return if_known("model");
  const bool is_set = argument.starts_with("folder:") || argument.starts_with("csv:");
  if (is_set && !if_known("data").empty()) return "data";
  return if_known("image").empty() ? if_known("data") : "image";
}

}  // namespace

std::string meant_flag(const std::string& name, const std::vector<std::string>& names) {
  for (const auto& words : kSynonyms) {
    if (name.empty() || std::find(words.begin(), words.end(), name) == words.end()) continue;
    for (const std::string& known : names)
      if (std::find(words.begin(), words.end(), known) != words.end()) return known;
  }
  return closest(name, names);
}

std::string unexpected_text(const std::string& argument, const std::vector<std::string>& names) {
  const std::string flag = flag_for(argument, names);
  return fmt::format("unexpected argument '{}'{}", argument,
                     flag.empty() ? "" : fmt::format("; did you mean '--{} {}'?", flag, argument));
}

}  // namespace fathom::cli
