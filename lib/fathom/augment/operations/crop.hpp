/// Which part of a picture a crop shows.
#pragma once

#include "fathom/augment/operation.hpp"

namespace fathom::augment {

/// `values` as drawn for "crop"; the part may reach beyond the picture.
Patch crop_part(const Values& values, Extent picture);

}  // namespace fathom::augment
