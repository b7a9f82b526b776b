/// Question 8: batch, mini-batch, stochastic: what is the trade?
///
/// How far is the gradient of B pictures from that of all? How many pictures must a network see, in how many
/// steps and how much time, until it names clothes rightly, if it steps after every picture, after 64, or
/// after all of them? How much memory does one step need? And last, what makes the path noisy: the batch
/// size, or the rate?
#include <torch/csrc/autograd/autograd.h>

#include "interview/material/costs.hpp"
#include "interview/material/question.hpp"

namespace fathom::interview::q08 {
namespace {

/// Where there are several of a kind, each adds its number.
enum Purpose : std::uint64_t {
  training_pictures,
  test_pictures,
  batches,
  weights = 100,
  order = 200,
  paths = 300
};

Parts drawn(const Setting& setting) {
  return {.training = small_clothes(setting, data::Split::train, setting.size(8192, 2048), training_pictures),
          .test = small_clothes(setting, data::Split::test, setting.size(1000, 500), test_pictures)};
}

Model network(const Setting& setting, std::uint64_t start = 0) {
  return built(plain_mlp({1, kHalfSide, kHalfSide}, {32}), {0.286F, 0.353F}, setting.random(weights + start));
}

/// Gradients of the loss on the chosen samples, with respect to all weights and biases.
std::vector<torch::Tensor> gradients(models::ImageModel& net, const Examples& examples,
                                     const torch::Tensor& chosen) {
  const torch::Tensor loss = torch::cross_entropy_loss(net.forward(examples.inputs.index_select(0, chosen)),
                                                       examples.labels.index_select(0, chosen));
  return torch::autograd::grad({loss}, net.parameters());
}

torch::Tensor one_vector(const std::vector<torch::Tensor>& parts) {
  std::vector<torch::Tensor> flat;
  for (const torch::Tensor& part : parts) flat.push_back(part.detach().flatten());
  return torch::cat(flat);
}

/// The mean squared distance between the gradient of a batch of `size` different samples and that of all.
double gradient_variance(models::ImageModel& net, const Examples& examples, std::int64_t size,
                         torch::Generator random, const Setting& setting) {
  const std::int64_t draws =
      std::clamp<std::int64_t>(setting.size(32768, 16384) / size, 4, setting.size(400, 200));
  const torch::Tensor of_all = one_vector(gradients(net, examples, torch::arange(examples.size())));
  double sum = 0;
  for (std::int64_t draw = 0; draw < draws; ++draw) {
    torch::Tensor chosen = torch::randperm(examples.size(), random, torch::kLong).narrow(0, 0, size);
    if (setting.without_cause) chosen = chosen[0].repeat({size});
    sum += (one_vector(gradients(net, examples, chosen)) - of_all).square().sum().item<double>();
  }
  return sum / static_cast<double>(draws);
}

/// Slope of the straight line through the points by least squares.
double slope(const std::vector<double>& x, const std::vector<double>& y) {
  const torch::Tensor a = torch::tensor(x, torch::kDouble), b = torch::tensor(y, torch::kDouble);
  const torch::Tensor from_middle = a - a.mean();
  return (from_middle.dot(b) / from_middle.square().sum()).item<double>();
}

/// Bytes that one step needs beside the weights: the batch, what the layers keep of it for the way back, and
/// gradients.
double step_memory(models::ImageModel& net, const Examples& examples, std::int64_t size) {
  const torch::Tensor chosen = torch::arange(size);
  return static_cast<double>(peak_memory([&] { gradients(net, examples, chosen); }));
}

constexpr double kTarget = 0.7;  // test accuracy
/// In an order in which one soon reaches the target, so that the others need not go on for longer.
constexpr std::array<double, 6> kRates = {0.01, 0.1, 0.3, 0.03, 1, 0.003};

/// Stochastic, mini-batch and batch gradient descent.
struct Arm {
  const char* name;
  std::int64_t size;     ///< of a batch
  std::int64_t longest;  ///< steps after which one that is not at the target is taken to be there
};

FitOptions plain_descent(std::int64_t size, double rate, std::int64_t steps) {
  return {steps, size, with_plain_sgd(rate)};
}

/// Tells `go_on` the test accuracy, until it says that this is enough: after every step at first, and
/// then whenever their count has grown by a sixth.
void descend(const Parts& data, const Arm& arm, double rate, std::int64_t steps, std::uint64_t start,
             const Setting& setting, const std::function<bool(std::int64_t step, double accuracy)>& go_on) {
  const Model net = network(setting, start);
  std::int64_t next = std::max<std::int64_t>(1, 64 / arm.size);
  fit(*net, data.training, plain_descent(arm.size, rate, steps), setting.random(order + start),
      [&](std::int64_t step, double) {
        if (step < next) return true;
        next = std::max(next + 1, next * 7 / 6);
        return go_on(step, accuracy(*net, data.test));
      });
}

struct Arrival {
  double rate = kRates.front();
  std::int64_t steps = 0;
};

/// At the best rate of a grid that all arms share: with the fewest steps to the target.
Arrival fastest(const Parts& data, const Arm& arm, std::uint64_t start, const Setting& setting) {
  Arrival best{.steps = arm.longest};
  for (const double rate : kRates)
    descend(data, arm, rate, best.steps, start, setting, [&](std::int64_t step, double share) {
      if (share < kTarget) return true;
      if (step < best.steps) best = {rate, step};
      return false;
    });
  return best;
}

/// The geometric mean over several starts.
double mean_steps(const std::vector<Arrival>& arrivals) {
  double sum = 0;
  for (const Arrival& arrival : arrivals) sum += std::log(static_cast<double>(arrival.steps));
  return std::exp(sum / static_cast<double>(arrivals.size()));
}

/// The test accuracy on the whole way at that rate.
TrialSeries way(const Parts& data, const Arm& arm, double rate, const Setting& setting) {
  TrialSeries curve{"accuracy", arm.name};
  descend(data, arm, rate, arm.longest, 0, setting, [&](std::int64_t step, double share) {
    curve.add(step * arm.size, 100 * share);
    return true;
  });
  return curve;
}

/// Seconds of the training to the target, without the tests on the way; the shortest of three measurements.
double seconds(const Parts& data, const Arm& arm, const Arrival& arrival, const Setting& setting) {
  double shortest = HUGE_VAL;
  for (int i = 0; i < 3; ++i) {
    const Model net = network(setting);
    const auto training = [&] {
      fit(*net, data.training, plain_descent(arm.size, arrival.rate, arrival.steps), setting.random(order));
    };
    shortest = std::min(shortest, processor_seconds(training));
  }
  return shortest;
}

/// How far runs from the same weights get from each other: the mean squared distance of their weights to
/// their mean. Their samples are drawn with replacement, so that every batch is independent of the others.
double spread(const Examples& examples, std::int64_t size, double rate, std::int64_t steps,
              const Setting& setting) {
  constexpr std::uint64_t runs = 8;
  std::vector<torch::Tensor> ends;
  for (std::uint64_t run = 0; run < runs; ++run) {
    const torch::Generator random = setting.random(paths + run);
    const Examples chosen = random_batch(examples, size * steps, random);
    const Model net = network(setting);
    fit(*net, chosen, plain_descent(size, rate, steps), random);
    ends.push_back(one_vector(net->parameters()));
  }
  return torch::stack(ends).var(0).sum().item<double>();
}

Trial run(const Setting& setting) {
  const Parts data = drawn(setting);
  const std::int64_t all = data.training.size();

  const Model net = network(setting);
  const torch::Generator random = setting.random(batches);
  std::vector<double> log_sizes, log_variances;  // of batches that are small beside the whole
  TrialSeries variances{"variance", "measured"}, by_theory{"variance", "as 1 / B"};
  TrialSeries memory{"memory", "one step"};
  for (std::int64_t size = 1; size < all; size *= 2) {
    const auto x = static_cast<double>(size);
    variances.add(x, gradient_variance(*net, data.training, size, random, setting));
    by_theory.add(x, variances.y.front() / x);
    memory.add(x, step_memory(*net, data.training, size) / 1024);
    if (size > 64) continue;
    log_sizes.push_back(std::log(x));
    log_variances.push_back(std::log(variances.y.back()));
  }
  const double variance_of_all = gradient_variance(*net, data.training, all, random, setting);
  const auto bytes = [&](std::int64_t size) { return step_memory(*net, data.training, size); };

  const std::array<Arm, 3> arms = {{{"B = 1", 1, 4096}, {"B = 64", 64, 512}, {"all in one", all, 100}}};
  std::array<std::vector<Arrival>, 3> arrivals;
  TrialSeries seen{"target", "pictures seen"}, steps{"target", "steps"};
  for (std::size_t i = 0; i < arms.size(); ++i) {
    for (std::int64_t start = 0; start < setting.size(4, 2); ++start)
      arrivals[i].push_back(fastest(data, arms[i], static_cast<std::uint64_t>(start), setting));
    steps.add(i, mean_steps(arrivals[i]));
    seen.add(i, steps.y.back() * static_cast<double>(arms[i].size));
  }
  // Seconds differ from run to run, but the same seed has to give the same results: so only what is clear
  // about them becomes one.
  const bool twice_as_fast =
      2 * seconds(data, arms[1], arrivals[1][0], setting) <= seconds(data, arms[0], arrivals[0][0], setting);

  const double small = spread(data.training, 8, 0.01, 64, setting);
  const double large = spread(data.training, 64, 0.01, 64, setting);
  const double large_and_fast = spread(data.training, 64, 0.08, 8, setting);

  Trial trial{.figures = {{"variance", slope(log_sizes, log_variances)},
                          {"pictures seen", seen.y[2] / seen.y[1]},
                          {"steps", steps.y[0] / steps.y[1]},
                          {"seconds", twice_as_fast ? 1.0 : 0.0},
                          {"memory of 64", bytes(64) / bytes(1)},
                          {"memory of all", bytes(all) / bytes(64)},
                          {"spread by rate", large_and_fast / small},
                          {"spread by size", small / large},
                          {"variance of all", variance_of_all / variances.y.front()}},
              .series = {variances, by_theory}};
  for (std::size_t i = 0; i < arms.size(); ++i)
    trial.series.push_back(way(data, arms[i], arrivals[i][0].rate, setting));
  trial.series.insert(trial.series.end(),
                      {seen, steps, memory, by_category("spread", "spread", {small, large_and_fast, large})});
  return trial;
}

}  // namespace

Experiment batch_size() {
  return {
      .question = "Batch, mini-batch or stochastic gradient descent: what is the trade-off?",
      .answer =
          "Batch gradient descent uses the gradient of all samples: exact, but every step costs a pass over "
          "the data and the memory for it. Stochastic gradient descent makes a step after every sample: "
          "cheap steps along a noisy gradient, one after another, with nothing to compute in parallel. "
          "Mini-batches are in between: the variance falls as 1 / B, and the hardware is busy.",
      .method =
          "Pictures of Fashion-MNIST (8192, in a quick run 2048, pooled to 14 x 14) and a network with 32 "
          "hidden units. The gradient of B pictures, drawn without replacement, is compared with that of "
          "all, before training. Then plain gradient descent runs to a test accuracy of 70 %, with 1, 64 "
          "and all pictures in a batch, each at the best of six rates from 0.003 to 1, from several starts. "
          "LibTorch's count of allocated bytes gives the memory of one step. Finally, eight runs from the "
          "same weights, with different random pictures, show how far noise drives them apart.",
      .claims =
          {{"variance",
            between("slope of the gradient's log variance over log B, for B from 1 to 64", -1.1, -0.9)},
           {"pictures seen",
            geometric(at_least("pictures seen until the target, all in one batch / B = 64", 2, Unit::times))},
           {"steps", geometric(at_least("steps until the target, B = 1 / B = 64", 2, Unit::times))},
           {"seconds",
            on_every_seed(at_least(
                "B = 64 reaches the target in at most half the seconds of B = 1 (1: yes, 0: no)", 1))},
           {"memory of 64", geometric(at_least("memory of a step, B = 64 / B = 1", 2, Unit::times))},
           {"memory of all",
            geometric(at_least("memory of a step, all in one batch / B = 64", 8, Unit::times))},
           {"spread by rate",
            caveat("Small batches alone are not noisy: with eight times the learning rate, a batch eight "
                   "times as large spreads the runs about as much.",
                   geometric(between("spread of eight runs, B = 64 with rate 0.08 / B = 8 with rate 0.01",
                                     0.5, 2, Unit::times)))},
           {"spread by size", geometric(at_least("spread of eight runs, both with rate 0.01, B = 8 / B = 64",
                                                 4, Unit::times))}},
      .controls = {{"variance of all",
                    on_every_seed(
                        at_most("variance of the gradient with all in one batch, relative to B = 1", 1e-9))}},
      .charts = {{"variance", line_chart("How far the gradient of a batch is from the full gradient",
                                         log_scale("batch size B"), log_scale("variance of the gradient"))},
                 {"accuracy", line_chart("Each batch size at its best rate", log_scale("pictures seen"),
                                         "test accuracy, %", {{"target", 100 * kTarget}, {"chance", 10}})},
                 {"target", line_chart("To the target", "batch", log_scale("count"), {},
                                       {"B = 1", "B = 64", "all in one"})},
                 {"memory", line_chart("Memory of one step", log_scale("batch size B"),
                                       log_scale("KiB beside the weights"))},
                 {"spread",
                  bar_chart("What noise does to the weights", "batch size and rate", "spread of eight runs",
                            {"B = 8, 0.01", "B = 64, 0.08", "B = 64, 0.01"})}},
      .fine_print =
          "The noise of small batches is said to regularise. But noise does not depend on the batch size "
          "alone: eight times the batch at eight times the rate is as noisy, and at the same rate it is not. "
          "A comparison of batch sizes at one rate also compares noise. The variance falls as 1 / B only "
          "while B is small beside the data; without replacement it is (N - B) / (N - 1) times that, and 0 "
          "if the batch has all samples. A larger batch pays while noise limits the rate: from 1 to 64 "
          "pictures, the steps become many times fewer; from 64 to all, hardly fewer, with many times the "
          "pictures. One picture at a time needs the fewest pictures; it loses by the time of its many "
          "steps, each of which costs far more than a 64th of a step with 64 pictures. How much more depends "
          "on the machine, and no two runs take the same time. The verdict therefore only asks whether it is "
          "clearly slower; the other claims count steps, which are the same in every run. Memory does not "
          "grow in proportion at first, because the gradients of the weights need the same room with any "
          "batch.",
      .sources =
          {"Robbins & Monro, A stochastic approximation method, 1951",
           "Bottou & Bousquet, The tradeoffs of large scale learning, 2007",
           "Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017",
           "Smith & Le, A Bayesian perspective on generalization and stochastic gradient descent, 2018",
           "McCandlish et al., An empirical model of large-batch training, 2018"},
      .cause = "Averaging over different pictures: each compared batch contains one picture B times.",
      .run = run};
}

}  // namespace fathom::interview::q08
