/// The figure of `attribution`: a row per picture, a panel per method.
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

#include "fathom/explain/attribution.hpp"
#include "fathom/models/classifier.hpp"
#include "scene.hpp"

namespace fathom::cli {

/// A picture with what each method makes of it.
struct AttributionRow {
  Scene scene;
  std::vector<explain::Attribution> attributions;  ///< as many as there are methods
};

/// Pictures beyond these are left out of a sheet.
inline constexpr std::size_t kSheetRows = 16;

/// The first kSheetRows rows. So that methods of different units can stand side by side, every map is drawn
/// in shares of its own largest |value|, which its caption gives; a signed map runs from blue (-1) over white
/// (0) to red (+1), an unsigned one from white to red. Throws InvalidArgument where there is no row.
torch::Tensor attribution_sheet(const models::Classifier& model, const std::vector<std::string>& methods,
                                const std::vector<AttributionRow>& rows);

}  // namespace fathom::cli
