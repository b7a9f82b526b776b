/// The maximum nesting depth of a pipeline, in every format. Internal to this folder.
#pragma once

namespace fathom::augment {

constexpr int kDeepest = 16;  ///< operations within operations
/// Extra depth for the steps that the innermost operation draws: AugMix has chains of operations.
constexpr int kDeepestDrawing = kDeepest + 2;

}  // namespace fathom::augment
