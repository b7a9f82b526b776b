/// Question 23: does L2 regularisation help against a recurrent network's vanishing gradient?
///
/// A simple recurrent network is shown a digit and, after many steps of noise, asked for it. What the last
/// state knows of the first is measured by the size of the Jacobian between them. The recurrent weights are
/// penalised more and more.
#include "interview/material/question.hpp"
#include "interview/material/recurrent.hpp"

namespace fathom::interview::q23 {
namespace {

enum Purpose : std::uint64_t { training_sequences, test_sequences, weights, order, matrix };

constexpr std::int64_t kDigits = 4, kUnits = 24, kSteps = 30;
/// The loss at which training ends: beyond, states move into the flat ends of tanh.
constexpr double kLearned = 0.1;

/// float [N, kSteps, kDigits]: one of the digits in the first step, noise in all others; the label is the
/// digit.
Examples sequences(std::int64_t count, torch::Generator random) {
  const torch::Tensor digits = torch::randint(kDigits, {count}, random, torch::kLong);
  torch::Tensor x = 0.3 * torch::randn({count, kSteps, kDigits}, random);
  x.select(1, 0) = torch::one_hot(digits, kDigits);
  return {x, digits};
}

torch::Tensor orthogonal(torch::Generator random) {
  return std::get<0>(torch::linalg_qr(torch::randn({kUnits, kUnits}, std::move(random))));
}

/// Root mean square of the singular values of dh_T/dh_1 over sequences: 1 where a small change of the first
/// state comes through unchanged in size.
double jacobian_size(Recurrent& net, const torch::Tensor& inputs) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor states = net.states(inputs).to(torch::kDouble);  // [N, T, units]
  const torch::Tensor w = net.weight().to(torch::kDouble);
  torch::Tensor product = torch::eye(kUnits, torch::kDouble).expand({inputs.size(0), -1, -1});
  for (std::int64_t t = 1; t < kSteps; ++t) {
    const torch::Tensor slope = 1 - states.select(1, t).square();
    product = slope.unsqueeze(2) * w.matmul(product);
  }
  return std::sqrt(product.square().sum({1, 2}).mean().item<double>() / kUnits);
}

struct Outcome {
  double accuracy = 0;
  /// Of the Jacobian, median over the training: at its end, states may lie in the flat ends of tanh.
  double size = 0;
};

/// `lambda` |W|^2 is added to the loss.
Outcome trained(Recurrent net, double lambda, double rate, const Parts& data, const Setting& setting) {
  optim::FlatParameters parameters(net);
  optim::Optimizer optimizer(parameters, with_adam(rate));
  torch::Generator random = setting.random(order);
  std::vector<double> sizes;
  for (std::int64_t step = 0; step < setting.size(300, 180); ++step) {
    if (step % 15 == 0) sizes.push_back(jacobian_size(net, data.test.inputs.narrow(0, 0, 50)));
    const Examples batch = random_batch(data.training, 32, random);
    const torch::Tensor loss = torch::cross_entropy_loss(net.forward(batch.inputs), batch.labels);
    if (loss.item<double>() < kLearned) break;
    parameters.zero_grad();
    (loss + lambda * net.weight().square().sum()).backward();
    optim::clip_norm(parameters, 1);
    optimizer.step();
  }
  std::nth_element(sizes.begin(), sizes.begin() + std::ssize(sizes) / 2, sizes.end());
  return {accuracy(forward_of(net), data.test), sizes[sizes.size() / 2]};
}

/// A first W, of its own for each generator.
using Start = std::function<torch::Tensor(torch::Generator random)>;

torch::Tensor normal(torch::Generator random) {
  return torch::randn({kUnits, kUnits}, std::move(random)) / std::sqrt(static_cast<double>(kUnits));
}

/// At the better of two learning rates, the same for all. Now and then a network comes to rest where it takes
/// two digits for one; what has not learned gets another start.
Outcome learned(const Start& start, double lambda, const Parts& data, const Setting& setting) {
  Outcome best;
  for (std::uint64_t again = 0; again < 200 && best.accuracy < 0.9; again += 100) {
    const auto with_rate = [&](double rate) {
      const torch::Tensor w = start(setting.random(matrix + again));
      return trained(Recurrent(w, kDigits, kDigits, setting.random(weights + again)), lambda, rate, data,
                     setting);
    };
    const Outcome now = best_of({3e-3, 1e-2}, with_rate, &Outcome::accuracy);
    if (now.accuracy > best.accuracy) best = now;
  }
  return best;
}

/// Largest factor by which some power of a matrix stretches a vector; its eigenvalues are all 0.5.
double largest_stretch(torch::Generator random) {
  const torch::Tensor w =
      0.5 * torch::eye(kUnits) + torch::randn({kUnits, kUnits}, std::move(random)).triu(1);
  torch::Tensor power = torch::eye(kUnits);
  double largest = 1;
  for (std::int64_t t = 1; t < kSteps; ++t) {
    power = w.mm(power);
    largest = std::max(largest, torch::linalg_svdvals(power).max().item<double>());
  }
  return largest;
}

Trial run(const Setting& setting) {
  const Parts data{.training = sequences(1000, setting.random(training_sequences)),
                   .test = sequences(1000, setting.random(test_sequences))};
  const auto with = [&](double lambda) {
    return learned(normal, setting.without_cause ? 0 : lambda, data, setting);
  };
  std::vector<Outcome> outcomes;
  for (const double lambda : {0., 3e-2, 3e-1, 3.}) outcomes.push_back(with(lambda));
  const Outcome kept = learned(orthogonal, 0, data, setting);

  const Outcome& without = outcomes[0];
  std::vector<double> sizes, accuracies;
  double best_with = 0;
  for (const Outcome& each : outcomes) {
    if (!sizes.empty()) best_with = std::max(best_with, each.accuracy);
    sizes.push_back(each.size);
    accuracies.push_back(100 * each.accuracy);
  }
  return {.figures = {{"size", outcomes[3].size / without.size},
                      {"best penalty", best_with - without.accuracy},
                      {"largest penalty", outcomes[3].accuracy - without.accuracy},
                      {"stretch", largest_stretch(setting.random(matrix))},
                      {"orthogonal, size", kept.size},
                      {"orthogonal, recalled", kept.accuracy}},
          .series = {by_category("size", "dh_T/dh_1", sizes),
                     by_category("recalled", "random start", accuracies),
                     {"recalled", "orthogonal start", {0}, {100 * kept.accuracy}}}};
}

}  // namespace

Experiment l2_recurrent() {
  return {
      .question = "Does L2 regularisation help against a recurrent network's vanishing gradient?",
      .answer =
          "No. A penalty makes the weights smaller, and the gradient over many steps contains as many "
          "factors of them: it vanishes even faster. L2 helps against overfitting, and possibly against "
          "exploding gradients.",
      .method =
          "A recurrent network of 24 tanh units is shown one of four digits and must report it after 29 "
          "steps of noise. A penalty lambda |W|\u00b2 on its recurrent weights is raised from 0 to 3; each "
          "network learns at the better of two rates, with a second start if the first fails. The size of "
          "the Jacobian dh_T/dh_1 is measured during the training.",
      .claims =
          {{"size", on_every_seed(at_most("size of dh_T/dh_1, lambda 3 over lambda 0", 1e-3, Unit::times))},
           {"best penalty", on_every_seed(at_most("digits recalled, the best lambda above 0 minus lambda 0",
                                                  0.05, Unit::points))},
           {"largest penalty",
            on_every_seed(at_most("digits recalled, lambda 3 minus lambda 0", -0.2, Unit::points))},
           {"stretch",
            caveat("Eigenvalues below 1 do not make a gradient shrink immediately: the largest singular "
                   "value is the bound.",
                   geometric(at_least("a matrix with all eigenvalues 0.5: largest stretch by one of its "
                                      "powers",
                                      2, Unit::times)))}},
      .controls = {{"orthogonal, size",
                    geometric(at_least("orthogonal W at the start, no penalty: size of dh_T/dh_1", 0.01))},
                   {"orthogonal, recalled", at_least("the same: digits recalled", 0.9, Unit::percent)}},
      .charts = {{"size",
                  line_chart("Gradient through 29 steps", "lambda",
                             log_scale("size of the Jacobian dh_T/dh_1"), {}, {"0", "0.03", "0.3", "3"})},
                 {"recalled", bar_chart("Digits recalled after 29 steps", "lambda", "test accuracy, %",
                                        {"0", "0.03", "0.3", "3"}, {{"chance", 25}})}},
      .fine_print =
          "A small penalty may have no effect: a network that learns before its weights have shrunk keeps "
          "its gradient. The largest singular value of W bounds the gradient, not its spectral radius: a "
          "matrix whose eigenvalues are all 0.5 can stretch a vector many times before its powers decay. "
          "Weights near orthogonal keep the gradient, gates (LSTM) even more. And a network may remember "
          "with a vanished gradient: once its states are in the flat ends of tanh, the digit is kept and "
          "nothing is learned from it. Therefore the Jacobian is measured during the training and not after "
          "it.",
      .sources = {"Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks, 2013",
                  "Saxe, McClelland & Ganguli, Exact solutions to the nonlinear dynamics of learning in "
                  "deep linear neural networks, 2013"},
      .cause = "The penalty: lambda is 0 throughout.",
      .run = run};
}

}  // namespace fathom::interview::q23
