/// Every operation of the catalogue on one sheet.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <vector>

#include "fathom/augment/pipeline.hpp"

namespace fathom::cli {

/// An operation at one magnitude.
struct CatalogEntry {
  const augment::OperationKind* kind = nullptr;
  augment::Drawing drawing;
};

/// Every operation except compositions, in the order of the catalogue: at 10, 50 and 100 % if it has a
/// magnitude, otherwise once, drawn with `seed`; the two that only change the size halve that of `picture`.
std::vector<CatalogEntry> catalog_entries(Extent picture, std::uint64_t seed);

/// The picture, shrunk to at most the size of a panel, so that effects on single pixels are visible.
torch::Tensor catalog_picture(const torch::Tensor& picture);

/// The picture, then the entries, group by group. uint8 [3, H, W].
torch::Tensor catalog_sheet(const torch::Tensor& picture, const std::vector<CatalogEntry>& entries);

}  // namespace fathom::cli
