/// The panels that the figures of `augment_preview` are made of.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/augment/operation.hpp"
#include "fathom/draw/sheet.hpp"

namespace fathom::cli {

/// Adds `text` in lines that fit a panel of `side` pixels. Lines break after commas, and between two commas
/// only if that part is too long for a line.
void add_lines(std::vector<std::string>& lines, const std::string& text, std::int64_t side);

/// A name, shortened to fit a panel.
std::string shortened(const std::string& name, std::int64_t side);

/// The drawn parameters, without the operation's name; empty if there are none.
std::string parameters_text(const augment::Step& step);

/// The picture at a readable size, in RGB.
torch::Tensor readable(const torch::Tensor& picture, std::int64_t side);

/// Fills the row with empty panels.
void fill_row(std::vector<draw::Panel>& panels, std::int64_t columns);

}  // namespace fathom::cli
