/// Question 22: when can a bidirectional recurrent network not be used?
///
/// The label that is asked for at step t is what the sequence shows two steps later. A bidirectional LSTM,
/// whose second half reads from the end, finds it; a one-way LSTM cannot. Then the sequence is fed as a live
/// stream feeds it, up to step t and no further.
#include "interview/material/question.hpp"

namespace fathom::interview::q22 {
namespace {

enum Purpose : std::uint64_t { training_sequences, test_sequences, weights, order };

constexpr std::int64_t kSteps = 16, kNow = 10, kApart = 2;

/// Sequences of 0.25 and 0.75 with noise, one value per step, as pictures of one column; the label is the
/// value of step `asked`.
Examples sequences(std::int64_t count, std::int64_t asked, torch::Generator random) {
  const torch::Tensor bits = torch::randint(2, {count, kSteps}, random, torch::kLong);
  const torch::Tensor shown = 0.25 + 0.5 * bits + 0.05 * torch::randn({count, kSteps}, random);
  return {shown.view({count, 1, kSteps, 1}), bits.select(1, asked)};
}

/// An LSTM whose answer is read off its states at one step.
struct Tagger : torch::nn::Module {
  Model lstm;
  torch::nn::Linear head{nullptr};
  std::int64_t read_at;

  Tagger(bool bidirectional, std::int64_t step, const Setting& setting)
      : lstm(models::build(models::BiLstmOptions{.input = {1, kSteps, 1},
                                                 .classes = 2,
                                                 .hidden = 8,
                                                 .bidirectional = bidirectional,
                                                 .dropout = 0},
                           setting.random(weights))),
        read_at(step) {
    lstm->set_normalisation({0.5F}, {0.25F});
    register_module("lstm", lstm);
    head = register_module("head", torch::nn::Linear(bidirectional ? 16 : 8, 2));
    const torch::NoGradGuard no_grad;
    head->weight.normal_(0, 0.3, setting.random(weights));
    head->bias.zero_();
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return head(lstm->forward_to(x, "states").select(1, read_at));
  }
};

/// The tagger at the learning rate that suits it best, of the same two for all, and its test accuracy.
struct Trained {
  std::shared_ptr<Tagger> net;
  double accuracy = 0;

  /// When it is shown the first `steps` steps of each sequence and no more.
  double accuracy_up_to(std::int64_t steps, const Examples& test) const {
    return interview::accuracy([&](const torch::Tensor& x) { return net->forward(x.narrow(2, 0, steps)); },
                               test);
  }
};

Trained learned(bool bidirectional, std::int64_t read_at, const Parts& data, const Setting& setting) {
  const auto with_rate = [&](double rate) {
    const auto net = std::make_shared<Tagger>(bidirectional, read_at, setting);
    const Network network = forward_of(*net);
    fit(*net, network, data.training, {setting.size(300, 100), 64, with_adam(rate)}, setting.random(order));
    return Trained{net, accuracy(network, data.test)};
  };
  return best_of({1e-2, 3e-2}, with_rate, &Trained::accuracy);
}

Trial run(const Setting& setting) {
  const std::int64_t later = setting.without_cause ? kNow - kApart : kNow + kApart;
  const auto drawn = [&](std::int64_t asked) {
    return Parts{.training = sequences(1000, asked, setting.random(training_sequences)),
                 .test = sequences(1000, asked, setting.random(test_sequences))};
  };
  const Parts future = drawn(later), past = drawn(kNow - kApart);
  const Trained both = learned(true, kNow, future, setting);
  const Trained one_way = learned(false, kNow, future, setting);
  const Trained delayed = learned(false, kNow + kApart, future, setting);
  const double on_stream = both.accuracy_up_to(kNow + 1, future.test);
  const Trained both_past = learned(true, kNow, past, setting);
  const Trained one_way_past = learned(false, kNow, past, setting);

  TrialSeries seen{"waiting", "label 2 steps ahead"}, seen_past{"waiting", "label 2 steps back"};
  for (std::int64_t steps = kNow + 1; steps <= kSteps; ++steps) {
    const std::int64_t ahead = steps - 1 - kNow;
    seen.add(ahead, 100 * both.accuracy_up_to(steps, future.test));
    seen_past.add(ahead, 100 * both_past.accuracy_up_to(steps, past.test));
  }
  return {.figures = {{"both ways", both.accuracy},
                      {"one way", one_way.accuracy},
                      {"live", on_stream},
                      {"delayed", delayed.accuracy},
                      {"past", both_past.accuracy - one_way_past.accuracy}},
          .series = {percent_by_category("accuracy", "bidirectional", {both.accuracy, both_past.accuracy}),
                     percent_by_category("accuracy", "one-way", {one_way.accuracy, one_way_past.accuracy}),
                     by_category("accuracy", "bidirectional, live", {100 * on_stream, seen_past.y.front()}),
                     seen, seen_past}};
}

}  // namespace

Experiment bidirectional() {
  return {
      .question = "When can a bidirectional recurrent network not be used?",
      .answer =
          "When the answer is needed before the sequence has ended: half of the network reads from the end "
          "to the beginning, and in a live stream there is no end yet.",
      .method =
          "Sequences of noisy bits; the label at step t is the bit of step t + 2. LSTMs, bidirectional and "
          "one-way, learn it from whole sequences, each at the better of two learning rates. Then the "
          "bidirectional one gets each test sequence only up to step t, and up to later steps.",
      .claims =
          {{"both ways", at_least("bidirectional, whole sequence: test accuracy", 0.95, Unit::percent)},
           {"one way", between("one-way: test accuracy", 0.4, 0.6, Unit::percent)},
           {"live", between("bidirectional, with input up to step t as in a live stream: test accuracy", 0.4,
                            0.6, Unit::percent)},
           {"delayed",
            caveat("A delay provides the future: a one-way network that answers two steps later is as good.",
                   at_least("one-way, answer two steps later: test accuracy", 0.95, Unit::percent))}},
      .controls = {{"past", between("label two steps back: test accuracy, bidirectional minus one-way", -0.02,
                                    0.02, Unit::points)}},
      .charts = {{"accuracy",
                  bar_chart("Test accuracy by where the label comes from", "label", "test accuracy, %",
                            {"2 steps ahead", "2 steps back"}, {{"chance", 50}})},
                 {"waiting", line_chart("A bidirectional network that waits", "steps after t that it sees",
                                        "test accuracy, %", {{"chance", 50}})}},
      .fine_print =
          "The problem is not the direction but the missing future: a one-way network that may answer two "
          "steps later is as good, and so is the bidirectional one once it sees those two steps. Speech "
          "recognition uses such a delay.",
      .sources =
          {"Schuster & Paliwal, Bidirectional recurrent neural networks, 1997",
           "Graves & Schmidhuber, Framewise phoneme classification with bidirectional LSTM and other neural "
           "network architectures, 2005"},
      .cause = "The future: the label is the bit of two steps back.",
      .run = run};
}

}  // namespace fathom::interview::q22
