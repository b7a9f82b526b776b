/// The figure of `attribution`: a row per picture, with the picture and its most probable classes, the
/// model's input, and a panel per method.
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

#include "cli/scene.hpp"
#include "fathom/checkpoint/classifier.hpp"
#include "fathom/explain/attribution/attribution.hpp"

namespace fathom::cli {

/// A picture with what each method makes of it.
struct AttributionRow {
  Scene scene;
  std::vector<explain::Attribution> attributions;  ///< as many as there are methods
  std::vector<std::vector<std::string>> captions;  ///< lines below each, beside its scale
};

/// Pictures beyond these are left out of a sheet.
inline constexpr std::size_t kSheetRows = 16;

/// The first kSheetRows rows. So that methods of different units can be compared, every map is drawn in
/// shares of its own largest |value|, or of the 99th percentile of |value| if the largest is more than 3
/// times that
/// ("clipped at the 99th percentile"); its caption gives the value of full colour. A signed map runs from
/// blue
/// (-1) over white (0) to red (+1), an unsigned one from white to red. Throws InvalidArgument without a row.
torch::Tensor attribution_sheet(const checkpoint::Classifier& model, const std::vector<std::string>& methods,
                                const std::vector<AttributionRow>& rows);

}  // namespace fathom::cli
