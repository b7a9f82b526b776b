#include "cli/help.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fathom/core/text.hpp"

namespace fathom::cli {
namespace {

constexpr std::size_t kHelpWidth = 100, kWidestFlag = 30, kHelpGap = 2;

/// "  -o, --out FILE"
std::string usage_of(const HelpEntry& entry) {
  if (entry.group.empty()) return "  " + entry.flag;
  const std::size_t comma = entry.flag.find(',');
  const std::string shown =
      comma == std::string::npos
          ? "      --" + entry.flag
          : fmt::format("  -{}, --{}", entry.flag.substr(0, comma), entry.flag.substr(comma + 1));
  return entry.placeholder.empty() ? shown : shown + " " + entry.placeholder;
}

/// The words of a text; "(default: 0)" at its end is one of them, if it is short.
std::vector<std::string> words_of(const std::string& text) {
  constexpr std::size_t kLongestUnbroken = 30;
  const std::size_t at = text.rfind(" (default: ");
  const bool is_whole = at != std::string::npos && text.size() - at <= kLongestUnbroken;
  std::vector<std::string> words = split(is_whole ? text.substr(0, at) : text, ' ');
  if (is_whole) words.push_back(text.substr(at + 1));
  return words;
}

/// A word in parts of at most `width` that end in `|` or `,`.
std::vector<std::string> parts_of(const std::string& word, std::size_t width) {
  std::vector<std::string> parts;
  std::string rest = word;
  while (rest.size() > width) {
    const std::size_t end = rest.find_last_of("|,", width - 1);
    if (end == std::string::npos) break;
    parts.push_back(rest.substr(0, end + 1));
    rest = rest.substr(end + 1);
  }
  parts.push_back(rest);
  return parts;
}

}  // namespace

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const std::string& word : words_of(text)) {
    bool is_first = true;  // of the word's parts
    for (const std::string& part : parts_of(word, width)) {
      const std::string gap = is_first && !lines.back().empty() ? " " : "";
      if (!lines.back().empty() && (!is_first || lines.back().size() + gap.size() + part.size() > width))
        lines.push_back(part);
      else
        lines.back() += gap + part;
      is_first = false;
    }
  }
  return lines;
}

std::string help_text(const std::vector<HelpEntry>& entries, const std::vector<std::string>& groups) {
  std::string text;
  for (const std::string& group : groups) {
    std::size_t widest = 0;
    for (const HelpEntry& entry : entries)
      if (entry.group == group) widest = std::max(widest, usage_of(entry).size());
    if (widest == 0) continue;
    const std::size_t column = std::min(widest, kWidestFlag) + kHelpGap;
    text += fmt::format("\n {}:\n", group.empty() ? "Arguments" : group + " options");
    for (const HelpEntry& entry : entries) {
      if (entry.group != group) continue;
      const std::string flag = usage_of(entry);
      text += flag.size() + kHelpGap > column ? flag + "\n" + std::string(column, ' ')
                                              : fmt::format("{:<{}}", flag, column);
      const std::string what =
          entry.text + (entry.otherwise.empty() ? "" : fmt::format(" (default: {})", entry.otherwise));
      text +=
          fmt::format("{}\n", fmt::join(wrapped(what, kHelpWidth - column), "\n" + std::string(column, ' ')));
    }
  }
  return text;
}

}  // namespace fathom::cli
