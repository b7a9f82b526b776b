/// Reliability diagrams: is a classifier right as often as it is confident?
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

namespace fathom::draw {

/// The images whose confidence (probability of the predicted class) is in one of equal parts of [0, 1].
struct ReliabilityBin {
  std::int64_t images = 0;
  double confidence = 0, accuracy = 0;  ///< means over these images, in [0, 1]; 0 without images
};

/// The accuracy of each bin as a bar with a dark line at its end, and its distance from the bin's mean
/// confidence: red if the classifier is overconfident (confidence above accuracy), yellow if it is
/// underconfident. A whisker is the 95 % interval of the accuracy (Wilson 1927). With a legend, the diagonal
/// on which a calibrated classifier would be, the number of images in each bin below, and the accuracy, the
/// mean confidence and the expected calibration error of these bins, sum of images / all images * |accuracy -
/// confidence| (Niculescu-Mizil & Caruana 2005; Guo et al. 2017). uint8 [3, H, W]. Throws InvalidArgument
/// without bins or for more than 100.
torch::Tensor reliability_picture(const std::vector<ReliabilityBin>& bins, const std::string& title);

}  // namespace fathom::draw
