#include "interview/material/training.hpp"

#include <algorithm>
#include <cmath>

#include "fathom/models/image_model.hpp"

namespace fathom::interview {

Examples drawn_examples(const data::ImageSet& set, std::int64_t count, torch::Generator random) {
  const torch::Tensor indices =
      torch::randperm(set.size(), std::move(random), torch::kLong).narrow(0, 0, count);
  return {data::to_unit_range(set.images.index_select(0, indices)), set.labels.index_select(0, indices)};
}

Examples random_batch(const Examples& examples, std::int64_t count, torch::Generator random) {
  return examples.at(torch::randint(examples.size(), {count}, std::move(random), torch::kLong));
}

Normalisation normalisation_of(const Examples& examples) {
  return {examples.inputs.mean().item<float>(), examples.inputs.std().item<float>()};
}

models::MlpOptions plain_mlp(models::InputShape input, std::vector<std::int64_t> hidden,
                             const PlainOptions& options) {
  return {.input = input,
          .classes = options.classes,
          .hidden = std::move(hidden),
          .dropout = 0,
          .batch_norm = false,
          .activation = options.activation,
          .init = options.init};
}

Model built(const models::Architecture& architecture, const Normalisation& inputs, torch::Generator random) {
  Model net = models::build(architecture, std::move(random));
  net->set_normalisation({inputs.mean}, {inputs.deviation});
  return net;
}

optim::OptimizerOptions with_adam(double rate) {
  return {.kind = optim::OptimizerKind::adam, .learning_rate = rate};
}

optim::OptimizerOptions with_plain_sgd(double rate) {
  return {.kind = optim::OptimizerKind::sgd, .learning_rate = rate, .momentum = 0};
}

bool is_of_head(const std::string& name) { return name.rfind("head", 0) == 0; }

void freeze(torch::nn::Module& module, const std::function<bool(const std::string& name)>& which) {
  for (auto& parameter : module.named_parameters())
    if (which(parameter.key())) parameter.value().set_requires_grad(false);
}

void set_to_zero(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : module.parameters()) parameter.zero_();
}

double fit(torch::nn::Module& module, const Network& network, const Examples& examples,
           const FitOptions& options, torch::Generator order, const AfterStep& after) {
  optim::FlatParameters parameters(module);
  optim::Optimizer optimizer(parameters, options.optimizer);
  const std::int64_t batch = std::min(options.batch_size, examples.size());
  torch::Tensor permutation;
  double loss = 0;
  for (std::int64_t step = 0, begin = examples.size(); step < options.steps; ++step, begin += batch) {
    if (begin + batch > examples.size()) {
      permutation = torch::randperm(examples.size(), order, torch::kLong);
      begin = 0;
    }
    const Examples chosen = examples.at(permutation.narrow(0, begin, batch));
    const torch::Tensor mean_loss = torch::cross_entropy_loss(network(chosen.inputs), chosen.labels);
    loss = mean_loss.item<double>();
    if (!std::isfinite(loss)) break;
    if (options.annealed)
      optimizer.set_learning_rate(options.optimizer.learning_rate *
                                  (1 - static_cast<double>(step) / static_cast<double>(options.steps)));
    parameters.zero_grad();
    mean_loss.backward();
    optimizer.step();
    if (after && !after(step + 1, loss)) break;
  }
  return loss;
}

double fit(models::ImageModel& model, const Examples& examples, const FitOptions& options,
           torch::Generator order, const AfterStep& after) {
  model.train();
  return fit(model, forward_of(model), examples, options, std::move(order), after);
}

torch::Tensor next_order(Order order, const torch::Tensor& last, const torch::Tensor& labels,
                         torch::Generator random) {
  if (last.defined() && order != Order::shuffled_each_pass) return last;
  switch (order) {
    case Order::as_drawn:
      return torch::arange(labels.size(0), torch::kLong);
    case Order::sorted_by_label:
      return std::get<1>(labels.sort(/*stable=*/true, /*dim=*/0, /*descending=*/false));
    default:
      return torch::randperm(labels.size(0), std::move(random), torch::kLong);
  }
}

double share(const torch::Tensor& mask) { return mask.to(torch::kDouble).mean().item<double>(); }

double accuracy(const Network& network, const Examples& examples) {
  const torch::NoGradGuard no_grad;
  constexpr std::int64_t at_once = 500;
  std::int64_t right = 0;
  for (std::int64_t begin = 0; begin < examples.size(); begin += at_once) {
    const std::int64_t count = std::min(at_once, examples.size() - begin);
    const torch::Tensor said = network(examples.inputs.narrow(0, begin, count)).argmax(1);
    right += (said == examples.labels.narrow(0, begin, count)).sum().item<std::int64_t>();
  }
  return static_cast<double>(right) / static_cast<double>(examples.size());
}

double accuracy(models::ImageModel& model, const Examples& examples) {
  const bool was_training = model.is_training();
  model.eval();
  const double share = accuracy(forward_of(model), examples);
  model.train(was_training);
  return share;
}

Learned best_on_validation(const std::vector<double>& rates, const std::function<Model(double rate)>& make,
                           const Parts& parts) {
  const Model net = best_on_validation(rates, make, parts.validation);
  return {net, accuracy(*net, parts.test)};
}

Model best_on_validation(const std::vector<double>& rates, const std::function<Model(double rate)>& make,
                         const Examples& validation) {
  const auto at_rate = [&](double rate) {
    const Model net = make(rate);
    return Learned{net, accuracy(*net, validation)};
  };
  return best_of(rates, at_rate, &Learned::accuracy).net;
}

}  // namespace fathom::interview
