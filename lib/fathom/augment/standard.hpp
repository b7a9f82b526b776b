/// The augmentation that suits a data set where nobody asks for another.
#pragma once

#include <string>

#include "fathom/augment/pipeline.hpp"

namespace fathom::augment {

/// Digits are shifted by up to 2 pixels and never mirrored; clothes are mirrored; all other pictures,
/// photographs among them, are shifted by up to a sixteenth of their shorter side with a mirrored border, and
/// mirrored. `size` is that of the pictures.
Pipeline standard_pipeline(const std::string& data_set, Extent size);

}  // namespace fathom::augment
