/// What happened to each picture of a preview, so that it can be repeated: the lines of parameters.jsonl.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "cli/cli.hpp"
#include "cli/scene.hpp"
#include "fathom/augment/pipeline.hpp"

namespace fathom::cli {

/// The picture that another was mixed with, after it was augmented itself, and how.
struct Partner {
  augment::MixDraw mixing;
  std::int64_t picture = 0;
  augment::Drawing drawing;
};

struct Record {
  std::int64_t index = 0;    ///< of the augmented picture
  std::int64_t picture = 0;  ///< what it was made from, counted from 0 in the order of --image
  std::int64_t epoch = 0;    ///< how often that picture came before
  augment::Drawing drawing;
  std::optional<Partner> partner;  ///< where it was mixed
};

/// Augmented picture number `index` of a preview that goes round the pictures, as the augmentation of
/// (seed, epoch, picture) has it. Its partner in a mixing is the augmented picture that comes after it; of
/// one picture alone that is the same picture, augmented in another way.
Record draw_record(const augment::Pipeline& pipeline, const std::vector<ListedPicture>& pictures,
                   std::uint64_t seed, std::int64_t index);

/// uint8 [C, H, W]. Pictures are counted round where there are fewer than when the record was made. A partner
/// of another size is brought to the picture's. Throws InvalidArgument where a patch was drawn for a larger
/// picture.
torch::Tensor replay(const Record& record, const std::vector<ListedPicture>& pictures);

/// What the record does to the labels of its picture.
torch::Tensor replay_mask(const Record& record, const std::vector<torch::Tensor>& masks);

/// {"index": 0, "picture": "dog.png", "number": 0, "epoch": 0, "operations": [...], "mixing": {...}}, the
/// last where there was one.
Json to_json(const Record& record, const std::vector<ListedPicture>& pictures);

/// Writes the pictures ("0007.png" for index 7) and parameters.jsonl to a folder; masks, one per picture or
/// none, as "0007-mask.png". Throws FileError.
void write_records(const std::filesystem::path& folder, const std::vector<Record>& records,
                   const std::vector<ListedPicture>& pictures, const std::vector<torch::Tensor>& masks);

/// A file of such objects, one a line. Throws FileError, and FormatError naming the line.
std::vector<Record> read_records(const std::filesystem::path& path);

}  // namespace fathom::cli
