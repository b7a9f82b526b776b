/// A data set in memory.
///
///   const ImageSet set = load("fashion-mnist", Split::train, catalog);
///   const torch::Tensor images = to_unit_range(set.first(128).images);   // float [128, 1, 28, 28]
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

namespace fathom::data {

enum class Split { train, test };
std::string to_string(Split split);

/// Throws InvalidArgument ("no picture 17 in pets:test; it has 0 to 9") unless 0 <= index < size.
void require_index(const std::string& set, Split split, std::int64_t index, std::int64_t size);

struct ImageSet {
  torch::Tensor images;              ///< uint8 [N, C, H, W], RGB or grey
  torch::Tensor labels;              ///< int64 [N], each in [0, classes.size())
  std::vector<std::string> classes;  ///< names, index = label
  std::string name;                  ///< "fashion-mnist"

  std::int64_t size() const { return images.size(0); }
  /// The first `n` images (all if n exceeds the size); shares memory. Throws InvalidArgument if n < 1.
  ImageSet first(std::int64_t n) const;
  /// The images at `indices` (int64 [M]), copied.
  ImageSet subset(const torch::Tensor& indices) const;
};

/// `n` images drawn without replacement, in the order of the set; all images if n is not below their number.
/// Every class keeps its share of the images, within one image, and has at least one if n is not below the
/// number of classes that have images. Throws InvalidArgument if n < 1.
ImageSet drawn_subset(const ImageSet& set, std::int64_t n, torch::Generator generator);

/// The names of the classes without an image.
std::vector<std::string> missing_classes(const ImageSet& set);

/// Throws FormatError unless shapes, types and label range are as documented above. `what` begins the
/// message.
void validate(const ImageSet& set, const std::string& what);

/// Lower-case SHA-256 over the pixels and then the labels (one byte each): identifies the data independently
/// of the file format.
std::string checksum(const ImageSet& set);

/// Per-channel mean and standard deviation of the pixels in [0, 1]; the deviation is at least 1e-3.
struct PixelStatistics {
  std::vector<float> mean, std;
};
PixelStatistics pixel_statistics(const ImageSet& set);

/// uint8 images to float in [0, 1].
torch::Tensor to_unit_range(const torch::Tensor& images);

/// How many of `images` are held out: round(fraction * images), at least one, and never all.
std::int64_t held_out(std::int64_t images, double fraction);

/// Splits off a validation part: held_out(N, fraction) images drawn without replacement. Throws
/// InvalidArgument unless 0 < fraction < 1 and N >= 2.
struct TrainingParts {
  ImageSet training, validation;
};
TrainingParts hold_out(const ImageSet& set, double fraction, torch::Generator generator);

}  // namespace fathom::data
