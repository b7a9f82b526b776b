#include "fathom/data/picture_content.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include "fathom/core/text.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr std::size_t kFirstBytes = 32;

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// "BM" begins many texts; the size of the second header tells.
bool begins_as_bmp(std::string_view bytes) {
  if (!bytes.starts_with("BM") || bytes.size() < 18 || bytes.substr(6, 4) != "\0\0\0\0"sv) return false;
  static constexpr std::array<std::string_view, 7> kHeaders{"\x0c\0\0\0"sv, "\x28\0\0\0"sv, "\x34\0\0\0"sv,
                                                            "\x38\0\0\0"sv, "\x40\0\0\0"sv, "\x6c\0\0\0"sv,
                                                            "\x7c\0\0\0"sv};
  return is_one_of(bytes.substr(14, 4), kHeaders);
}

/// "P5\n" or "P2 ", then a number or a comment; "P7\n" for PAM.
bool begins_as_netpbm(std::string_view bytes) {
  if (bytes.starts_with("P7\nWIDTH") || bytes.starts_with("P7\n#")) return true;
  if (bytes.size() < 4 || bytes[0] != 'P' || bytes[1] < '1' || bytes[1] > '6') return false;
  const bool is_apart = bytes[2] == '\n' || bytes[2] == ' ' || bytes[2] == '\t' || bytes[2] == '\r';
  return is_apart && (bytes[3] == '#' || bytes[3] == '\n' || (bytes[3] >= '0' && bytes[3] <= '9'));
}

/// HEIC and AVIF: the box "ftyp" with the name of the format.
bool begins_as_heif(std::string_view bytes) {
  static constexpr std::array<std::string_view, 8> kBrands{"heic"sv, "heix"sv, "heim"sv, "heis"sv,
                                                           "mif1"sv, "msf1"sv, "avif"sv, "avis"sv};
  return bytes.size() >= 12 && bytes.substr(4, 4) == "ftyp" && is_one_of(bytes.substr(8, 4), kBrands);
}

}  // namespace

bool has_picture_ending(const fs::path& path) {
  static constexpr std::array<std::string_view, 20> kEndings{
      ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib",  ".webp", ".ppm",  ".pgm",
      ".pbm", ".pnm", ".pam",  ".tif", ".tiff", ".gif", ".heic", ".heif", ".avif", ".jp2"};
  return is_one_of(lower_extension(path), kEndings);
}

bool begins_as_picture(std::string_view bytes) {
  static constexpr std::array<std::string_view, 9> kStarts{"\x89PNG\r\n\x1a\n"sv,
                                                           "\xff\xd8\xff"sv,
                                                           "GIF87a"sv,
                                                           "GIF89a"sv,
                                                           "II*\0"sv,
                                                           "MM\0*"sv,
                                                           "II+\0"sv,
                                                           "MM\0+"sv,
                                                           "\0\0\0\x0cjP  "sv};
  if (std::any_of(kStarts.begin(), kStarts.end(), [&](auto start) { return bytes.starts_with(start); }))
    return true;
  const bool is_webp = bytes.size() >= 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP";
  return is_webp || begins_as_bmp(bytes) || begins_as_netpbm(bytes) || begins_as_heif(bytes);
}

bool is_picture_file(const fs::directory_entry& entry) {
  std::error_code failed;
  if (!entry.is_regular_file(failed)) return false;
  if (has_picture_ending(entry.path())) return true;
  std::array<char, kFirstBytes> bytes{};
  std::ifstream file(entry.path(), std::ios::binary);
  file.read(bytes.data(), bytes.size());
  return begins_as_picture({bytes.data(), static_cast<std::size_t>(file.gcount())});
}

bool is_system_name(const std::string& name) {
  static constexpr std::array<std::string_view, 7> kNames{
      "__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "icon\r"};
  return name.empty() || name.front() == '.' || is_one_of(lower_case(name), kNames);
}

}  // namespace fathom::data
