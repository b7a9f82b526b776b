/// Question 17: why shuffle mini-batches?
///
/// A network learns pictures of clothing by mini-batches that come one class after another, in an order
/// shuffled once, and in one shuffled before every pass: for two passes, as where there is much data, and for
/// many. Then by the whole batch, which sees no order.
#include <numeric>

#include "interview/material/question.hpp"

namespace fathom::interview::q17 {
namespace {

/// To each of these a start adds its number, and has pictures, weights and shuffles of its own.
enum Purpose : std::uint64_t { training_pictures = 0, test_pictures = 100, weights = 200, shuffling = 300 };

Parts drawn(const Setting& setting, std::uint64_t start) {
  const std::int64_t training = setting.size(4000, 2000), validation = 1000, test = 2000;
  const Examples all =
      small_clothes(setting, data::Split::train, training + validation, training_pictures + start);
  return {all.first(training), all.part(training, validation),
          small_clothes(setting, data::Split::test, test, test_pictures + start)};
}

Model network(std::uint64_t start, const Setting& setting) {
  return built(plain_mlp({1, kHalfSide, kHalfSide}, {64}), {0.29F, 0.33F}, setting.random(weights + start));
}

struct Training {
  Order order = Order::sorted_by_label;
  std::int64_t passes = 0, batch_size = 0;
  double rate = 0;
  std::uint64_t start = 0;
};

using AfterPass = std::function<void(std::int64_t pass, models::ImageModel& net)>;

/// Plain stochastic gradient descent, pass after pass over the samples in that order.
void train(const Training& how, const Examples& examples, const Setting& setting, const AfterPass& after) {
  const Model net = network(how.start, setting);
  optim::FlatParameters parameters(*net);
  optim::Optimizer optimizer(parameters, with_plain_sgd(how.rate));
  const torch::Generator random = setting.random(shuffling + how.start);
  torch::Tensor indices;
  for (std::int64_t pass = 1; pass <= how.passes; ++pass) {
    indices = next_order(how.order, indices, examples.labels, random);
    for (const torch::Tensor& chosen : indices.split(how.batch_size)) {
      const Examples batch = examples.at(chosen);
      parameters.zero_grad();
      torch::cross_entropy_loss(net->forward(batch.inputs), batch.labels).backward();
      optimizer.step();
    }
    after(pass, *net);
  }
}

constexpr std::int64_t kFewPasses = 2;

/// Accuracy after each pass at one rate.
struct Course {
  double rate = 0;
  std::vector<double> validation, test;
};

/// How good a course is in the end: the mean over the last half of its passes, because after each of them
/// the last batches shake it a little.
double in_the_end(const std::vector<double>& accuracies) {
  const auto half = static_cast<std::ptrdiff_t>(accuracies.size() / 2);
  return std::accumulate(accuracies.end() - half, accuracies.end(), 0.0) / static_cast<double>(half);
}
double after_few(const std::vector<double>& accuracies) { return accuracies[kFewPasses - 1]; }

using Measure = double (*)(const std::vector<double>& accuracies);

/// What an order comes to at each of the rates that all orders share.
struct Courses {
  std::vector<Course> all;

  /// At the rate that is best for the validation pictures.
  const Course& best(Measure measure) const {
    return *std::max_element(all.begin(), all.end(), [&](const Course& a, const Course& b) {
      return measure(a.validation) < measure(b.validation);
    });
  }
  double test_accuracy(Measure measure) const { return measure(best(measure).test); }
};

Courses courses(Order order, std::int64_t passes, const Parts& data, const Setting& setting,
                std::uint64_t start) {
  const std::vector<double> rates =
      setting.quick ? std::vector{0.003, 0.01, 0.03, 0.1} : std::vector{0.001, 0.003, 0.01, 0.03, 0.1, 0.3};
  Courses courses;
  for (const double rate : rates) {
    Course course{rate, {}, {}};
    train({order, passes, 50, rate, start}, data.training, setting,
          [&](std::int64_t, models::ImageModel& net) {
            course.validation.push_back(accuracy(net, data.validation));
            course.test.push_back(accuracy(net, data.test));
          });
    courses.all.push_back(course);
  }
  return courses;
}

struct Orders {
  Courses sorted, once, each_pass;

  double lost(Measure measure) const {
    return each_pass.test_accuracy(measure) - sorted.test_accuracy(measure);
  }
  double gained_by_reshuffling() const {
    return each_pass.test_accuracy(in_the_end) - once.test_accuracy(in_the_end);
  }
};

Orders compare(std::int64_t passes, const Setting& setting, std::uint64_t start) {
  const Parts data = drawn(setting, start);
  const auto by = [&](Order order) { return courses(order, passes, data, setting, start); };
  Orders orders{by(setting.without_cause ? Order::shuffled_once : Order::sorted_by_label), {}, {}};
  orders.each_pass = by(Order::shuffled_each_pass);
  if (passes > kFewPasses) orders.once = by(Order::shuffled_once);
  return orders;
}

/// Test accuracy after some steps of descent on the whole batch.
double by_whole_batch(Order order, const Parts& data, const Setting& setting) {
  const std::int64_t steps = setting.size(100, 40);
  double result = 0;
  train({order, steps, data.training.size(), 0.1}, data.training, setting,
        [&](std::int64_t step, models::ImageModel& net) {
          if (step == steps) result = accuracy(net, data.test);
        });
  return result;
}

TrialSeries over_passes(const std::string& name, const Course& course) {
  TrialSeries curve{"passes", name};
  for (const double accuracy : course.test) curve.add(curve.x.size() + 1, 100 * accuracy);
  return curve;
}

TrialSeries over_rates(const std::string& name, const Courses& courses) {
  TrialSeries curve{"rates", name};
  for (const Course& course : courses.all) curve.add(course.rate, 100 * after_few(course.test));
  return curve;
}

Trial run(const Setting& setting) {
  // Starts differ much in how they bear the order, and few passes are soon done.
  constexpr std::uint64_t starts = 8, to_the_end = 2;
  const std::int64_t passes = setting.size(20, 8);
  double lost_after_few = 0, lost_in_the_end = 0, gained = 0;
  Orders first;
  for (std::uint64_t start = 0; start < starts; ++start) {
    const Orders orders = compare(start < to_the_end ? passes : kFewPasses, setting, start);
    lost_after_few += orders.lost(after_few) / starts;
    if (start == 0) first = orders;
    if (start >= to_the_end) continue;
    lost_in_the_end += orders.lost(in_the_end) / to_the_end;
    gained += orders.gained_by_reshuffling() / to_the_end;
  }

  const Parts data = drawn(setting, 0);
  const double whole_sorted = by_whole_batch(Order::sorted_by_label, data, setting);
  const double whole_shuffled = by_whole_batch(Order::shuffled_each_pass, data, setting);
  return {.figures = {{"after few", lost_after_few},
                      {"in the end", lost_in_the_end},
                      {"won back", lost_after_few - lost_in_the_end},
                      {"reshuffling", gained},
                      {"whole batch, lost", whole_shuffled - whole_sorted},
                      {"whole batch, accuracy", whole_shuffled}},
          .series = {over_passes("shuffled before each pass", first.each_pass.best(in_the_end)),
                     over_passes("shuffled once", first.once.best(in_the_end)),
                     over_passes("class after class", first.sorted.best(in_the_end)),
                     over_rates("shuffled before each pass", first.each_pass),
                     over_rates("shuffled once", first.once), over_rates("class after class", first.sorted)}};
}

}  // namespace

Experiment minibatch_shuffle() {
  return {
      .question = "Why shuffle mini-batches?",
      .answer =
          "The gradient of a mini-batch represents that of all samples only if the batch is drawn from all "
          "of them. If the samples are sorted, batch after batch pulls towards one class, and the network "
          "forgets the others meanwhile.",
      .method =
          "A network of two dense layers learns Fashion-MNIST (4000 pictures, pooled to 14 x 14) by plain "
          "stochastic gradient descent on batches of 50: class after class, in an order shuffled once, or "
          "in one shuffled before each pass. Test accuracy is measured after 2 passes, for 8 starts with "
          "different weights and pictures. For two of them it is also measured in the end, as the mean over "
          "the last half of 20 passes (a quick run has 2000 pictures and 8 passes). Each order uses its best "
          "rate of the second chart on 1000 validation pictures. In the control, all pictures are one batch.",
      .claims = {{"after few", at_least("after 2 passes: test accuracy lost by class after class, compared "
                                        "with shuffled before each pass",
                                        0.2, Unit::points)},
                 {"in the end", at_least("in the end: accuracy still lost", 0.03, Unit::points)},
                 {"won back", at_least("the part of the loss that further passes recover", 0, Unit::points)},
                 {"reshuffling", caveat("Shuffling once is about as good as shuffling before each pass.",
                                        between("in the end: shuffled before each pass minus shuffled once",
                                                -0.05, 0.05, Unit::points))}},
      .controls = {{"whole batch, lost",
                    between("whole batch: test accuracy lost by sorting", -0.005, 0.005, Unit::points)},
                   {"whole batch, accuracy", at_least("whole batch: test accuracy", 0.5, Unit::percent)}},
      .charts = {{"passes", line_chart("Each order at its best rate", "passes over the training pictures",
                                       "test accuracy, %", {{"chance", 10}})},
                 {"rates", line_chart("After 2 passes", log_scale("learning rate"), "test accuracy, %",
                                      {{"chance", 10}})}},
      .fine_print =
          "How much sorting costs depends on how often the data is seen. At a small rate, a whole pass over "
          "sorted samples is close to one step along the gradient of all of them, so infinitely many passes "
          "would reach the goal in any order: further passes recover a part of the loss. With plenty of data "
          "and few passes, they cannot. And shuffling once does nearly all of the work. Shuffling again "
          "before each pass is said to be slightly better, because one order repeats its own bias in every "
          "pass; this is proved for convex functions after many passes. Here the gain is small compared with "
          "the loss by sorting, and which of the two is ahead can change from seed to seed.",
      .sources = {"Bertsekas, Incremental gradient, subgradient, and proximal methods for convex "
                  "optimization: a survey, 2011",
                  "Gurbuzbalaban, Ozdaglar & Parrilo, Why random reshuffling beats stochastic gradient "
                  "descent, 2021",
                  "Safran & Shamir, How good is SGD with random shuffling?, 2020",
                  "McCloskey & Cohen, Catastrophic interference in connectionist networks, 1989"},
      .cause = "The sorted order: those pictures are also shuffled once.",
      .run = run};
}

}  // namespace fathom::interview::q17
