#include "training.hpp"

#include <algorithm>
#include <cmath>

#include "fathom/models/image_model.hpp"

namespace fathom::interview {

Samples drawn_samples(const data::ImageSet& set, std::int64_t count, torch::Generator random) {
  const torch::Tensor indices =
      torch::randperm(set.size(), std::move(random), torch::kLong).narrow(0, 0, count);
  return {data::to_unit_range(set.images.index_select(0, indices)), set.labels.index_select(0, indices)};
}

double fit(torch::nn::Module& module, const Network& network, const Samples& samples,
           const FitOptions& options, torch::Generator order, const AfterStep& after) {
  optim::FlatParameters parameters(module);
  optim::Optimizer optimizer(parameters, options.optimizer);
  const std::int64_t batch = std::min(options.batch_size, samples.size());
  torch::Tensor permutation;
  double loss = 0;
  for (std::int64_t step = 0, begin = samples.size(); step < options.steps; ++step, begin += batch) {
    if (begin + batch > samples.size()) {
      permutation = torch::randperm(samples.size(), order, torch::kLong);
      begin = 0;
    }
    const torch::Tensor chosen = permutation.narrow(0, begin, batch);
    const torch::Tensor mean_loss = torch::cross_entropy_loss(network(samples.inputs.index_select(0, chosen)),
                                                              samples.labels.index_select(0, chosen));
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

double fit(models::ImageModel& model, const Samples& samples, const FitOptions& options,
           torch::Generator order, const AfterStep& after) {
  model.train();
  return fit(
      model, [&](const torch::Tensor& x) { return model.forward(x); }, samples, options, std::move(order),
      after);
}

double accuracy(const Network& network, const Samples& samples) {
  const torch::NoGradGuard no_grad;
  constexpr std::int64_t at_once = 500;
  std::int64_t right = 0;
  for (std::int64_t begin = 0; begin < samples.size(); begin += at_once) {
    const std::int64_t count = std::min(at_once, samples.size() - begin);
    const torch::Tensor said = network(samples.inputs.narrow(0, begin, count)).argmax(1);
    right += (said == samples.labels.narrow(0, begin, count)).sum().item<std::int64_t>();
  }
  return static_cast<double>(right) / static_cast<double>(samples.size());
}

double accuracy(models::ImageModel& model, const Samples& samples) {
  const bool was_training = model.is_training();
  model.eval();
  const double share = accuracy([&](const torch::Tensor& x) { return model.forward(x); }, samples);
  model.train(was_training);
  return share;
}

Best best_of(const std::vector<double>& grid, const std::function<double(double value)>& measure) {
  Best best{grid.front(), -HUGE_VAL};
  for (const double value : grid)
    if (const double score = measure(value); score > best.score) best = {value, score};
  return best;
}

}  // namespace fathom::interview
