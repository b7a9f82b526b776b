/// What to maximise: a function of one forward pass, a number per image. Objectives add and scale like
/// numbers.
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
/// float [N, C, H, W] in [0, 1] to the activations of the stages it was made for.
using Responses = std::function<Response(const torch::Tensor&)>;

/// The stages of a classifier as a differentiable function. Where only "logits" are asked for it runs the
/// network with batch norm folded, which is faster; otherwise a copy of it, so that its gradients and mode
/// are left alone. Throws InvalidArgument for a stage that there is not (the closest is suggested), and for
/// any other than "logits" of a TorchScript program of other origin.
Responses responses_of(const checkpoint::Classifier& model, const std::set<std::string>& stages);

/// Throws InvalidArgument unless the model shows its stages.
void require_stages(const checkpoint::Classifier& model);

/// How many channels or units a stage has. Throws as responses_of.
std::int64_t channels_of(const checkpoint::Classifier& model, const std::string& stage);

class Objective {
 public:
  using Function = std::function<torch::Tensor(const Response&)>;

  /// `function` maps a response that holds `stages` to float [N].
  Objective(std::set<std::string> stages, Function function);

  /// Throws InvalidArgument where a stage is missing, or a target or channel is out of range.
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
/// The logarithm of its probability, which also asks for low logits of the others and hardly grows once the
/// class is certain.
Objective class_log_probability(std::vector<std::int64_t> targets);
/// Its logit minus the mean of the others': what makes this class and no other.
Objective class_margin(std::vector<std::int64_t> targets);

/// A stage's channel: the mean over places or steps; of a dense stage the unit.
Objective channel_mean(const std::string& stage, std::vector<std::int64_t> channels);
/// The channel's unit in the middle of the map, or of the steps: row h / 2, column w / 2; of a dense stage
/// the unit.
Objective centre_unit(const std::string& stage, std::vector<std::int64_t> channels);

/// How unlike each image is to the others of its group: the negative mean of the cosine similarities between
/// their styles, in [-1, 1]. Each `group` consecutive images form a group. A convolutional stage's style is
/// its Gram matrix (the products of its channels, summed over places); of other stages it is the activations
/// themselves. Throws InvalidArgument for a group below 2, and where groups do not fill the batch.
Objective diversity(const std::string& stage, std::int64_t group);

}  // namespace fathom::explain
