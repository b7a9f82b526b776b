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

/// Every operation that stands for itself, in the catalogue's order: at 10, 50 and 100 % where it has a
/// magnitude, else once, as `seed` draws it; the two that change nothing but the size give half of
/// `picture`'s.
std::vector<CatalogEntry> catalog_entries(Extent picture, std::uint64_t seed);

/// The picture with its longer side no larger than a panel's, so that what an operation does to single pixels
/// is seen.
torch::Tensor catalog_picture(const torch::Tensor& picture);

/// The picture, then the entries, group by group. uint8 [3, H, W].
torch::Tensor catalog_sheet(const torch::Tensor& picture, const std::vector<CatalogEntry>& entries);

}  // namespace fathom::cli
