/// A reproducible pipeline of augmentations.
///
///   const Pipeline pipeline = parse_pipeline("rotate(15) | hflip(p=0.5) | gaussian-blur(sigma=0.5..1.5)");
///   const Drawing drawing = draw(pipeline, {.seed = 0, .epoch = 3, .index = 17});
///   const torch::Tensor augmented = replay(drawing, picture);
///   const torch::Tensor labels = replay(drawing, mask, Target::mask);      // the same geometry
///
/// The result depends only on (seed, epoch, index). Every operation has its own random stream, so changing
/// the range of one operation does not change the draws of the others.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "fathom/augment/mixing.hpp"
#include "fathom/augment/operation.hpp"

namespace fathom::augment {

constexpr int kDeepest = 16;  ///< operations within operations, in every format
/// Extra depth for the steps that the innermost operation draws: AugMix has chains of operations.
constexpr int kDeepestDrawing = kDeepest + 2;

struct Pipeline {
  std::string name;                   ///< name of the preset or file; empty if it has none
  std::vector<Operation> operations;  ///< one after the other
  std::vector<Mixing> mixings;        ///< label mixing in batches, after the operations

  bool empty() const { return operations.empty() && mixings.empty(); }
};

/// Which picture, and how often it has been seen.
struct PictureKey {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0, index = 0;
};

/// The steps drawn for one picture; operations whose probability did not fire are not included.
using Drawing = std::vector<Step>;
Drawing draw(const Pipeline& pipeline, const PictureKey& key);
/// Replaces the content of `drawing` and reuses its memory.
void draw(const Pipeline& pipeline, const PictureKey& key, Drawing& drawing);

/// Whether every result for a picture of this size has this size, whatever is drawn; in between it may have
/// others ("resize(40, width=40) | crop(0, 32, 32)" keeps 32 x 32). False if the result may differ or its
/// size may vary. Cautious about some-of: its operations count one by one, too, even if all are always taken.
bool keeps_size(const Pipeline& pipeline, Extent size);

/// Applies a drawing to a picture: uint8 or float in [0, 1] (values outside are clamped by colour
/// operations), [C, H, W] with 1, 3 or 4 channels, RGB or RGBA, with sides of at most 16,384 pixels. The
/// result has the same type and channels and the size given by result_size. Its memory layout is [H, W, C] if
/// any step was applied; a picture with that layout is read without a copy. A label mask may have any values.
/// Colour and erasing operations do not change it, and the area outside a constant border has label 0. Throws
/// InvalidArgument for any other picture.
torch::Tensor replay(const Drawing& drawing, const torch::Tensor& picture, Target target = Target::picture);
/// The size of the result of replay for a picture of this size.
Extent result_size(const Drawing& drawing, Extent size);

/// draw and replay.
torch::Tensor augment(const Pipeline& pipeline, const torch::Tensor& picture, const PictureKey& key);

/// A caption for a step: "rotate degrees 12.3", "crop x 0.2, y 0.71". Parameters that were not drawn and have
/// their default value are omitted.
std::string describe(const Step& step);

/// An exact record of a drawing: [{"name": "rotate", "parameters": {"degrees": 12.25, "border": "constant",
/// ...}, "operations": [...]}, ...], "operations" only for compositions; and the inverse. Throws FormatError
/// that names the position and the closest valid name.
nlohmann::ordered_json to_json(const Drawing& drawing);
Drawing drawing_from_json(const nlohmann::ordered_json& json);

/// Parses a pipeline in one line: operations separated by |, each with its arguments in parentheses:
/// NAME=VALUE, NAME=LOW..HIGH, NAME=WORD, p=PROBABILITY; the first parameter may be given without its name,
/// and for a symmetric parameter a single number v means -v to v. one-of(rotate(10), hflip), some-of(2, ...).
/// mixup(0.2) and cutmix(1) must come last. Throws InvalidArgument that names the position and the closest
/// valid name.
Pipeline parse_pipeline(const std::string& text);

/// Parses a pipeline file (format: docs/augmentation.md). Throws FormatError that names the file, the
/// position in it ("operations[2].degrees") and the closest valid name.
Pipeline pipeline_from_json(const std::string& text, const std::string& what);
/// The pipeline as a file, with all ranges.
nlohmann::ordered_json to_json(const Pipeline& pipeline);

/// Reads a pipeline from user input: a file name ending in .json, the name of a preset (NAME.json in the
/// folder augmentations/ of one of `directories`), or a pipeline in one line. Throws FileError, FormatError
/// and InvalidArgument; for an unknown word, the message suggests the closest preset, operation or member of
/// `other_words`. The name of an operation takes precedence over a preset.
Pipeline read_pipeline(const std::string& text, const std::vector<std::filesystem::path>& directories,
                       const std::vector<std::string>& other_words = {});
/// The names of the presets in `directories`, sorted.
std::vector<std::string> preset_names(const std::vector<std::filesystem::path>& directories);

}  // namespace fathom::augment
