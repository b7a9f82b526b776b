/// Records of how each picture of a preview was augmented, for replay: the lines of parameters.jsonl.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "cli/scene.hpp"
#include "fathom/augment/pipeline.hpp"

namespace fathom::cli {

/// The augmented picture that another one was mixed with, and the parameters of the mixing.
struct Partner {
  augment::MixDraw mixing;
  std::int64_t picture = 0;
  augment::Drawing drawing;
};

struct Record {
  std::int64_t index = 0;    ///< of the augmented picture
  std::int64_t picture = 0;  ///< its source, counted from 0 in the order of --image
  std::int64_t epoch = 0;    ///< how often that picture came before
  augment::Drawing drawing;
  std::optional<Partner> partner;  ///< if it was mixed
};

/// Augmented picture number `index` of a preview that cycles through the pictures: the augmentation of (seed,
/// epoch, picture). Its mixing partner is the next augmented picture; with a single picture, the same
/// picture, augmented differently.
Record draw_record(const augment::Pipeline& pipeline, const std::vector<ListedPicture>& pictures,
                   std::uint64_t seed, std::int64_t index);

/// uint8 [C, H, W]. If there are fewer pictures than when the record was made, they repeat. A partner of
/// another size is resized. Throws InvalidArgument if a patch was drawn for a larger picture.
torch::Tensor replay(const Record& record, const std::vector<ListedPicture>& pictures);

/// Applies the record to a label mask of its picture.
torch::Tensor replay_mask(const Record& record, const std::vector<torch::Tensor>& masks);

/// {"index": 0, "picture": "dog.png", "number": 0, "epoch": 0, "operations": [...], "mixing": {...}}, the
/// last where there was one.
Json to_json(const Record& record, const std::vector<ListedPicture>& pictures);

/// Writes the pictures ("0007.png" for index 7) and parameters.jsonl to a folder; masks, one per picture or
/// none, as "0007-mask.png" (image::write_mask). Throws FileError.
void write_records(const std::filesystem::path& folder, const std::vector<Record>& records,
                   const std::vector<ListedPicture>& pictures, const std::vector<torch::Tensor>& masks);

/// The names of the files that write_records writes for records with these indices.
std::set<std::string> record_files(const std::set<std::int64_t>& indices, bool with_masks);

/// A file of such objects, one a line. Throws FileError, and FormatError naming the line.
std::vector<Record> read_records(const std::filesystem::path& path);

}  // namespace fathom::cli
