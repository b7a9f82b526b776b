/// The panels that the figures of `augment_preview` are made of.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/augment/operation.hpp"
#include "fathom/draw/sheet.hpp"

namespace fathom::cli {

/// Adds `text` in lines that a panel of `side` pixels has room for. They break after commas, and within what
/// stands between two commas only where that is too long for a line.
void add_lines(std::vector<std::string>& lines, const std::string& text, std::int64_t side);

/// A name at the length that a panel has room for.
std::string shortened(const std::string& name, std::int64_t side);

/// What was drawn, without the operation's name; empty where nothing was.
std::string parameters_text(const augment::Step& step);

/// The picture at a readable size, in RGB.
torch::Tensor readable(const torch::Tensor& picture, std::int64_t side);

/// Empty places up to the end of the row.
void fill_row(std::vector<draw::Panel>& panels, std::int64_t columns);

}  // namespace fathom::cli
