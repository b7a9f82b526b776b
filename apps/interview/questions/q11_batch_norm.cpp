/// Question 11: what does batch norm bring?
///
/// A dense network of twelve hidden layers learns small pictures of clothes, without batch norm and with it:
/// up to which learning rate does it learn, and in how many steps? Then the usual explanations are put to the
/// test. What if noise moves each unit after it was normalised? What if the normalisation stays as the first
/// pictures set it? And does the noise of the batches' own statistics regularise?
#include <torch/nn/modules/batchnorm.h>

#include <limits>

#include "fathom/nn/initialisation.hpp"
#include "interview/material/question.hpp"

namespace fathom::interview::q11 {
namespace {

enum Purpose : std::uint64_t { training_pictures, test_pictures, order, company, jolts, starts };

constexpr std::int64_t kClasses = 10, kInputs = kHalfSide * kHalfSide, kWidth = 64, kLayers = 12, kBatch = 64;

/// At half their size, flat and standardised.
Examples flat_clothes(const Setting& setting, data::Split split, std::int64_t count, Purpose purpose) {
  const Examples small = small_clothes(setting, split, count, purpose);
  return {(small.inputs.flatten(1) - 0.286) / 0.32, small.labels};
}

// The network.

enum class Norm {
  none,
  batch,   ///< each unit is brought to mean 0 and variance 1 over the batch, then scaled and moved as learned
  jolted,  ///< so is it, and then scaled and moved at random, differently in every step
  kept,    ///< by the mean and the variance that the first batch had
};

struct DenseOptions {
  Norm norm = Norm::none;
  std::int64_t layers = kLayers;
  std::int64_t group = kBatch;  ///< so many pictures of a batch are normalised by themselves
  std::uint64_t start = 0;      ///< which of the first weights
};

class Dense : public torch::nn::Module {
 public:
  Dense(const DenseOptions& options, const Setting& setting)
      : options_(options), random_(setting.random(jolts + 100 * options.start)) {
    if (setting.without_cause) options_.norm = Norm::none;
    for (std::int64_t i = 0; i < options.layers; ++i) {
      const std::string number = std::to_string(i + 1);
      linear_.push_back(
          register_module("linear" + number, torch::nn::Linear(i == 0 ? kInputs : kWidth, kWidth)));
      if (options_.norm != Norm::none)
        norms_.push_back(register_module("norm" + number, torch::nn::BatchNorm1d(kWidth)));
    }
    logits_ = register_module("logits", torch::nn::Linear(kWidth, kClasses));
    nn::initialise(*this, nn::Init::he, setting.random(starts + 100 * options.start));
  }

  /// Where the first batch's statistics are kept, takes them from this one.
  void meet(const torch::Tensor& batch) {
    if (options_.norm != Norm::kept) return;
    const torch::NoGradGuard no_grad;
    for (auto& norm : norms_) norm->options.momentum(1);
    forward(batch);
    for (auto& norm : norms_) norm->eval();
  }

  torch::Tensor forward(const torch::Tensor& inputs) {
    torch::Tensor x = inputs;
    for (std::size_t i = 0; i < linear_.size(); ++i) {
      x = linear_[i](x);
      if (!norms_.empty()) x = normalised(norms_[i], x);
      if (options_.norm == Norm::jolted && is_training()) x = jolted(x);
      if (i == linear_.size() / 2) middle_ = x.detach();
      x = torch::relu(x);
    }
    return logits_(x);
  }

  /// What the units of the middle layer were last given, [N, units].
  const torch::Tensor& middle() const { return middle_; }

 private:
  torch::Tensor normalised(torch::nn::BatchNorm1d& norm, const torch::Tensor& x) const {
    if (!is_training() || x.size(0) <= options_.group) return norm(x);
    std::vector<torch::Tensor> groups;
    for (const torch::Tensor& group : x.split(options_.group)) groups.push_back(norm(group));
    return torch::cat(groups);
  }

  torch::Tensor jolted(const torch::Tensor& x) {
    const auto noise = [&] { return torch::randn({kWidth}, random_); };
    const torch::Tensor scale = 1 + 0.11 * noise(), shift = 0.22 * noise();
    return scale * x + shift;
  }

  DenseOptions options_;
  torch::Generator random_;
  std::vector<torch::nn::Linear> linear_;
  std::vector<torch::nn::BatchNorm1d> norms_;
  torch::nn::Linear logits_{nullptr};
  torch::Tensor middle_;
};

// Its training.

/// The loss on the batches, as a mean that forgets: after each step it moves a tenth of the way. Training
/// ends where it falls to `target`, or the loss is no number.
std::vector<double> losses(Dense& net, const Examples& examples, double rate, std::int64_t steps,
                           double target, const Setting& setting) {
  std::vector<double> means;
  net.meet(examples.inputs.narrow(0, 0, kBatch));
  fit(net, forward_of(net), examples, {steps, kBatch, with_plain_sgd(rate)}, setting.random(order),
      [&](std::int64_t, double loss) {
        means.push_back(means.empty() ? loss : means.back() + 0.1 * (loss - means.back()));
        return means.back() > target;
      });
  return means;
}

constexpr double kUntaught = 2.303;  // the loss of guessing, ln 10
constexpr double kNever = -std::numeric_limits<double>::infinity();

constexpr std::size_t kTried = 60;

/// The loss after so many steps at each rate, that of guessing where it is larger or no number.
std::vector<double> ladder(DenseOptions options, const std::vector<double>& rates, const Examples& examples,
                           const Setting& setting) {
  std::vector<double> reached;
  for (const double rate : rates) {
    Dense net(options, setting);
    const std::vector<double> means = losses(net, examples, rate, kTried, kNever, setting);
    const bool whole = means.size() == kTried;
    reached.push_back(whole ? std::min(means.back(), kUntaught) : kUntaught);
  }
  return reached;
}

/// The largest rate at which something was learned: the loss fell below 2. The smallest where nothing was.
double largest(const std::vector<double>& rates, const std::vector<double>& reached) {
  for (std::size_t i = rates.size(); i-- > 0;)
    if (reached[i] < 2) return rates[i];
  return rates.front();
}

/// Steps to a loss of 1, at the rate that needs fewest of those that all arms try: the mean over several
/// starts.
struct Race {
  double rate = 0, steps = HUGE_VAL;
};

Race race(DenseOptions options, const Examples& examples, const Setting& setting) {
  constexpr double target = 1;
  constexpr std::int64_t cap = 200;  // steps; what is not there by then counts as much
  Race best;
  for (const double rate : {0.1, 0.03, 0.3, 1.}) {
    if (setting.quick && rate == 1) continue;
    double sum = 0;
    const std::int64_t runs = setting.size(4, 3);
    for (std::int64_t i = 0; i < runs && sum < best.steps * static_cast<double>(runs); ++i) {
      options.start = static_cast<std::uint64_t>(i);
      Dense net(options, setting);
      const std::vector<double> means = losses(net, examples, rate, cap, target, setting);
      const bool arrived = !means.empty() && means.back() <= target;
      sum += static_cast<double>(arrived ? std::ssize(means) : cap);
    }
    if (const double mean = sum / static_cast<double>(runs); mean < best.steps) best = {rate, mean};
  }
  return best;
}

/// How far the mean of what a unit in the middle is given moves from one step to the next, in standard
/// deviations over the batch: internal covariate shift, one could say. The mean over units and steps.
double shift(const DenseOptions& options, double rate, const Examples& examples, const Setting& setting) {
  Dense net(options, setting);
  constexpr std::int64_t steps = 30;
  torch::Tensor before;
  double sum = 0;
  fit(net, forward_of(net), examples, {steps, kBatch, with_plain_sgd(rate)}, setting.random(order),
      [&](std::int64_t, double) {
        const torch::Tensor mean = net.middle().mean(0);
        if (before.defined()) sum += ((mean - before).abs() / net.middle().std(0)).mean().item<double>();
        before = mean;
        return true;
      });
  return sum / (steps - 1);
}

TrialSeries curve(const std::string& name, const DenseOptions& options, double rate, const Examples& examples,
                  const Setting& setting) {
  Dense net(options, setting);
  const std::vector<double> means = losses(net, examples, rate, setting.size(150, 60), kNever, setting);
  TrialSeries result{"loss", name};
  for (std::size_t i = 4; i < means.size(); i += 5) result.add(i + 1, means[i]);
  return result;
}

// Its noise.

/// How much the logits of the same pictures vary with those that are beside them in the batch, as a share of
/// how much they vary from picture to picture.
double noise_of(Dense& net, const Examples& examples, const Setting& setting) {
  const torch::NoGradGuard no_grad;
  constexpr std::int64_t looked_at = 16, times = 12;
  torch::Generator random = setting.random(company);
  std::vector<torch::Tensor> said;
  for (std::int64_t i = 0; i < times; ++i) {
    const torch::Tensor others =
        looked_at +
        torch::randperm(examples.size() - looked_at, random, torch::kLong).narrow(0, 0, kBatch - looked_at);
    const torch::Tensor batch =
        torch::cat({examples.inputs.narrow(0, 0, looked_at), examples.inputs.index_select(0, others)});
    said.push_back(net.forward(batch).narrow(0, 0, looked_at));
  }
  const torch::Tensor all = torch::stack(said);  // [times, pictures, classes]
  return (all.std(0).mean() / all.mean(0).std(0).mean()).item<double>();
}

/// Accuracies after training for long on few pictures, each the mean over two useful rates.
struct Fitted {
  double training = 0, test = 0;
  double gap() const { return training - test; }
};

Fitted fitted(const DenseOptions& options, const Examples& training, const Examples& test,
              const Setting& setting) {
  Fitted mean;
  std::vector<double> rates = options.norm == Norm::none ? std::vector{0.03, 0.06} : std::vector{0.1, 0.3};
  if (setting.quick) rates.pop_back();
  for (const double rate : rates) {
    Dense net(options, setting);
    losses(net, training, rate, setting.size(500, 200), kNever, setting);
    net.eval();
    const Network network = forward_of(net);
    mean.training += accuracy(network, training) / static_cast<double>(rates.size());
    mean.test += accuracy(network, test) / static_cast<double>(rates.size());
  }
  return mean;
}

Trial run(const Setting& setting) {
  const Examples training = flat_clothes(setting, data::Split::train, 2000, training_pictures),
                 test = flat_clothes(setting, data::Split::test, setting.size(4000, 1000), test_pictures);
  const DenseOptions none{Norm::none}, batch{Norm::batch}, jolted{Norm::jolted}, kept{Norm::kept};

  std::vector<double> rates;
  for (double rate = 0.02; rate < 6; rate *= setting.quick ? 2 : std::sqrt(2.)) rates.push_back(rate);
  const auto without = ladder(none, rates, training, setting), with = ladder(batch, rates, training, setting),
             by_first = ladder(kept, rates, training, setting);

  const Race slow = race(none, training, setting), fast = race(batch, training, setting),
             shaken = race(jolted, training, setting), shallow = race({Norm::none, 1}, training, setting),
             shallow_fast = race({Norm::batch, 1}, training, setting);

  Dense net(batch, setting);
  losses(net, training, 0.1, 100, kNever, setting);
  net.eval();
  const double silent = noise_of(net, test, setting);
  net.train();
  const double noise = noise_of(net, test, setting);

  const Examples few = training.first(setting.size(500, 300));
  const Fitted plain = fitted(none, few, test, setting), normal = fitted(batch, few, test, setting),
               noisy = fitted({Norm::batch, kLayers, kBatch / 4}, few, test, setting);

  return {.figures = {{"rate", largest(rates, with) / largest(rates, without)},
                      {"steps", fast.steps / slow.steps},
                      {"steps with noise", shaken.steps / slow.steps},
                      {"company", noise},
                      {"company in evaluation", silent},
                      {"smaller groups", noisy.gap() - normal.gap()},
                      {"steps, shallow", shallow_fast.steps / shallow.steps},
                      {"rate, kept", largest(rates, by_first) / largest(rates, without)},
                      {"shift with noise", shift(jolted, shaken.rate, training, setting) /
                                               shift(none, slow.rate, training, setting)}},
          .series = {{"rates", "none", rates, without},
                     {"rates", "batch norm", rates, with},
                     {"rates", "first batch's statistics kept", rates, by_first},
                     curve("none", none, slow.rate, training, setting),
                     curve("batch norm", batch, fast.rate, training, setting),
                     curve("batch norm, then noise", jolted, shaken.rate, training, setting),
                     percent_by_category("few pictures", "training",
                                         {plain.training, normal.training, noisy.training}),
                     percent_by_category("few pictures", "test", {plain.test, normal.test, noisy.test})}};
}

}  // namespace

Experiment batch_norm() {
  return {
      .question = "What does batch norm bring?",
      .answer =
          "Speed, and some regularisation. Every unit is normalised to mean 0 and variance 1 over the "
          "mini-batch, so no layer has to follow changes in the layers below it: larger learning rates "
          "become possible, and training needs fewer steps. The statistics come from a few random pictures; "
          "their noise regularises a little.",
      .method =
          "A dense network of twelve hidden layers of 64 ReLUs, with He's initialisation, learns clothes of "
          "14 by 14 pixels by plain SGD. Its loss after 60 steps is measured at learning rates from 0.02 to "
          "5; the steps to a loss of 1 are counted at the best of a grid of rates, over several starts. The "
          "steps are also counted with noise that scales and shifts each unit differently in every step, "
          "after the normalisation, and with one hidden layer; the rates are also tried with fixed "
          "statistics of 64 pictures, taken before the first step. Then the same pictures are shown in "
          "batches with different other pictures, and 500 pictures (300 in a quick run) are learned for "
          "long, each at a suitable rate, normalised over 64 and over 16 of them.",
      .claims =
          {{"rate", on_every_seed(at_least("largest learning rate that learns, with batch norm over without",
                                           5, Unit::times))},
           {"steps",
            on_every_seed(at_most("steps to a loss of 1, with batch norm over without", 0.73, Unit::times))},
           {"steps with noise",
            caveat(
                "Batch norm is not fast only because the inputs of a layer shift less: with noise that "
                "brings the shift back, training is still faster than without batch norm.",
                on_every_seed(at_most("steps to a loss of 1, with noise after the normalisation over without "
                                      "batch norm",
                                      0.97, Unit::times)))},
           {"company", at_least("in training mode: how much a picture's logits vary with the rest of the "
                                "batch, as a share of their variation over pictures",
                                0.05, Unit::percent)},
           {"company in evaluation", on_every_seed(at_most("the same in evaluation mode", 1e-6))},
           {"smaller groups",
            on_every_seed(at_most("few pictures, training minus test accuracy: normalised over 16 minus over "
                                  "64",
                                  -0.02, Unit::points))}},
      .controls =
          {{"steps, shallow",
            on_every_seed(between("one hidden layer: steps to a loss of 1, with batch norm over without",
                                  0.73, 1.35, Unit::times))},
           {"rate, kept",
            caveat("Better initial statistics do not explain the larger rates of batch norm: with fixed "
                   "statistics of the first batch, the largest rate is not larger than without batch norm.",
                   on_every_seed(at_most("the first batch's statistics kept: largest learning rate that "
                                         "learns, over without batch norm",
                                         1, Unit::times)))},
           {"shift with noise", on_every_seed(at_least("how far the mean of a unit in the middle layer moves "
                                                       "in a step: with that noise over without batch norm",
                                                       0.5, Unit::times))}},
      .charts = {{"rates", line_chart("How large may the learning rate be?", log_scale("learning rate"),
                                      "training loss after 60 steps", {{"guessing", kUntaught}})},
                 {"loss", line_chart("Each at its best learning rate", "step", "training loss")},
                 {"few pictures", bar_chart("Few pictures, learned for long", "each unit normalised over",
                                            "accuracy, %", {"nothing", "64 pictures", "16 pictures"})}},
      .fine_print =
          "Batch norm clearly helps, but the reason is disputed. It was proposed against internal covariate "
          "shift, the change of a layer's inputs while the layers below it learn. But if noise brings back "
          "at least half of the shift that there is without batch norm, training is still faster than "
          "without; a smoother loss, which allows longer steps, explains more. Better initial statistics are "
          "not the reason either: with fixed statistics of the first batch, the largest rate is smaller than "
          "without. The noise of the statistics narrows the gap between training and test because fewer "
          "training pictures are learned, not because more test pictures are right: in the last chart, the "
          "three hardly differ on the test pictures, and the gap is not narrower than without batch norm. A "
          "shallow, well initialised network gains less. And steps are not seconds: a step with batch norm "
          "costs more.",
      .sources =
          {"Ioffe & Szegedy, Batch normalization: accelerating deep network training by reducing internal "
           "covariate shift, 2015",
           "Hoffer, Hubara & Soudry, Train longer, generalize better, 2017",
           "Santurkar, Tsipras, Ilyas & Madry, How does batch normalization help optimization?, 2018",
           "Bjorck, Gomes, Selman & Weinberger, Understanding batch normalization, 2018"},
      .cause = "Batch norm: no network has any.",
      .run = run};
}

}  // namespace fathom::interview::q11
