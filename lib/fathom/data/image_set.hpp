/// A data set in memory, and batches of it.
///
///   const ImageSet set = load("fashion-mnist", Split::train, catalog);
///   const Batch batch = gather(set, torch::arange(128));
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

namespace fathom::data {

enum class Split { train, test };
std::string to_string(Split split);

struct ImageSet {
  torch::Tensor images;              ///< uint8 [N, C, H, W], RGB or grey
  torch::Tensor labels;              ///< int64 [N], each in [0, classes.size())
  std::vector<std::string> classes;  ///< names, index = label
  std::string name;                  ///< "fashion-mnist"

  std::int64_t size() const { return images.size(0); }
  /// The first `n` images (all where n exceeds the size); shares memory. Throws InvalidArgument where n < 1.
  ImageSet first(std::int64_t n) const;
  /// The images at `indices` (int64 [M]), copied.
  ImageSet subset(const torch::Tensor& indices) const;
};

/// Throws FormatError unless shapes, types and label range are as documented above. `what` begins the
/// message.
void validate(const ImageSet& set, const std::string& what);

/// Lower-case SHA-256 over the pixels and then the labels (one byte each): names the data whatever it was
/// packed in.
std::string checksum(const ImageSet& set);

/// Per-channel mean and standard deviation of the pixels in [0, 1]; the deviation is at least 1e-3.
struct PixelStatistics {
  std::vector<float> mean, std;
};
PixelStatistics pixel_statistics(const ImageSet& set);

struct Batch {
  torch::Tensor images;  ///< float [B, C, H, W] in [0, 1]
  torch::Tensor labels;  ///< int64 [B]
};

/// uint8 images to float in [0, 1].
torch::Tensor to_unit_range(const torch::Tensor& images);

/// The images at `indices` (int64 [B]): one index_select on the bytes, then one conversion.
Batch gather(const ImageSet& set, const torch::Tensor& indices);

/// Splits off a validation part: round(fraction * N) images drawn without replacement, never all and never
/// none. Throws InvalidArgument unless 0 < fraction < 1 and N >= 2.
struct TrainingParts {
  ImageSet training, validation;
};
TrainingParts hold_out(const ImageSet& set, double fraction, torch::Generator generator);

}  // namespace fathom::data
