#include "fathom/image/formats/signature.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace fathom::image {
namespace {

/// The brands of an ISO media file (ISO/IEC 14496-12), "heicmif1..."; "" for other files.
std::string_view media_brands(std::string_view bytes) {
  constexpr std::size_t kMostBrands = 64;
  if (bytes.size() < 12 || bytes.substr(4, 4) != "ftyp") return {};
  const std::size_t end = static_cast<std::uint8_t>(bytes[3]);
  return bytes.substr(8, std::min(std::max<std::size_t>(end, 12) - 8, kMostBrands));
}

}  // namespace

bool is_tiff(std::string_view bytes) {
  return bytes.starts_with({"II*\0", 4}) || bytes.starts_with({"MM\0*", 4});
}
bool is_webp(std::string_view bytes) {
  return bytes.starts_with("RIFF") &&
         bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with("WEBP");
}
bool is_gif(std::string_view bytes) { return bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a"); }
bool is_netpbm(std::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7';
}

std::optional<OtherKind> other_kind(std::string_view bytes) {
  constexpr const char* kHeic =
      "a HEIC picture, as phones take them, which is not read; convert it to JPEG or PNG first (heif-convert "
      "does)";
  constexpr const char* kAvif = "an AVIF picture, which is not read; convert it to PNG first (avifdec does)";
  const std::string_view brands = media_brands(bytes);
  const auto has_brand = [&](std::initializer_list<std::string_view> wanted) {
    for (std::size_t i = 0; i + 4 <= brands.size(); i += 4)
      if (std::find(wanted.begin(), wanted.end(), brands.substr(i, 4)) != wanted.end()) return true;
    return false;
  };
  if (has_brand({"avif", "avis"})) return OtherKind{true, kAvif};
  if (has_brand({"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"}))
    return OtherKind{true, kHeic};
  if (!brands.empty()) return OtherKind{false, "a video; pictures are needed"};

  const std::pair<std::string_view, OtherKind> starts[] = {
      {{"\0\0\0\x0cJXL ", 8}, {true, "a JPEG XL picture, which is not read; convert it to PNG first"}},
      {{"\xff\x0a", 2}, {true, "a JPEG XL picture, which is not read; convert it to PNG first"}},
      {{"\0\0\0\x0cjP  ", 8}, {true, "a JPEG 2000 picture, which is not read; convert it to PNG first"}},
      {{"\xff\x4f\xff\x51", 4}, {true, "a JPEG 2000 picture, which is not read; convert it to PNG first"}},
      {{"II+\0", 4}, {true, "a BigTIFF picture, which is not read; convert it to TIFF or PNG first"}},
      {{"MM\0+", 4}, {true, "a BigTIFF picture, which is not read; convert it to TIFF or PNG first"}},
      {"8BPS", {false, "a Photoshop document, which is not read; export it as PNG first"}},
      {"%PDF", {false, "a PDF document, which is not read; export its pages as PNG first"}},
      {"<svg", {false, "a drawing in SVG, which is not read; export it as PNG first"}},
      {{"\0\0\1\0", 4}, {false, "an icon (ICO), which is not read; export it as PNG first"}},
      {{"v/1\1", 4}, {false, "an OpenEXR picture, which is not read; convert it to PNG first"}},
      {"<!DOCTYPE html", {false, "a web page and not a picture (a download that failed?)"}},
      {"<html", {false, "a web page and not a picture (a download that failed?)"}},
      {"version https://git-lfs",
       {false, "a pointer of Git LFS and not the picture ('git lfs pull' gets it)"}},
  };
  for (const auto& [start, kind] : starts)
    if (bytes.starts_with(start)) return kind;
  return {};
}

}  // namespace fathom::image
