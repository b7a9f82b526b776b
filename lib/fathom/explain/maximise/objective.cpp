#include "fathom/explain/maximise/objective.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/error.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::explain {
namespace {

constexpr const char* kLogits = "logits";

/// int64 [N, 1] from one target per image, or a single one for all of them.
torch::Tensor target_column(const std::vector<std::int64_t>& targets, const torch::Tensor& activations,
                            std::int64_t channels, const std::string& stage) {
  const std::int64_t images = activations.size(0);
  if (targets.size() != 1 && std::ssize(targets) != images)
    throw InvalidArgument(fmt::format("{} targets for {} images", targets.size(), images));
  for (const std::int64_t target : targets)
    if (target < 0 || target >= channels)
      throw InvalidArgument(
          fmt::format("no channel {} in stage '{}': it has 0 to {}", target, stage, channels - 1));
  return torch::tensor(targets).to(activations.device()).view({-1, 1}).expand({images, 1});
}

/// Channels first: [N, K, places], whatever the stage; recurrent ones [N, steps, K] keep their channels last.
torch::Tensor by_channel(const torch::Tensor& a) {
  if (a.dim() == 4) return a.flatten(2);
  if (a.dim() == 3) return a.transpose(1, 2);
  return a.unsqueeze(2);
}

/// Where the middle of [N, K, places] is.
std::int64_t centre_of(const torch::Tensor& a) {
  if (a.dim() == 4) return a.size(2) / 2 * a.size(3) + a.size(3) / 2;
  return a.dim() == 3 ? a.size(1) / 2 : 0;
}

/// float [N, K] to [N]: each image's own column.
torch::Tensor picked(const torch::Tensor& values, const std::vector<std::int64_t>& targets,
                     const std::string& stage) {
  return values.gather(1, target_column(targets, values, values.size(1), stage)).squeeze(1);
}

/// An objective on one stage's activations.
Objective on_stage(const std::string& stage, std::function<torch::Tensor(const torch::Tensor&)> function) {
  return {{stage}, [stage, function = std::move(function)](const Response& response) {
            return function(response.at(stage));
          }};
}

/// float [N, D], each of length 1.
torch::Tensor styles(const torch::Tensor& activations) {
  torch::Tensor style = activations.flatten(1);
  if (activations.dim() == 4) {
    const torch::Tensor a = activations.flatten(2);  // [N, K, places]
    style = a.bmm(a.transpose(1, 2)).flatten(1);     // [N, K K]
  }
  return style / style.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
}

void require_stages(const checkpoint::Classifier& model, const std::string& what) {
  if (!model.network())
    throw InvalidArgument(what +
                          " a network with known layers, but this model is a TorchScript program without a "
                          "fathom card; only its classes can be maximised");
}

}  // namespace

Responses responses_of(const checkpoint::Classifier& model, const std::set<std::string>& stages) {
  const auto other = std::find_if(stages.begin(), stages.end(), [](const auto& s) { return s != kLogits; });
  if (other == stages.end())
    return [model](const torch::Tensor& images) -> Response {
      return {{kLogits, model.differentiable_logits(images)}};
    };
  require_stages(model, fmt::format("stage '{}' needs", *other));
  const std::shared_ptr<models::ImageModel> network = models::copy_of(*model.network());
  network->to(model.device());
  for (torch::Tensor& parameter : network->parameters()) parameter.set_requires_grad(false);
  std::map<std::string, std::size_t> indices;
  std::size_t count = 0;
  for (const std::string& stage : stages) {
    indices[stage] = network->stage_index(stage);
    count = std::max(count, indices[stage] + 1);
  }
  return [network, indices, count, device = model.device()](const torch::Tensor& images) {
    const std::vector<torch::Tensor> activations = network->activations(images.to(device), count);
    Response response;
    for (const auto& [stage, index] : indices) response[stage] = activations[index].to(torch::kCPU);
    return response;
  };
}

void require_stages(const checkpoint::Classifier& model) { require_stages(model, "stages need"); }

std::int64_t channels_of(const checkpoint::Classifier& model, const std::string& stage) {
  const torch::NoGradGuard no_grad;
  const models::InputShape& in = model.input();
  const Response response = responses_of(model, {stage})(torch::zeros({1, in.channels, in.height, in.width}));
  return by_channel(response.at(stage)).size(1);
}

Objective::Objective(std::set<std::string> stages, Function function)
    : stages_(std::move(stages)), function_(std::move(function)) {}

torch::Tensor Objective::operator()(const Response& response) const {
  for (const std::string& stage : stages_)
    if (!response.contains(stage))
      throw InvalidArgument(fmt::format("the objective needs stage '{}', which the response lacks", stage));
  return function_(response);
}

Objective operator+(const Objective& a, const Objective& b) {
  std::set<std::string> stages = a.stages();
  stages.insert(b.stages().begin(), b.stages().end());
  return {std::move(stages), [a, b](const Response& response) { return a(response) + b(response); }};
}

Objective operator*(double factor, const Objective& objective) {
  return {objective.stages(),
          [factor, objective](const Response& response) { return factor * objective(response); }};
}

Objective class_logit(std::vector<std::int64_t> targets) {
  return on_stage(kLogits, [targets = std::move(targets)](const torch::Tensor& logits) {
    return picked(logits, targets, kLogits);
  });
}

Objective class_log_probability(std::vector<std::int64_t> targets) {
  return on_stage(kLogits, [targets = std::move(targets)](const torch::Tensor& logits) {
    return picked(torch::log_softmax(logits, 1), targets, kLogits);
  });
}

Objective class_margin(std::vector<std::int64_t> targets) {
  return on_stage(kLogits, [targets = std::move(targets)](const torch::Tensor& logits) {
    const torch::Tensor own = picked(logits, targets, kLogits);
    const auto others = static_cast<double>(std::max<std::int64_t>(1, logits.size(1) - 1));
    return own - (logits.sum(1) - own) / others;
  });
}

Objective channel_mean(const std::string& stage, std::vector<std::int64_t> channels) {
  return on_stage(stage, [stage, channels = std::move(channels)](const torch::Tensor& activations) {
    return picked(by_channel(activations).mean(2), channels, stage);
  });
}

Objective centre_unit(const std::string& stage, std::vector<std::int64_t> channels) {
  return on_stage(stage, [stage, channels = std::move(channels)](const torch::Tensor& activations) {
    return picked(by_channel(activations).select(2, centre_of(activations)), channels, stage);
  });
}

Objective diversity(const std::string& stage, std::int64_t group) {
  if (group < 2)
    throw InvalidArgument(fmt::format("a group of variants needs at least 2 images, not {}", group));
  return on_stage(stage, [group](const torch::Tensor& activations) {
    const std::int64_t images = activations.size(0);
    if (images % group != 0)
      throw InvalidArgument(fmt::format("{} images cannot be divided into groups of {}", images, group));
    const torch::Tensor style = styles(activations).view({images / group, group, -1});
    const torch::Tensor similarity = style.bmm(style.transpose(1, 2));  // [groups, group, group]
    // The diagonal is each image's similarity to itself, which is no business of the others.
    const torch::Tensor others = similarity.sum(2) - similarity.diagonal(0, 1, 2);
    return -(others / static_cast<double>(group - 1)).flatten();
  });
}

}  // namespace fathom::explain
