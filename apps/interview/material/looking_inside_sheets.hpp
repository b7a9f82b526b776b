/// The pictures of question 4: occlusion maps and maximised pictures.
#pragma once

#include <string>
#include <vector>

#include "interview/material/covered_parts.hpp"

namespace fathom::interview {

using ClassNames = std::vector<std::string>;

/// A row for each of the images, float [N, 1, H, W]: itself, and the map of a trained network and of one with
/// random weights on it.
torch::Tensor signs_sheet(const torch::Tensor& images, const std::vector<torch::Tensor>& trained,
                          const std::vector<torch::Tensor>& untrained);

/// A row for each of the classes, of the picture that shows it best: itself, with a harmless and with the
/// important part covered, and the whole map.
torch::Tensor occlusion_sheet(const std::vector<Covered>& pictures, const std::vector<std::string>& classes,
                              const models::LogitsFunction& logits, const ClassNames& names);

/// A picture for each class, float [classes, 1, H, W], with the predictions of its maker and of another
/// network.
torch::Tensor maximised_sheet(const torch::Tensor& pictures, bool pixelated,
                              const models::LogitsFunction& maker, const models::LogitsFunction& judge,
                              const ClassNames& names);

}  // namespace fathom::interview
