/// Small conversions of text, for messages and names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fathom {

/// "12,288": digits in groups of three, for messages.
std::string grouped(std::uint64_t number);

/// The letters A to Z in lower case; every other byte stays, whatever the locale.
std::string lower_case(std::string text);

/// With U+FFFD for every byte that is not part of valid UTF-8, and for zeros.
std::string valid_utf8(const std::string& text);

/// ".png" of "pics/Cat.PNG", by which kinds of files are told; "" where the name has no ending.
std::string lower_extension(const std::filesystem::path& path);

/// What stands between the separators; an empty piece at the end is left out: "a,,b," gives "a", "" and "b".
std::vector<std::string> split(const std::string& text, char separator);

}  // namespace fathom
