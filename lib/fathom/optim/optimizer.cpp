#include "fathom/optim/optimizer.hpp"

#include <torch/nn/module.h>
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/names.hpp"
#include "fathom/core/parallel.hpp"
#include "fathom/optim/adam_update.hpp"

namespace fathom::optim {
namespace {

constexpr Names<OptimizerKind, 3> kOptimizers = {
    {{OptimizerKind::sgd, "sgd"}, {OptimizerKind::adam, "adam"}, {OptimizerKind::adamw, "adamw"}}};

/// The part of `flat` that begins at `offset`, seen in the shape of `parameter`; filters [O, I, kh, kw] as
/// [O, kh, kw, I].
torch::Tensor view_like(const torch::Tensor& flat, const torch::Tensor& parameter, std::int64_t offset) {
  const torch::Tensor part = flat.narrow(0, offset, parameter.numel());
  if (parameter.dim() != 4) return part.view(parameter.sizes());
  return part.view({parameter.size(0), parameter.size(2), parameter.size(3), parameter.size(1)})
      .permute({0, 3, 1, 2});
}

/// Calls `update` on the range; on a CPU piece by piece, side by side: SGD's update is several passes over
/// the same vectors, of which all but the first then find their piece in the core's cache. No result depends
/// on the pieces. What a thread is told about gradients is its own affair, so that each is told.
template <typename Update>
void in_pieces(std::int64_t begin, std::int64_t end, bool on_cpu, const Update& update) {
  constexpr std::int64_t piece = 65536;
  if (!on_cpu) return update(begin, end);
  at::parallel_for(0, (end - begin + piece - 1) / piece, 1, [&](std::int64_t first, std::int64_t last) {
    const torch::NoGradGuard no_grad;
    for (std::int64_t i = first; i < last; ++i)
      update(begin + i * piece, std::min(begin + (i + 1) * piece, end));
  });
}

}  // namespace

FlatParameters::FlatParameters(torch::nn::Module& module) {
  std::vector<torch::Tensor> trained;
  for (const torch::Tensor& parameter : module.parameters())
    if (parameter.requires_grad()) trained.push_back(parameter);
  if (trained.empty()) throw InvalidArgument("the module has no parameters to train");

  std::stable_partition(trained.begin(), trained.end(), [](const torch::Tensor& p) { return p.dim() >= 2; });
  std::int64_t total = 0;
  for (const torch::Tensor& parameter : trained) {
    if (parameter.scalar_type() != torch::kFloat || parameter.device() != trained.front().device())
      throw InvalidArgument("the module's parameters must all be float32 and on one device");
    total += parameter.numel();
    if (parameter.dim() >= 2) decayed_ = total;
  }

  const torch::NoGradGuard no_grad;
  values_ = torch::empty({total}, trained.front().options().requires_grad(false));
  gradients_ = torch::zeros_like(values_);
  std::int64_t offset = 0;
  for (torch::Tensor& parameter : trained) {
    const torch::Tensor value = view_like(values_, parameter, offset);
    value.copy_(parameter);
    parameter.set_data(value);
    parameter.mutable_grad() = view_like(gradients_, parameter, offset);
    offset += parameter.numel();
  }
}

std::string to_string(OptimizerKind kind) { return name_of(kOptimizers, kind); }

OptimizerKind optimizer_from(const std::string& name) { return value_of(kOptimizers, "optimizer", name); }

OptimizerOptions usual(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::sgd:
      return {.kind = kind, .learning_rate = 0.1, .weight_decay = 5e-4};
    case OptimizerKind::adam:
      return {.kind = kind, .learning_rate = 2e-3};
    default:
      return {.kind = kind, .learning_rate = 2e-3, .weight_decay = 1e-2};
  }
}

void validate(const OptimizerOptions& o) {
  require_positive("the learning rate", o.learning_rate);
  require_share("momentum", o.momentum);
  require_share("beta1", o.beta1);
  require_share("beta2", o.beta2);
  require_positive("epsilon", o.epsilon);
  require_at_least("weight decay", o.weight_decay, 0);
}

Optimizer::Optimizer(FlatParameters& parameters, OptimizerOptions options)
    : parameters_(parameters), options_(options) {
  validate(options_);
  const bool adam = options_.kind != OptimizerKind::sgd;
  const int moments = adam ? 2 : options_.momentum > 0 ? 1 : 0;
  for (int i = 0; i < moments; ++i) moments_.push_back(torch::zeros_like(parameters_.values()));
}

void Optimizer::step() {
  const torch::NoGradGuard no_grad;
  ++steps_;
  const auto update = [&](std::int64_t begin, std::int64_t end, double decay) {
    in_pieces(begin, end, parameters_.values().is_cpu(), [&](std::int64_t first, std::int64_t last) {
      options_.kind == OptimizerKind::sgd ? update_sgd(first, last, decay) : update_adam(first, last, decay);
    });
  };
  update(0, parameters_.decayed(), options_.weight_decay);
  update(parameters_.decayed(), parameters_.values().numel(), 0);
}

// With g the gradient plus decay * w:  v = momentum * v + g;  w -= rate * (g + momentum * v).
void Optimizer::update_sgd(std::int64_t begin, std::int64_t end, double decay) {
  const double rate = options_.learning_rate, momentum = options_.momentum;
  torch::Tensor weights = parameters_.values().slice(0, begin, end);
  const torch::Tensor gradients = parameters_.gradients().slice(0, begin, end);
  torch::Tensor velocity;
  if (momentum > 0) {
    velocity = moments_[0].slice(0, begin, end);
    torch::add_out(velocity, gradients, velocity, momentum);
    if (decay > 0) velocity.add_(weights, decay);
  }
  if (decay > 0) weights.mul_(1 - rate * decay);
  weights.sub_(gradients, rate);
  if (momentum > 0) weights.sub_(velocity, rate * momentum);
}

// With m and v the running means of g and g^2, and the corrections c1 = 1 - beta1^t, c2 = 1 - beta2^t:
// w -= rate * (m / c1) / (sqrt(v / c2) + epsilon).
void Optimizer::update_adam(std::int64_t begin, std::int64_t end, double decay) {
  const double rate = options_.learning_rate, beta1 = options_.beta1, beta2 = options_.beta2;
  const double correction1 = 1 - std::pow(beta1, static_cast<double>(steps_));
  const double correction2 = std::sqrt(1 - std::pow(beta2, static_cast<double>(steps_)));
  const double corrected_rate = rate * correction2 / correction1, epsilon = options_.epsilon * correction2;
  const double l2 = options_.kind == OptimizerKind::adam ? decay : 0;
  const double keep = options_.kind == OptimizerKind::adamw ? 1 - rate * decay : 1;
  if (parameters_.values().is_cpu()) {
    const auto from = [begin](const torch::Tensor& flat) { return flat.data_ptr<float>() + begin; };
    const auto as_float = [](double x) { return static_cast<float>(x); };
    update_by_adam(from(parameters_.values()), from(moments_[0]), from(moments_[1]),
                   from(parameters_.gradients()), end - begin,
                   {.beta1 = as_float(beta1),
                    .rest1 = as_float(1 - beta1),
                    .beta2 = as_float(beta2),
                    .rest2 = as_float(1 - beta2),
                    .rate = as_float(corrected_rate),
                    .epsilon = as_float(epsilon),
                    .l2 = as_float(l2),
                    .keep = as_float(keep)});
    return;
  }
  torch::Tensor weights = parameters_.values().slice(0, begin, end);
  torch::Tensor gradients = parameters_.gradients().slice(0, begin, end);
  if (l2 > 0) gradients = gradients.add(weights, l2);
  if (keep < 1) weights.mul_(keep);
  const torch::Tensor mean = moments_[0].slice(0, begin, end).mul_(beta1).add_(gradients, 1 - beta1);
  const torch::Tensor square =
      moments_[1].slice(0, begin, end).mul_(beta2).addcmul_(gradients, gradients, 1 - beta2);
  weights.addcdiv_(mean, square.sqrt().add_(epsilon), -corrected_rate);
}

std::vector<torch::Tensor> Optimizer::moments() const {
  std::vector<torch::Tensor> copies;
  for (const torch::Tensor& moment : moments_) copies.push_back(moment.clone());
  return copies;
}

void Optimizer::restore(const std::vector<torch::Tensor>& moments, std::int64_t steps) {
  if (moments.size() != moments_.size())
    throw FormatError(fmt::format("the optimizer has {} moments, not {}", moments_.size(), moments.size()));
  if (steps < 0) throw FormatError(fmt::format("an optimizer cannot have made {} steps", steps));
  for (std::size_t i = 0; i < moments.size(); ++i)
    if (moments[i].sizes() != moments_[i].sizes() || moments[i].scalar_type() != moments_[i].scalar_type())
      throw FormatError(fmt::format("the optimizer's moments must be float32 of {} numbers, not {} of {}",
                                    moments_[i].numel(), c10::toString(moments[i].scalar_type()),
                                    moments[i].numel()));
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < moments.size(); ++i) moments_[i].copy_(moments[i]);
  steps_ = steps;
}

double clip_norm(FlatParameters& parameters, double limit) {
  torch::Tensor gradients = parameters.gradients();
  double norm = gradients.norm().item<double>();
  // The squares of gradients beyond 1e19 overflow float32, though they themselves do not.
  if (!std::isfinite(norm)) norm = gradients.to(torch::kDouble).norm().item<double>();
  if (std::isfinite(norm) && norm > limit) gradients.mul_(limit / norm);
  return norm;
}

void clip_value(FlatParameters& parameters, double limit) { parameters.gradients().clamp_(-limit, limit); }

}  // namespace fathom::optim
