/// Small conversions of text, for messages and names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fathom {

/// "12,288": digits in groups of three, for messages.
std::string grouped(std::uint64_t number);

/// The word for `number` things, for messages: `one` for 1, otherwise `many`, which is `one` with an "s" if
/// it is empty. fmt::format("{} {}", n, plural(n, "epoch")).
std::string plural(std::int64_t number, const std::string& one, const std::string& many = {});

/// "1 epoch", "12,288 epochs": a number with its noun; `many` is the plural, by default with an s.
std::string counted(std::uint64_t number, const std::string& one, const std::string& many = {});

/// Converts the letters A to Z to lower case, independently of the locale; other bytes are unchanged.
std::string lower_case(std::string text);

/// Replaces every byte that is not part of valid UTF-8, and every zero byte, by U+FFFD.
std::string valid_utf8(const std::string& text);

/// For a terminal and for one line: control characters (C0 and C1, with line ends and tabs) become escapes as
/// in C ("\\n", "\\x1b"), and so do characters that turn the direction of writing. If `keeps_lines`, line
/// feeds stay.
std::string printable(const std::string& text, bool keeps_lines = false);

/// The longest part of somebody's text that a message repeats, in bytes.
constexpr std::size_t kLongestExcerpt = 200;

/// `text`, or its beginning and "..." where it is longer than `longest` bytes. No character is cut in two.
std::string excerpt(const std::string& text, std::size_t longest = kLongestExcerpt);

/// Something that failed, by name, and why.
struct Failure {
  std::string name, reason;
};

/// "a.png: the file is truncated; b.png: it is empty; and 3 more": the reasons of the first 5. What a reason
/// says up to the quoted name of its file ("cannot read picture 'x/a.png': ") is left out.
std::string failures_text(const std::vector<Failure>& failures);

/// The extension in lower case: ".png" for "pics/Cat.PNG"; "" if the name has no extension.
std::string lower_extension(const std::filesystem::path& path);

/// The parts between the separators; an empty last part is omitted: "a,,b," gives "a", "" and "b".
std::vector<std::string> split(const std::string& text, char separator);

}  // namespace fathom
