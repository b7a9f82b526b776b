#include "fathom/models/image_model.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include "fathom/core/error.hpp"
#include "fathom/nn/copy_tensors.hpp"

namespace fathom::models {
namespace {

std::shared_ptr<ImageModel> make(const Architecture& architecture) {
  return std::visit([](const auto& o) { return o.make(); }, architecture);
}

/// ReLU whose backward pass lets through only what is positive on both sides.
class GuidedRelu : public torch::autograd::Function<GuidedRelu> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x) {
    torch::Tensor y = torch::relu(x);
    context->save_for_backward({y});
    return y;
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               const torch::autograd::tensor_list& gradients) {
    return {gradients[0].clamp_min(0) * (context->get_saved_variables()[0] > 0)};
  }
};

}  // namespace

ImageModel::ImageModel(const InputShape& input) {
  mean_ = register_buffer("mean", torch::zeros({input.channels, 1, 1}));
  std_ = register_buffer("std", torch::ones({input.channels, 1, 1}));
}

torch::Tensor ImageModel::forward(const torch::Tensor& images) {
  return pass(images, [](const torch::Tensor&) { return false; });
}

torch::Tensor ImageModel::forward_to(const torch::Tensor& images, const std::string& stage) {
  return after(images, stage_index(stage) + 1);
}

std::vector<std::string> ImageModel::numbered_stages(const std::string& name, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= count; ++i) names.push_back(fmt::format("{}{}", name, i));
  names.emplace_back("logits");
  return names;
}

torch::Tensor ImageModel::after(const torch::Tensor& images, std::size_t count) {
  return pass(images, [&](const torch::Tensor&) { return --count == 0; });
}

std::vector<torch::Tensor> ImageModel::activations(const torch::Tensor& images, std::size_t count) {
  std::vector<torch::Tensor> kept;
  const torch::Tensor last = pass(images, [&](const torch::Tensor& x) {
    kept.push_back(x);
    return kept.size() == count;
  });
  if (kept.size() < count) kept.push_back(last);
  return kept;
}

void ImageModel::set_normalisation(const std::vector<float>& mean, const std::vector<float>& std) {
  const auto channels = static_cast<std::size_t>(mean_.size(0));
  if (mean.size() != channels || std.size() != channels)
    throw InvalidArgument(
        fmt::format("the network has {} channels, but the normalisation has {} means and {} deviations",
                    channels, mean.size(), std.size()));
  mean_.copy_(torch::tensor(mean).view({-1, 1, 1}));
  std_.copy_(torch::tensor(std).view({-1, 1, 1}));
}

torch::Tensor ImageModel::normalised(const torch::Tensor& images, at::MemoryFormat order) const {
  // A clone, because contiguous() leaves a one-channel picture in its old strides, which convolutions then
  // follow.
  return images.clone(order).sub_(mean_).div_(std_);
}

torch::Tensor ImageModel::dropout_mask(const torch::Tensor& x, double p) {
  const torch::NoGradGuard no_grad;
  if (!dropout_generator_.defined()) return torch::empty_like(x).bernoulli_(1 - p).div_(1 - p);
  // A generator that is passed in lives on the CPU: the mask is drawn there, the same for every device.
  torch::Tensor mask = torch::empty_like(x, x.options().device(torch::kCPU));
  return mask.bernoulli_(1 - p, dropout_generator_).div_(1 - p).to(x.device());
}

torch::Tensor ImageModel::drop(const torch::Tensor& x, double p) {
  return is_training() && p > 0 ? x * dropout_mask(x, p) : x;
}

std::size_t ImageModel::stage_index(const std::string& stage) const {
  const std::vector<std::string> names = stages();
  const auto found = std::find(names.begin(), names.end(), stage);
  if (found == names.end()) throw InvalidArgument("no stage '" + stage + "'" + suggestion(stage, names));
  return static_cast<std::size_t>(found - names.begin());
}

torch::Tensor ImageModel::activated(const torch::Tensor& x, nn::Activation activation) const {
  if (activation == nn::Activation::relu && relu_gradient_ == ReluGradient::guided)
    return GuidedRelu::apply(x);
  return nn::activate(x, activation);
}

LogitsFunction ImageModel::inference() {
  return [logits = folded()](const torch::Tensor& images) {
    const c10::InferenceMode inference_mode;
    return logits(images);
  };
}

std::shared_ptr<ImageModel> build(const Architecture& architecture, torch::Generator generator) {
  validate(architecture);
  std::shared_ptr<ImageModel> network = make(architecture);
  nn::initialise(*network, init_of(architecture), std::move(generator));
  return network;
}

std::shared_ptr<ImageModel> copy_of(const ImageModel& model) {
  std::shared_ptr<ImageModel> copy = make(model.architecture());
  nn::copy_tensors(model, *copy);
  copy->eval();
  return copy;
}

}  // namespace fathom::models
