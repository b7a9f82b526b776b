/// Which part of a picture cutout and erasing cover.
#pragma once

#include "fathom/augment/operation.hpp"

namespace fathom::augment {

/// `values` as drawn for "cutout" and "erasing"; the patch lies within the picture and may be empty.
Patch cutout_patch(const Values& values, Extent size);
Patch erased_patch(const Values& values, Extent size);

}  // namespace fathom::augment
