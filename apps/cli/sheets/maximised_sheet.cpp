#include "cli/sheets/maximised_sheet.hpp"

#include <algorithm>

#include "cli/sheets/figures.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

constexpr std::int64_t kMostColumns = 10;
constexpr std::int64_t kFewPictures = 32;                  // so many are drawn large
constexpr std::int64_t kLargeSide = 140, kSmallSide = 84;  // pixels at most, of the longer side

/// Rows of equal length, as far as there are.
std::int64_t columns_for(std::int64_t count) {
  const std::int64_t rows = (count + kMostColumns - 1) / kMostColumns;
  return count <= 4 ? count : count <= kMostColumns ? (count + 1) / 2 : (count + rows - 1) / rows;
}

}  // namespace

torch::Tensor maximised_sheet(const std::vector<Maximised>& pictures, const std::string& heading) {
  const std::int64_t count = std::ssize(pictures);
  const std::int64_t side = count <= kFewPictures ? kLargeSide : kSmallSide;
  std::vector<draw::Panel> panels;
  for (const Maximised& picture : pictures)
    panels.push_back({at_panel_size(image::to_rgb(image::to_picture(picture.image)), side), picture.title,
                      picture.captions});
  return draw::sheet(panels, {.columns = columns_for(count), .heading = heading});
}

}  // namespace fathom::cli
