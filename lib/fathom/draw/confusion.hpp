/// Confusion matrices.
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

namespace fathom::draw {

/// A matrix of counts as a picture: rows are true classes, columns are predictions, each row shaded by its
/// share and each cell labelled with its count. Names wider than 240 pixels are shortened in the middle.
/// counts int64 [K, K]. uint8 [3, H, W]. Throws InvalidArgument if counts and classes do not match, or for
/// more than 200 classes.
torch::Tensor confusion_picture(const torch::Tensor& counts, const std::vector<std::string>& classes,
                                const std::string& title);

}  // namespace fathom::draw
