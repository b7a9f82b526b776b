/// Question 16: must batch gradient descent shuffle its samples?
///
/// A network is trained by the gradient of all its samples at once, from one start, with the samples left as
/// they are, sorted by class, shuffled once, and shuffled before every step. How far apart do its parameters
/// get, in single and in double precision, and how far by mini-batches?
#include "interview/material/question.hpp"

namespace fathom::interview::q16 {
namespace {

enum Purpose : std::uint64_t { pictures, weights, shuffling };

/// The activation is smooth, as descent asks: at the kink of a ReLU the gradient jumps, however small the
/// difference that a unit crosses it by.
Model network(const Setting& setting) {
  return built(plain_mlp({1, kHalfSide, kHalfSide}, {32, 32}, kSmooth), {0.29F, 0.33F},
               setting.random(weights));
}

struct Descent {
  torch::Dtype precision = torch::kFloat;
  std::int64_t steps = 0, batch_size = 0;
  double rate = 0;
};

struct Path {
  torch::Tensor parameters;    ///< after each step, double [steps, parameters]
  std::vector<double> losses;  ///< before each step
};

/// Gradient descent as it is. The library's optimizers are for single precision, and this one is a line.
Path descend(const Descent& how, Order order, const Examples& examples, const Setting& setting) {
  const Model net = network(setting);
  net->to(how.precision);
  const Examples precise{examples.inputs.to(how.precision), examples.labels};
  torch::Generator random = setting.random(shuffling);

  std::vector<torch::Tensor> after;
  Path path;
  torch::Tensor indices;
  for (std::int64_t step = 0, begin = examples.size(); step < how.steps; ++step, begin += how.batch_size) {
    if (begin + how.batch_size > examples.size()) {
      indices = next_order(order, indices, examples.labels, random);
      begin = 0;
    }
    const Examples batch = precise.at(indices.narrow(0, begin, how.batch_size));
    const torch::Tensor loss = torch::cross_entropy_loss(net->forward(batch.inputs), batch.labels);
    net->zero_grad();
    loss.backward();
    path.losses.push_back(loss.item<double>());
    const torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> all;
    for (torch::Tensor& parameter : net->parameters()) {
      parameter.sub_(parameter.grad(), how.rate);
      all.push_back(parameter.flatten().to(torch::kDouble));
    }
    after.push_back(torch::cat(all));
  }
  path.parameters = torch::stack(after);
  return path;
}

/// After each step, the largest difference of a parameter between two paths, relative to the largest
/// parameter: double [steps].
torch::Tensor gaps(const Path& path, const Path& other) {
  return (path.parameters - other.parameters).abs().amax(1) / other.parameters.abs().amax(1);
}

struct Comparison {
  Path as_drawn;
  torch::Tensor gaps;  ///< of the other orders from it, [orders, steps]

  double largest() const { return gaps.max().item<double>(); }
  /// At the end, of the order that stayed nearest.
  double smallest_at_the_end() const { return gaps.select(1, -1).min().item<double>(); }
};

Comparison compare(const Descent& how, const Examples& examples, const Setting& setting) {
  Comparison comparison{descend(how, Order::as_drawn, examples, setting), {}};
  std::vector<torch::Tensor> rows;
  for (const Order order : {Order::sorted_by_label, Order::shuffled_once, Order::shuffled_each_pass})
    rows.push_back(gaps(descend(how, order, examples, setting), comparison.as_drawn));
  comparison.gaps = torch::stack(rows);
  return comparison;
}

TrialSeries over_steps(const std::string& name, const torch::Tensor& values) {
  TrialSeries curve{"difference", name};
  for (std::int64_t step = 0; step < values.size(0); ++step) curve.add(step + 1, values[step].item<double>());
  return curve;
}

/// The most that the loss rose in a step; below 0 where it always fell.
double largest_rise(const std::vector<double>& losses) {
  double rise = -HUGE_VAL;
  for (std::size_t i = 1; i < losses.size(); ++i) rise = std::max(rise, losses[i] - losses[i - 1]);
  return rise;
}

Trial run(const Setting& setting) {
  const std::int64_t count = setting.size(1000, 500), steps = setting.size(300, 100), mini = 50;
  const std::int64_t unstable_steps = setting.size(300, 200);  // until the difference has grown
  constexpr double rate = 0.03, large_rate = 1;
  const Examples examples = small_clothes(setting, data::Split::train, count, pictures);

  const std::int64_t batch = setting.without_cause ? mini : count;
  const Comparison singles = compare({torch::kFloat, steps, batch, rate}, examples, setting);
  const Comparison doubles = compare({torch::kDouble, steps, batch, rate}, examples, setting);
  const Comparison by_mini_batches = compare({torch::kFloat, steps, mini, rate}, examples, setting);
  const Comparison unstable = compare({torch::kFloat, unstable_steps, count, large_rate}, examples, setting);
  const std::vector<double> losses =
      descend({torch::kDouble, steps, count, rate}, Order::as_drawn, examples, setting).losses;

  return {.figures = {{"float32", singles.largest()},
                      {"float64", doubles.largest()},
                      {"float32 is there", singles.largest()},
                      {"float32 over float64", singles.largest() / doubles.largest()},
                      {"unstable", unstable.smallest_at_the_end()},
                      {"mini-batches", by_mini_batches.smallest_at_the_end()},
                      {"loss", losses.back() / losses.front()},
                      {"largest rise", largest_rise(losses)}},
          .series = {over_steps("mini-batches, float32", std::get<0>(by_mini_batches.gaps.min(0))),
                     over_steps("whole batch, float32, rate 1", std::get<0>(unstable.gaps.min(0))),
                     over_steps("whole batch, float32", std::get<0>(singles.gaps.max(0))),
                     over_steps("whole batch, float64", std::get<0>(doubles.gaps.max(0)))}};
}

}  // namespace

Experiment batch_shuffle() {
  return {
      .question = "Must batch gradient descent shuffle its samples?",
      .answer =
          "No. Each step follows the mean of the gradients of all samples, and a mean does not depend on "
          "the order in which its terms are added.",
      .method =
          "A network of three dense layers with tanh learns 1000 pictures of Fashion-MNIST (a quick run: "
          "500), pooled to 14 x 14, by gradient descent on the whole batch, at a rate of 0.03. The samples "
          "are left as drawn, sorted by class, shuffled once, or shuffled before every step. The measured "
          "difference is the largest over all parameters, steps and the three other orders from the run with "
          "the samples as drawn, divided by the largest parameter. The same is measured in double precision, "
          "with mini-batches of 50, and at a rate of 1; for the last two, the figure is that of the order "
          "that ends closest.",
      .claims =
          {{"float32", on_every_seed(at_most("whole batch in float32: difference between orders", 1e-5))},
           {"float64", on_every_seed(at_most("whole batch in float64: difference between orders", 1e-12))},
           {"float32 is there", on_every_seed(at_least("but in float32 the difference is not 0", 1e-9))},
           {"float32 over float64",
            geometric(between("float32 over float64, whose rounding errors differ by 2^29 = 5.4e8", 5e7, 5e9,
                              Unit::times))},
           {"unstable", caveat("The order leaves a trace in the rounding; if the rate is too large, it "
                               "decides where training ends.",
                               geometric(at_least(
                                   "whole batch in float32 at a rate of 1: difference at the end", 1e-3)))}},
      .controls = {{"mini-batches",
                    geometric(at_least("mini-batches in float32: difference at the end", 1e-3))},
                   {"loss", at_most("rate 0.03, whole batch: last loss over first", 0.7, Unit::times)},
                   {"largest rise", on_every_seed(at_most("the largest rise of this loss in a step", 0))}},
      .charts = {{"difference", line_chart("Effect of another order of the samples", "step",
                                           log_scale("difference / largest parameter"))}},
      .fine_print =
          "Only rounding depends on the order: the last digits of floating-point sums do, and nothing else "
          "differs while descent is stable, with a loss that falls at every step. But the difference need "
          "not stay small. If the rate is too large for that (here 1), each step amplifies the differences, "
          "until parameters differ in their first digits; the kinks of ReLU can do the same at smaller "
          "rates, so this network has tanh. To repeat such a run exactly, one must keep the order, although "
          "the method does not require one.",
      .sources = {"Goldberg, What every computer scientist should know about floating-point arithmetic, 1991",
                  "Cohen, Kaur, Li, Kolter & Talwalkar, Gradient descent on neural networks typically "
                  "occurs at the edge of stability, 2021"},
      .cause = "The whole batch: the gradients are those of mini-batches.",
      .run = run};
}

}  // namespace fathom::interview::q16
