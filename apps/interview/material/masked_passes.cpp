#include "interview/material/masked_passes.hpp"

#include "fathom/models/image_model.hpp"

namespace fathom::interview {

torch::Tensor evaluation_logits(models::ImageModel& net, const torch::Tensor& inputs) {
  const torch::NoGradGuard no_grad;
  net.eval();
  return net.forward(inputs).to(torch::kDouble);
}

torch::Tensor masked_logits(models::ImageModel& net, const torch::Tensor& inputs) {
  const torch::NoGradGuard no_grad;
  net.train();
  const torch::Tensor logits = net.forward(inputs).to(torch::kDouble);
  net.eval();
  return logits;
}

MaskedPasses::MaskedPasses(const torch::Tensor& evaluation_logits)
    : evaluation_(evaluation_logits),
      probabilities_(torch::zeros_like(evaluation_)),
      sum_(torch::zeros_like(evaluation_)),
      squares_(torch::zeros_like(evaluation_)) {}

void MaskedPasses::add(const torch::Tensor& masked_logits) {
  const torch::Tensor difference = masked_logits - evaluation_;
  sum_ += difference;
  squares_ += difference.square();
  probabilities_ += masked_logits.softmax(1);
  ++count_;
}

torch::Tensor MaskedPasses::standard_error() const {
  const auto n = static_cast<double>(count_);
  return ((squares_ / n - gap().square()).clamp_min(0) / (n - 1)).sqrt();
}

MaskedPasses masked_passes(models::ImageModel& net, const torch::Tensor& inputs, std::int64_t count) {
  MaskedPasses passes(evaluation_logits(net, inputs));
  for (std::int64_t i = 0; i < count; ++i) passes.add(masked_logits(net, inputs));
  return passes;
}

}  // namespace fathom::interview
