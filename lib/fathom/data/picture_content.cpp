#include "fathom/data/picture_content.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include "fathom/core/text.hpp"
#include "fathom/image/format.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr std::size_t kFirstBytes = 32;

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

bool has_picture_ending(const fs::path& path) {
  static constexpr std::array<std::string_view, 20> kEndings{
      ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib",  ".webp", ".ppm",  ".pgm",
      ".pbm", ".pnm", ".pam",  ".tif", ".tiff", ".gif", ".heic", ".heif", ".avif", ".jp2"};
  return is_one_of(lower_extension(path), kEndings);
}

bool is_picture_file(const fs::directory_entry& entry) {
  std::error_code failed;
  if (!entry.is_regular_file(failed)) return false;
  if (has_picture_ending(entry.path())) return true;
  std::array<char, kFirstBytes> bytes{};
  std::ifstream file(entry.path(), std::ios::binary);
  file.read(bytes.data(), bytes.size());
  return image::is_picture({bytes.data(), static_cast<std::size_t>(file.gcount())});
}

bool is_system_name(const std::string& name) {
  static constexpr std::array<std::string_view, 7> kNames{
      "__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "icon\r"};
  return name.empty() || name.front() == '.' || is_one_of(lower_case(name), kNames);
}

}  // namespace fathom::data
