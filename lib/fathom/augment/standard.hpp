/// The default augmentation of a data set.
#pragma once

#include <string>

#include "fathom/augment/pipeline.hpp"

namespace fathom::augment {

/// The pipeline named "standard" for a data set whose usual augmentation is the text `usual`
/// (data::usual_augmentation). If that is empty, the pictures are mirrored and shifted by up to a sixteenth
/// of their shorter side with a mirrored border, which suits photographs; `size` is the size of the pictures.
/// Throws as parse_pipeline.
Pipeline standard_pipeline(const std::string& usual, Extent size);

}  // namespace fathom::augment
