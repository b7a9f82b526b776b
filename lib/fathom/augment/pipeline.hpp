/// A pipeline of augmentations that can be repeated.
///
///   const Pipeline pipeline = parse_pipeline("rotate(15) | hflip(p=0.5) | gaussian-blur(sigma=0.5..1.5)");
///   const Drawing drawing = draw(pipeline, {.seed = 0, .epoch = 3, .index = 17});
///   const torch::Tensor augmented = replay(drawing, picture);
///   const torch::Tensor labels = replay(drawing, mask, Target::mask);      // moved as the picture was
///
/// What happens to a picture depends on (seed, epoch, index) alone. Every operation draws from a stream of
/// its own, so that changing the ranges of one leaves the others as they were.
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

struct Pipeline {
  std::string name;                   ///< of the preset or file; empty where it has none
  std::vector<Operation> operations;  ///< one after the other
  std::vector<Mixing> mixings;        ///< of batches, after the operations

  bool empty() const { return operations.empty() && mixings.empty(); }
};

/// Which picture, and how often it has been seen.
struct PictureKey {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0, index = 0;
};

/// What was drawn for one picture; operations that were passed by are not in it.
using Drawing = std::vector<Step>;
Drawing draw(const Pipeline& pipeline, const PictureKey& key);
/// The same in place of what `drawing` held, in its memory.
void draw(const Pipeline& pipeline, const PictureKey& key, Drawing& drawing);

/// Whether every picture of that size keeps it, whatever is drawn.
bool keeps_size(const Pipeline& pipeline, Extent size);

/// What was drawn, done to a picture: uint8 or float in [0, 1] (else clamped where colours change), [C, H, W]
/// with 1, 3 or 4 channels, RGB or RGBA, of at most 16,384 pixels a side. The result has the same type and
/// channels, and the size that result_size says; its memory is [H, W, C] where anything was done to it, and a
/// picture that lies like that already is read in place. A mask of labels has any values; colours and covered
/// parts leave it alone, and what comes into view beyond a constant border has label 0. Throws
/// InvalidArgument for any other picture.
torch::Tensor replay(const Drawing& drawing, const torch::Tensor& picture, Target target = Target::picture);
/// The size of what replay gives for a picture of that size.
Extent result_size(const Drawing& drawing, Extent size);

/// draw and replay.
torch::Tensor augment(const Pipeline& pipeline, const torch::Tensor& picture, const PictureKey& key);

/// What a step does, for a caption: "rotate degrees 12.3", "crop x 0.2, y 0.71". Parameters that are as usual
/// and were not drawn are left out.
std::string describe(const Step& step);

/// All that was drawn, exactly: [{"name": "rotate", "parameters": {"degrees": 12.25, "border": "constant",
/// ...}, "operations": [...]}, ...], operations only where the step has some; and the way back. Throws
/// FormatError naming the place and the closest valid name.
nlohmann::ordered_json to_json(const Drawing& drawing);
Drawing drawing_from_json(const nlohmann::ordered_json& json);

/// A pipeline in one line: operations joined by |, each with its arguments in parentheses: NAME=VALUE,
/// NAME=LOW..HIGH, NAME=WORD, p=PROBABILITY; the first parameter may be given without its name, and one
/// number v stands for -v to v where the parameter is symmetric. one-of(rotate(10), hflip), some-of(2, ...).
/// mixup(0.2) and cutmix(1) stand at the end. Throws InvalidArgument naming the place and the closest valid
/// name.
Pipeline parse_pipeline(const std::string& text);

/// The same as a file (docs/augmentation.md has the schema). Throws FormatError that names the file, the
/// place in it ("operations[2].degrees") and the closest valid name.
Pipeline pipeline_from_json(const std::string& text, const std::string& what);
/// The file that gives this pipeline; every range is written.
nlohmann::ordered_json to_json(const Pipeline& pipeline);

/// A pipeline by what a user wrote: a file that ends in .json, the name of a preset (NAME.json in a folder
/// augmentations/ of one of `directories`), or a pipeline in one line. Throws FileError, FormatError and
/// InvalidArgument; an unknown word gets the closest preset,
/// operation or one of the caller's `other_words`. An operation's name is that operation, whatever presets
/// there are.
Pipeline read_pipeline(const std::string& text, const std::vector<std::filesystem::path>& directories,
                       const std::vector<std::string>& other_words = {});
/// The names of the presets in `directories`, sorted.
std::vector<std::string> preset_names(const std::vector<std::filesystem::path>& directories);

}  // namespace fathom::augment
