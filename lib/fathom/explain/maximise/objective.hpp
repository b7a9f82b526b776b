/// Objectives: functions of one forward pass with one value per image. Objectives add and scale like numbers.
///
///   const Objective dog = class_logit({5});                             // every image: class 5
///   const Objective edges = channel_mean("conv2", {3}) + 0.5 * centre_unit("conv1", {0});
///   const Responses responses = responses_of(model, (dog + edges).stages());
///   edges(responses(images));                                           // float [N]
///
/// Targets are one per image of the batch, or a single one for all. A stage is named as in
/// `ImageModel::stages`; "logits" is the last.
/// Olah, Mordvintsev & Schubert, "Feature Visualization", Distill 2017.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace fathom::checkpoint {
class Classifier;
}

namespace fathom::explain {

/// Activations by stage, the first axis counting images; differentiable with respect to them.
using Response = std::map<std::string, torch::Tensor>;
/// Maps images, float [N, C, H, W] in [0, 1], to the activations of the stages it was made for.
using Responses = std::function<Response(const torch::Tensor&)>;

/// The stages of a classifier as a differentiable function. For "logits" alone, it runs the network with
/// folded batch norm, which is faster; otherwise it runs a copy, so that gradients and mode of the network do
/// not change. Throws InvalidArgument for an unknown stage (and suggests the closest), and for any stage
/// other than "logits" of a TorchScript file without a card.
Responses responses_of(const checkpoint::Classifier& model, const std::set<std::string>& stages);

/// Throws InvalidArgument if the model has no accessible stages.
void require_stages(const checkpoint::Classifier& model);

/// How many channels or units a stage has. Throws as responses_of.
std::int64_t channels_of(const checkpoint::Classifier& model, const std::string& stage);

class Objective {
 public:
  using Function = std::function<torch::Tensor(const Response&)>;

  /// `function` maps a response that holds `stages` to float [N].
  Objective(std::set<std::string> stages, Function function);

  /// Throws InvalidArgument if a stage is missing, or a target or channel is out of range.
  torch::Tensor operator()(const Response& response) const;
  const std::set<std::string>& stages() const { return stages_; }

 private:
  std::set<std::string> stages_;
  Function function_;
};

Objective operator+(const Objective& a, const Objective& b);
Objective operator*(double factor, const Objective& objective);

/// The logit of a class.
Objective class_logit(std::vector<std::int64_t> targets);
/// The log probability of a class. It also favours low logits of the other classes, and hardly grows once the
/// class is certain.
Objective class_log_probability(std::vector<std::int64_t> targets);
/// The logit of a class minus the mean of the others: what distinguishes this class.
Objective class_margin(std::vector<std::int64_t> targets);

/// A channel of a stage: the mean over positions or time steps; for a dense stage, the unit.
Objective channel_mean(const std::string& stage, std::vector<std::int64_t> channels);
/// The unit in the centre of a channel's map or time steps: row h / 2, column w / 2; for a dense stage, the
/// unit.
Objective centre_unit(const std::string& stage, std::vector<std::int64_t> channels);

/// Diversity within a group of images: the negative mean cosine similarity between their styles, in [-1, 1].
/// Each `group` consecutive images form a group. A convolutional stage's style is its Gram matrix (the
/// products of its channels, summed over places); of other stages it is the activations themselves. Throws
/// InvalidArgument for a group below 2, and if groups do not fill the batch.
Objective diversity(const std::string& stage, std::int64_t group);

}  // namespace fathom::explain
