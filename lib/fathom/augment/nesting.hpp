/// How deep pipelines may be, in every form they are written in. Internal to this folder.
#pragma once

namespace fathom::augment {

constexpr int kDeepest = 16;  ///< operations within operations
/// What the innermost operation draws: AugMix has chains of operations.
constexpr int kDeepestDrawing = kDeepest + 2;

}  // namespace fathom::augment
