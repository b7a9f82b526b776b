/// How deep pipelines may be, in every form they are written in. Internal to this folder.
#pragma once

namespace fathom::augment {

constexpr int kDeepest = 16;  ///< operations within operations

}  // namespace fathom::augment
