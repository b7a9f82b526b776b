#include "augment_preview/augment_panel.hpp"

#include <algorithm>
#include <utility>

#include "cli/sheets/figures.hpp"
#include "fathom/augment/pipeline.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {
namespace {

constexpr std::int64_t kPixelsPerLetter = 7;

std::size_t letters_in(std::int64_t side) { return static_cast<std::size_t>(side / kPixelsPerLetter); }

/// "rotate degrees 4,", "border reflect": what a line holds whole, as far as it is no longer than a line.
std::vector<std::string> pieces_of(const std::string& text, std::size_t longest) {
  std::vector<std::string> pieces;
  std::size_t start = 0;
  while (start < text.size()) {
    std::size_t end = std::min(text.find(", ", start), text.size() - 1) + 1;
    if (end - start > longest) end = std::min(text.find(' ', start), end);
    pieces.push_back(text.substr(start, end - start));
    start = end + (end < text.size() && text[end] == ' ' ? 1 : 0);
  }
  return pieces;
}

}  // namespace

void add_lines(std::vector<std::string>& lines, const std::string& text, std::int64_t side) {
  const std::size_t longest = letters_in(side);
  std::string line;
  for (const std::string& piece : pieces_of(text, longest)) {
    if (!line.empty() && line.size() + 1 + piece.size() > longest) lines.push_back(std::exchange(line, ""));
    line += (line.empty() ? "" : " ") + piece;
  }
  if (!line.empty()) lines.push_back(line);
}

std::string shortened(const std::string& name, std::int64_t side) {
  const std::size_t longest = letters_in(side);
  return name.size() <= longest ? name : name.substr(0, longest - 3) + "...";
}

std::string parameters_text(const augment::Step& step) {
  const std::string text = augment::describe(step);
  return text.size() > step.kind->name.size() ? text.substr(step.kind->name.size() + 1) : "";
}

torch::Tensor readable(const torch::Tensor& picture, std::int64_t side) {
  return image::to_rgb(at_panel_size(picture.contiguous(), side));
}

void fill_row(std::vector<draw::Panel>& panels, std::int64_t columns) {
  const torch::Tensor nothing = torch::full({1, 1, panels.front().picture.size(2)}, 255, torch::kUInt8);
  while (std::ssize(panels) % columns != 0) panels.push_back({nothing, "", {}});
}

}  // namespace fathom::cli
