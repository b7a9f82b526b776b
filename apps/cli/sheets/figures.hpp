/// The figures that more than one program draws.
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

#include "cli/scene.hpp"
#include "fathom/checkpoint/classifier.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/explain/attribution/occlusion.hpp"

namespace fathom::cli {

/// The part of a picture that the model sees, at a readable size: small pictures grow by a whole factor with
/// their pixels kept visible, large ones shrink. The longer side is at most `side` pixels, the shorter one at
/// least 8, so that very narrow pictures are drawn wider than they are. It is inverted as the input is.
struct Display {
  torch::Tensor picture;            ///< uint8 [3, H, W]
  bool pixelated = false;           ///< whether the pixels are seen
  double scale_y = 1, scale_x = 1;  ///< from input pixels to the display's
};
Display display(const Scene& scene, std::int64_t side);

/// A picture of any size at one that can be looked at: small ones grow by a whole factor, their pixels
/// visible as squares, large ones shrink; the longer side is at most `side` pixels, the shorter one at
/// least 8.
torch::Tensor at_panel_size(const torch::Tensor& picture, std::int64_t side);

/// The scene's caption, with "(cropped)" or "(inverted)" if that was done to the picture that display()
/// shows.
std::string shown_caption(const Scene& scene);

std::string class_name(const checkpoint::Classifier& model, std::int64_t index);
/// "dog 98 %", for the class with this index.
std::string class_text(const checkpoint::Classifier& model, const Scene& scene, std::int64_t index);

/// "dog 98 %", "cat 2 %", ...: the three most probable classes, the most probable first, and behind them the
/// target if it is none of them.
std::vector<std::string> probable_classes(const checkpoint::Classifier& model, const Scene& scene);

/// "zero everywhere" or "0.25 everywhere" for a map whose values differ by no more than `tolerance`,
/// otherwise empty.
std::string constant_text(const torch::Tensor& map, double tolerance = 0);
/// The same of drops, whose tolerance is the rounding of the scores: these differ a little from batch to
/// batch.
std::string constant_text(const explain::OcclusionMap& map);

/// What the model saw: the input at its own size, or enlarged by a whole factor to half of the display beside
/// it, with its pixels visible; shrunk only if it is taller than the display. It stands at the foot of its
/// panel and has the size below it, "28x28" (width, height). Of inputs with other than one or three channels,
/// the first three are drawn as colours, or the first as grey.
draw::Panel input_panel(const Scene& scene, const Display& beside);

/// The input and settings of an occlusion sweep; figures and reports are made from it.
struct OcclusionScene : Scene {
  torch::Tensor baseline;  ///< float [C] or [C, h, w]
  std::string score_name;  ///< "logit" or "probability"
};

/// A patch and the effect of covering it on the target.
struct CoveredPart {
  Patch patch;
  double drop = 0;         ///< drop of the score
  double probability = 0;  ///< of the target, with the patch covered
};
/// What the part with the largest drop is: "strongest evidence for" the class, or, if covering any part
/// raises the score, "least evidence against"; "no effect" of a map of zeros.
std::string evidence_text(const explain::OcclusionMap& map);
/// What the part with the smallest drop is: "strongest evidence against" the class if covering it raises the
/// score, otherwise "least important"; "no effect" of a map of zeros.
std::string counter_evidence_text(const explain::OcclusionMap& map);
CoveredPart covered_part(const checkpoint::Classifier& model, const OcclusionScene& scene, Patch patch,
                         double drop);

/// Five panels: the picture with its most probable classes; the model's input; the heat map over it with its
/// colour bar; the picture with the strongest evidence for and against the target covered, each with the
/// target's probability. Of a map of zeros only the first three, without a colour bar.
torch::Tensor occlusion_figure(const checkpoint::Classifier& model, const OcclusionScene& scene,
                               const explain::OcclusionMap& map, const CoveredPart& most,
                               const CoveredPart& least);

/// The picture with its most probable classes, the model's input, then one heat map per class at one common
/// scale, whose colour bar is at the right. The predicted class is marked.
torch::Tensor all_targets_figure(const checkpoint::Classifier& model, const OcclusionScene& scene,
                                 const std::vector<explain::OcclusionMap>& maps);

}  // namespace fathom::cli
