#include "fathom/gan/generator.hpp"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include <vector>

#include <fmt/format.h>

#include "fathom/nn/copy_tensors.hpp"
#include "fathom/nn/initialisation.hpp"
#include "fathom/nn/normed_activation.hpp"
#include "fathom/nn/upsampling.hpp"

namespace fathom::gan {
namespace {

/// Batch norm whose gain and shift depend on the class (de Vries et al. 2017), but without classes on
/// nothing.
class ConditionalBatchNorm : public torch::nn::Module {
 public:
  ConditionalBatchNorm(std::int64_t channels, std::int64_t classes) {
    norm_ = register_module("norm", torch::nn::BatchNorm2d(channels));
    if (classes == 0) return;
    gain_ = register_module("gain", torch::nn::Embedding(classes, channels));
    shift_ = register_module("shift", torch::nn::Embedding(classes, channels));
  }

  /// With a ReLU behind it.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& labels) {
    if (!gain_) return nn::normed_activation(*norm_, x, /*slope=*/0);
    const torch::Tensor gain = 1 + gain_->forward(labels);
    return nn::normed_activation(*norm_, x, /*slope=*/0, /*groups=*/1,
                                 {norm_->weight * gain, norm_->bias * gain + shift_->forward(labels)});
  }

 private:
  torch::nn::BatchNorm2d norm_{nullptr};
  torch::nn::Embedding gain_{nullptr}, shift_{nullptr};
};

class DcganGenerator : public Generator {
 public:
  explicit DcganGenerator(const DcganOptions& o) : Generator(o), options_(o) {
    const std::size_t stages = o.widths.size();
    height_ = o.image.height >> stages;
    width_ = o.image.width >> stages;
    const std::int64_t deepest = o.widths.back();
    // Batch norm brings a shift of its own, so what lies before it needs none. The gradient to a weight that
    // lies this way takes 0.23 ms for 64 samples, 0.39 the other.
    dense_ = register_parameter("dense_weight", torch::zeros({o.latent, deepest * height_ * width_}));
    if (o.classes > 0)
      embedding_ = register_module("embedding", torch::nn::Embedding(o.classes, deepest * height_ * width_));
    for (std::size_t i = stages; i-- > 0;) {
      const std::int64_t in = o.widths[i], out = i > 0 ? o.widths[i - 1] : o.image.channels;
      const std::size_t number = stages - i;
      norms_.push_back(register_module(fmt::format("norm{}", number),
                                       std::make_shared<ConditionalBatchNorm>(in, o.classes)));
      filters_.push_back(
          register_parameter(fmt::format("up{}_weight", number), torch::zeros({in, out, 4, 4})));
    }
    bias_ = register_parameter("bias", torch::zeros({o.image.channels}));
  }

  torch::Tensor forward(const torch::Tensor& latent, const torch::Tensor& labels) override {
    torch::Tensor x = torch::mm(latent, dense_);
    if (options_.classes > 0) x = x + embedding_->forward(labels);
    // The dense layer's values lie channels-last, so that no copy is needed: [N, h, w, C] seen as [N, C, h,
    // w].
    x = x.view({-1, height_, width_, options_.widths.back()}).permute({0, 3, 1, 2});
    for (std::size_t i = 0; i < filters_.size(); ++i)
      x = nn::upsampling_convolution(norms_[i]->forward(x, labels), filters_[i]);
    return torch::sigmoid((x + bias_.view({-1, 1, 1})) * 2);  // (1 + tanh) / 2
  }

 private:
  DcganOptions options_;
  std::int64_t height_ = 0, width_ = 0;  // of the innermost maps
  torch::Tensor dense_;
  torch::nn::Embedding embedding_{nullptr};
  std::vector<std::shared_ptr<ConditionalBatchNorm>> norms_;
  std::vector<torch::Tensor> filters_;
  torch::Tensor bias_;
};

class PointGenerator : public Generator {
 public:
  explicit PointGenerator(const PointGanOptions& o) : Generator(o) {
    hidden1_ = register_module("hidden1", torch::nn::Linear(o.latent, o.hidden));
    hidden2_ = register_module("hidden2", torch::nn::Linear(o.hidden, o.hidden));
    out_ = register_module("out", torch::nn::Linear(o.hidden, 2));
  }

  torch::Tensor forward(const torch::Tensor& latent, const torch::Tensor& /*labels*/) override {
    return out_->forward(torch::relu(hidden2_->forward(torch::relu(hidden1_->forward(latent)))));
  }

 private:
  torch::nn::Linear hidden1_{nullptr}, hidden2_{nullptr}, out_{nullptr};
};

std::shared_ptr<Generator> made(const GanArchitecture& architecture) {
  validate(architecture);
  if (const auto* const images = std::get_if<DcganOptions>(&architecture))
    return std::make_shared<DcganGenerator>(*images);
  return std::make_shared<PointGenerator>(std::get<PointGanOptions>(architecture));
}

}  // namespace

std::shared_ptr<Generator> build_generator(const GanArchitecture& architecture, torch::Generator random) {
  std::shared_ptr<Generator> generator = made(architecture);
  initialise_gan(*generator, architecture, std::move(random));
  return generator;
}

void initialise_gan(torch::nn::Module& module, const GanArchitecture& architecture, torch::Generator random) {
  nn::initialise(module, nn::Init::he, random);
  if (std::holds_alternative<PointGanOptions>(architecture)) return;
  const torch::NoGradGuard no_grad;
  for (const auto& item : module.named_parameters()) {
    torch::Tensor parameter = item.value();
    const bool bias = item.key().find("bias") != std::string::npos;
    if (!bias) parameter.normal_(parameter.dim() < 2 ? 1 : 0, 0.02, random);
  }
}

std::shared_ptr<Generator> copy_of(const Generator& generator) {
  std::shared_ptr<Generator> copy = made(generator.architecture());
  nn::copy_tensors(generator, *copy);
  copy->eval();
  return copy;
}

}  // namespace fathom::gan
