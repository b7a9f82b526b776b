#include "fathom/models/image_model.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/models/bilstm.hpp"
#include "fathom/models/cnn.hpp"
#include "fathom/models/mlp.hpp"

namespace fathom::models {
namespace {

std::shared_ptr<ImageModel> make(const Architecture& architecture) {
  if (const auto* mlp = std::get_if<MlpOptions>(&architecture)) return std::make_shared<MlpImpl>(*mlp);
  if (const auto* cnn = std::get_if<CnnOptions>(&architecture)) return std::make_shared<CnnImpl>(*cnn);
  return std::make_shared<BiLstmImpl>(std::get<BiLstmOptions>(architecture));
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

InferenceFunction ImageModel::inference() {
  return [logits = folded()](const torch::Tensor& images) {
    const c10::InferenceMode inference_mode;
    return logits(images);
  };
}

std::shared_ptr<ImageModel> build(const Architecture& architecture, torch::Generator generator) {
  validate(architecture);
  std::shared_ptr<ImageModel> network = make(architecture);
  const nn::Init init = std::visit([](const auto& o) { return o.init; }, architecture);
  nn::initialise(*network, init, std::move(generator));
  return network;
}

void copy_tensors(const torch::nn::Module& from, torch::nn::Module& to) {
  const torch::NoGradGuard no_grad;
  const auto parameters = from.named_parameters();
  for (auto& item : to.named_parameters()) item.value().copy_(parameters[item.key()]);
  const auto buffers = from.named_buffers();
  for (auto& item : to.named_buffers()) item.value().copy_(buffers[item.key()]);
}

std::shared_ptr<ImageModel> copy_of(const ImageModel& model) {
  std::shared_ptr<ImageModel> copy = make(model.architecture());
  copy_tensors(model, *copy);
  copy->eval();
  return copy;
}

}  // namespace fathom::models
