/// A picture prepared for a model: the common input of the programs that explain predictions.
#pragma once

#include <torch/types.h>
#include <optional>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "cli/sets.hpp"
#include "fathom/checkpoint/classifier.hpp"
#include "fathom/image/fit.hpp"
#include "fathom/image/picture.hpp"

namespace fathom::cli {

/// A picture of --image with the name that reports give it: a file's, or SET:SPLIT:INDEX.
struct ListedPicture {
  std::string name;
  OpenedPicture opened;
};

/// Picture files, folders (data::pictures_in), SET:SPLIT:N, slices SET:SPLIT:A-B and "-" for standard input,
/// joined by commas, in their order; the first `most` of them. The list of --image: all its values if it is
/// given, otherwise `list`. A file whose name has commas is taken whole. `channels` are those of the model:
/// files for other numbers than 1 and 3 are read as so many bands. The files that are opened are inputs of
/// the run. All files that cannot be read are found before FormatError names up to 20 of them; with
/// `skip_damaged` a note does, and they are left out unless there is no other picture.
std::vector<ListedPicture> open_pictures(const Arguments& arguments, const std::string& list,
                                         const Common& common, std::int64_t most = INT64_MAX,
                                         std::int64_t channels = 3, bool skip_damaged = false);
/// The names that such a flag gives: all its values, each split at commas, but for files whose name has some.
std::vector<std::string> picture_names(const Arguments& arguments, const std::string& flag);
/// The same of --mask, with files read as label masks: [1, H, W], uint8 or float (image::read_mask). Throws
/// FormatError for pictures of a set that have colours.
std::vector<ListedPicture> open_masks(const Arguments& arguments, const std::string& list,
                                      const Common& common, std::int64_t most);

struct Scene {
  torch::Tensor picture;  ///< uint8 [C, H, W], as it was opened; of many bands those that are shown
  std::string caption;    ///< a file's name, or the true class and whether the prediction is right
  std::optional<std::string> true_class;  ///< of a picture of a set
  image::FitOptions fit;                  ///< how it was fitted to the model's input
  torch::Tensor input;                    ///< float [1, C, h, w] in [0, 1]: what the model saw
  std::int64_t predicted = 0, target = 0;
  std::vector<float> probabilities;  ///< of every class, for the image as it is
  torch::Tensor logits;              ///< the same as logits, [classes]
};

/// A picture's probabilities by the model, float [classes].
std::vector<float> probabilities(const checkpoint::Classifier& model, const torch::Tensor& input);

/// --fit, --resize, --crop and --invert: how a picture is fitted to the model's input.
void add_fit_flags(Parser& parser);
/// The same, and --target: the explained class.
void add_scene_flags(Parser& parser, const std::string& group);
/// How these flags fit a picture to the model's input.
image::FitOptions read_fit(const Arguments& arguments, const models::InputShape& input);
/// Says why the flags of read_fit are not asked for: "without --image".
void unused_fit_flags(const Arguments& arguments, const std::string& reason);
/// A note if pictures (float [N, C, H, W] in [0, 1], fitted) are mostly bright up to their edges, while the
/// training pictures, whose mean per channel is `mean`, were dark: digits and clothes on black.
void hint_at_inversion(const torch::Tensor& fitted, const std::vector<float>& mean,
                       const image::FitOptions& fit);
/// Reads the pictures of a folder in RGB, fitted to a size as `fit` says; its own size and channels are not
/// used.
data::PictureReader fitting_reader(const image::FitOptions& fit);
/// Pictures of a data set, float [N, C, H, W] in [0, 1], as the model's input. Pictures that need no change
/// are returned as they are.
torch::Tensor fit_batch(const torch::Tensor& images, const image::FitOptions& fit);

/// Prepares the opened picture for the model; `caption` is that of a picture whose true class is not known. A
/// true class that is not one of the model's is a note.
Scene read_scene(const Arguments& arguments, const checkpoint::Classifier& model, const OpenedPicture& opened,
                 const std::string& caption);

/// The last parts of paths: file names, each with as many folders as tell it from the other paths.
std::vector<std::string> distinct_names(const std::vector<std::string>& paths);

/// The value of a flag (declared with Parser::several) that takes one picture, a file, SET:SPLIT:INDEX or
/// "-". Throws UsageError if it is a folder, a slice or several pictures.
std::string one_picture_name(const Arguments& arguments, const std::string& flag);

/// A note if it is known that a map of the target's logit may be zero or flat (Classifier::why_flat).
void note_if_flat(const checkpoint::Classifier& model, const Scene& scene);

/// A note if the explained probability has been rounded to 0 or 1 in some of the scenes: logits still change
/// there if parts are covered, but probabilities hardly do. Scenes with a note of note_if_flat are passed
/// over.
void note_if_rounded(const checkpoint::Classifier& model, const std::vector<Scene>& scenes);

/// The value of a flag that is a colour, float [C]: mean (the model's), black, white, grey, or a number in
/// [0, 1] for all channels. `further` are words that the caller reads, for the message: "blur, ".
torch::Tensor read_colour(const Arguments& arguments, const std::string& flag,
                          const checkpoint::Classifier& model, const std::string& further = {});

}  // namespace fathom::cli
