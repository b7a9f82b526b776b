#include "fathom/core/text.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string_view>

namespace fathom {

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string plural(std::int64_t number, const std::string& one, const std::string& many) {
  if (number == 1) return one;
  return many.empty() ? one + "s" : many;
}

std::string counted(std::uint64_t number, const std::string& one, const std::string& many) {
  return grouped(number) + " " + (number == 1 ? one : plural(0, one, many));
}

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string valid_utf8(const std::string& text) {
  const std::unique_ptr<char, decltype(&g_free)> valid(
      g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())), g_free);
  return valid.get();
}

std::string printable(const std::string& text, bool keeps_lines) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string shown;
  const auto add_escaped = [&](std::size_t at, std::size_t length) {
    for (std::size_t i = at; i < at + length; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      shown += "\\x";
      shown += kDigits[byte >> 4];
      shown += kDigits[byte & 15];
    }
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const std::string_view rest = std::string_view(text).substr(at);
    const bool is_c1 = rest.size() > 1 && c == '\xc2' && static_cast<unsigned char>(rest[1]) < 0xa0;
    // U+2028 to U+202E and U+2066 to U+2069: line separators, embeddings, overrides, isolates.
    const bool is_direction =
        rest.size() > 2 && ((rest.starts_with("\xe2\x80") && rest[2] >= '\xa8' && rest[2] <= '\xae') ||
                            (rest.starts_with("\xe2\x81") && rest[2] >= '\xa6' && rest[2] <= '\xa9'));
    if (c == '\n' && !keeps_lines) {
      shown += "\\n";
    } else if (c == '\r') {
      shown += "\\r";
    } else if (c == '\t') {
      shown += "\\t";
    } else if ((c >= 0 && c < ' ' && c != '\n') || c == '\x7f') {
      add_escaped(at, 1);
    } else if (is_c1 || is_direction) {
      const std::size_t length = is_c1 ? 2 : 3;
      add_escaped(at, length);
      at += length - 1;
    } else {
      shown += c;
    }
  }
  return shown;
}

std::string excerpt(const std::string& text, std::size_t longest) {
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // within a character
  return text.substr(0, end) + "...";
}

std::string failures_text(const std::vector<Failure>& failures) {
  constexpr std::size_t kMostReasons = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(failures.size(), kMostReasons); ++i) {
    const auto& [name, reason] = failures[i];
    const std::size_t at = reason.find(name + "': ");
    text += fmt::format("{}{}: {}", i > 0 ? "; " : "", name,
                        at == std::string::npos ? reason : reason.substr(at + name.size() + 3));
  }
  if (failures.size() > kMostReasons) text += fmt::format("; and {} more", failures.size() - kMostReasons);
  return text;
}

std::string lower_extension(const std::filesystem::path& path) {
  return lower_case(path.extension().string());
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

}  // namespace fathom
