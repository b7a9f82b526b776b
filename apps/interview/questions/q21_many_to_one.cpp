/// Question 21: where does one use a recurrent network that reads many steps and gives one answer?
///
/// Two such tasks are made here and learned by an LSTM: the verdict of a sentence, in which "not" turns the
/// adjective behind it and the clause behind "but" decides, and whether a voice is a woman's or a man's. The
/// rival sees the same steps as a bag, that is their mean, in which no order is left. Last come long
/// sentences whose first words decide, answered from the last state and from a maximum over all states.
#include <fmt/format.h>

#include "fathom/augment/random.hpp"
#include "fathom/draw/heatmap.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/image/picture.hpp"
#include "interview/material/question.hpp"
#include "interview/material/sentences.hpp"
#include "interview/material/voices.hpp"

namespace fathom::interview::q21 {
namespace {

using augment::Random;

enum Purpose : std::uint64_t {
  review_training,
  review_test,
  majority_training,
  majority_test,
  early_training,
  early_test,
  late_training,
  late_test,
  voices_training,
  voices_test,
  weights,
  head,
  order
};

Examples sentences(Sentence (*make)(Random&), std::int64_t steps, std::int64_t count, Purpose purpose,
                   const Setting& setting) {
  Random random(setting.random(purpose).current_seed());
  std::vector<std::int64_t> numbers, labels;
  for (std::int64_t i = 0; i < count; ++i) {
    const Sentence sentence = make(random);
    std::vector<std::int64_t> words = numbers_of(sentence.text, steps);
    if (setting.without_cause && steps == kWords)  // not the long ones
      std::shuffle(words.begin(), words.end(), random);
    numbers.insert(numbers.end(), words.begin(), words.end());
    labels.push_back(sentence.positive);
  }
  return {one_hot_rows(numbers, steps), torch::tensor(labels, torch::kLong)};
}

/// float [N, 1, frames, bands] in [0, 1]; label 1: a woman's.
Examples voices(std::int64_t count, Purpose purpose, const Setting& setting) {
  Random random(setting.random(purpose).current_seed());
  std::vector<Voice> all;
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < count; ++i) {
    all.push_back(voice(random));
    labels.push_back(all.back().woman);
  }
  return {mel_frames(all), torch::tensor(labels, torch::kLong)};
}

/// A learning task: its examples, and the number of training steps.
struct Task {
  Examples training, test;
  std::int64_t steps = 0;
};

/// A network to be trained, and what it says.
struct Untrained {
  std::shared_ptr<torch::nn::Module> module;
  Network network;
};

template <typename Module>
Untrained untrained(const std::shared_ptr<Module>& net) {
  return {net, [net](const torch::Tensor& x) { return net->forward(x); }};
}

/// A network that has learned, and how often it is right about the test samples.
struct Reader {
  Network network;
  double accuracy = 0;
};

/// At the learning rate that suits it best, of the same two for all. Ends early where all is learned.
Reader learned(const std::function<Untrained()>& build, const Task& task, const Setting& setting) {
  const auto with_rate = [&](double rate) {
    const Untrained net = build();
    fit(*net.module, net.network, task.training, {task.steps, 64, with_adam(rate)}, setting.random(order),
        [](std::int64_t, double loss) { return loss > 0.02; });
    return Reader{net.network, accuracy(net.network, task.test)};
  };
  return best_of({1e-2, 3e-2}, with_rate, &Reader::accuracy);
}

Model built(const models::Architecture& architecture, const Examples& training, const Setting& setting) {
  return built(architecture, normalisation_of(training), setting.random(weights));
}

models::InputShape shape_of(const Examples& examples) {
  return {1, examples.inputs.size(2), examples.inputs.size(3)};
}

Model lstm(const Examples& training, const Setting& setting) {
  return built(
      models::BiLstmOptions{
          .input = shape_of(training), .classes = 2, .hidden = 16, .bidirectional = false, .dropout = 0},
      training, setting);
}

/// Answers from the last state.
Reader by_last_state(const Task& task, const Setting& setting) {
  return learned([&] { return untrained(lstm(task.training, setting)); }, task, setting);
}

/// Answers from the largest value that each unit took at any step: max pooling.
struct Pooled : torch::nn::Module {
  Model net;
  torch::nn::Linear answer{nullptr};

  Pooled(const Examples& training, const Setting& setting) : net(lstm(training, setting)) {
    register_module("net", net);
    answer = register_module("answer", torch::nn::Linear(16, 2));
    const torch::NoGradGuard no_grad;
    answer->weight.normal_(0, 0.3, setting.random(head));
    answer->bias.zero_();
  }
  torch::Tensor forward(const torch::Tensor& x) { return answer(net->forward_to(x, "states").amax(1)); }
};

Reader by_largest_state(const Task& task, const Setting& setting) {
  const auto build = [&] { return untrained(std::make_shared<Pooled>(task.training, setting)); };
  return learned(build, task, setting);
}

/// The mean of the steps: how often each word occurs, but not where.
Examples bag_of(const Examples& examples) {
  return {examples.inputs.mean(2, /*keepdim=*/true), examples.labels};
}

/// A dense network on the bag.
Reader by_bag(const Task& task, const Setting& setting) {
  const Examples bag = bag_of(task.training);
  const auto build = [&] {
    return untrained(built(plain_mlp(shape_of(bag), {32}, {.classes = 2}), bag, setting));
  };
  return learned(build, {bag, bag_of(task.test), task.steps}, setting);
}

/// A bar up from the middle for a positive verdict, down for a negative one; [-1, 1].
torch::Tensor bar(double verdict) {
  constexpr std::int64_t width = 46, half = 30;
  const torch::Tensor map = torch::zeros({2 * half + 1, width});
  const auto length = static_cast<std::int64_t>(std::lround(half * std::abs(verdict)));
  map.narrow(0, verdict > 0 ? half - length : half + 1, length).fill_(verdict > 0 ? -0.8 : 0.8);
  torch::Tensor picture = draw::diverging_colours(map, 1);
  picture.select(1, half).fill_(120);
  return picture;
}

/// What the network holds of each example after every word.
torch::Tensor running_verdicts(const Network& network) {
  const torch::NoGradGuard no_grad;
  std::vector<draw::Panel> panels;
  for (const char* text :
       {"the bed is dirty but the bath is clean", "the bath is clean but the bed is dirty",
        "the room is not new and the lobby is great", "the room is new and the lobby is not great"}) {
    const std::vector<std::int64_t> numbers = numbers_of(text, kWords);
    const torch::Tensor sentence = one_hot_rows(numbers, kWords);
    for (std::int64_t i = 0; i < kWords; ++i) {
      const std::int64_t word = numbers[static_cast<std::size_t>(i)];
      if (word < 0) continue;
      const double verdict =
          2 * torch::softmax(network(sentence.narrow(2, 0, i + 1)), 1)[0][1].item<double>() - 1;
      panels.push_back(
          {bar(verdict), vocabulary()[static_cast<std::size_t>(word)], {fmt::format("{:+.2f}", verdict)}});
    }
    while (std::ssize(panels) % (kWords - 1) != 0)
      panels.push_back({torch::full({3, 61, 46}, 255, torch::kByte), "", {}});
  }
  return draw::sheet(panels, {.columns = kWords - 1});
}

/// Two men and two women.
torch::Tensor spectrograms(const Setting& setting) {
  Random random(setting.random(voices_test).current_seed());
  std::vector<draw::Panel> men, women;
  while (men.size() < 2 || women.size() < 2) {
    const Voice one = voice(random);
    std::vector<draw::Panel>& same = one.woman ? women : men;
    if (same.size() == 2) continue;
    same.push_back({spectrogram(one),
                    fmt::format("{}, pitch {:.0f} Hz", one.woman ? "woman" : "man", one.pitch),
                    {"0 to 4000 Hz upwards, 0.3 s"}});
  }
  men.insert(men.end(), women.begin(), women.end());
  return draw::sheet(men, {.columns = 2});
}

/// Test accuracies of two rivals on one task.
struct Duel {
  Reader lstm, rival;

  double lead() const { return lstm.accuracy - rival.accuracy; }
};

using Rival = Reader (*)(const Task&, const Setting&);

Duel duel(const Task& task, Rival rival, const Setting& setting) {
  return {by_last_state(task, setting), rival(task, setting)};
}

Trial run(const Setting& setting) {
  const std::int64_t count = setting.size(6000, 4000), voice_count = setting.size(2000, 1000);
  const auto read = [&](Sentence (*make)(Random&), std::int64_t words, Purpose training, Purpose test,
                        Rival rival, std::int64_t steps) {
    return duel({sentences(make, words, count, training, setting),
                 sentences(make, words, 1000, test, setting), steps},
                rival, setting);
  };
  const std::int64_t steps = setting.size(300, 120), few = setting.size(300, 80);
  const Duel reviews = read(review, kWords, review_training, review_test, by_bag, steps);
  const Duel majorities = read(majority, kWords, majority_training, majority_test, by_bag, steps);
  const Duel heard = duel(
      {voices(voice_count, voices_training, setting), voices(voice_count, voices_test, setting), steps / 2},
      by_bag, setting);
  const Duel early = read(setting.without_cause ? decided_late : decided_early, kLongWords, early_training,
                          early_test, by_largest_state, few);
  const Duel late = read(decided_late, kLongWords, late_training, late_test, by_largest_state, few);

  const auto curve = [](const char* chart, const char* name, const std::vector<Reader>& all) {
    std::vector<double> accuracies;
    for (const Reader& each : all) accuracies.push_back(each.accuracy);
    return percent_by_category(chart, name, accuracies);
  };
  return {
      .figures = {{"reviews", reviews.lstm.accuracy},
                  {"reviews, bag", reviews.rival.accuracy},
                  {"voices", heard.lstm.accuracy},
                  {"voices over bag", heard.lead()},
                  {"early", -early.lead()},
                  {"majority", majorities.lead()},
                  {"late", late.lead()}},
      .series = {curve("bag", "LSTM", {reviews.lstm, majorities.lstm, heard.lstm}),
                 curve("bag", "bag of its steps", {reviews.rival, majorities.rival, heard.rival}),
                 curve("clauses", "last state", {early.lstm, late.lstm}),
                 curve("clauses", "maximum over all states", {early.rival, late.rival})},
      .pictures = {{"The LSTM's opinion of four reviews after each word: from -1 (negative, red) to +1 "
                    "(positive, blue). The first two have the same words, and so do the last two: a bag "
                    "cannot distinguish them. The LSTM was trained on whole reviews only.",
                    running_verdicts(reviews.lstm.network)},
                   {"Four of the synthetic voices: time to the right, frequency upwards, dark where it is "
                    "loud. The fine lines are multiples of the pitch; the dark bands are the formants.",
                    spectrograms(setting)}}};
}

}  // namespace

Experiment many_to_one() {
  return {
      .question = "When is a recurrent network with many inputs and one output used?",
      .answer =
          "When a whole sequence gets one answer: is a review positive or negative, is a recorded voice a "
          "man's or a woman's? The network reads step by step, its state collects what matters, and the "
          "answer comes after the last step.",
      .method =
          "Reviews of 9 to 11 words in which \"not\" negates the next adjective and the clause after \"but\" "
          "decides; voices of 0.3 s, pulses through three formants, as 13 frames of 24 frequency bands. An "
          "LSTM of 16 units reads the steps in order; a dense network gets their mean, the bag. Finally, "
          "reviews of eight clauses, one of which decides, for LSTMs that answer from the last state or from "
          "each unit's maximum over all states. Each learns at the better of two rates.",
      .claims =
          {{"reviews",
            at_least("reviews with \"not\" and \"but\", LSTM: test accuracy", 0.95, Unit::percent)},
           {"reviews, bag", at_most("the same, bag of words: test accuracy", 0.75, Unit::percent)},
           {"voices", at_least("man or woman by the voice, LSTM: test accuracy", 0.95, Unit::percent)},
           {"voices over bag",
            caveat("Not every sequence needs a recurrent network: a bag of its frames identifies a voice as "
                   "well.",
                   between("the same, LSTM minus bag of frames", -0.05, 0.05, Unit::points))},
           {"early",
            caveat("The last state is not the best summary: if the first of eight clauses decides, the "
                   "maximum over all states is far ahead.",
                   at_least("the first of eight clauses decides: test accuracy, answer from the maximum over "
                            "all states minus from the last state",
                            0.2, Unit::points))}},
      .controls =
          {{"majority",
            between(
                "majority of three adjectives, where the order is irrelevant: test accuracy, LSTM minus bag",
                -0.03, 0.03, Unit::points)},
           {"late", between("the last of eight clauses decides: test accuracy, last state minus maximum",
                            -0.03, 0.03, Unit::points)}},
      .charts = {{"bag", bar_chart("Steps in order and as a bag", "task", "test accuracy, %",
                                   {"reviews: not, but", "majority of three", "voices"},
                                   {{"chance, 50 %", 50},
                                    {"best possible accuracy of a bag on the reviews, 62.5 %", 62.5}})},
                 {"clauses", bar_chart("Eight clauses, of which one decides", "the deciding clause",
                                       "test accuracy, %", {"first", "last"}, {{"chance", 50}})}},
      .fine_print =
          "Many steps and one answer do not require a recurrent network: the mean of the frames "
          "distinguishes these voices as well, because pitch and formants are present all the time. It is "
          "needed if the order matters. And the last state favours the last inputs: if the deciding word "
          "comes 35 steps before the end, the last state stays at chance for the whole training, while the "
          "maximum over all states learns the task completely. Pooling over the states, and attention, give "
          "every step a short path to the answer.",
      .sources = {"Hochreiter & Schmidhuber, Long short-term memory, 1997",
                  "Peterson & Barney, Control methods used in a study of the vowels, 1952",
                  "Iyyer, Manjunatha, Boyd-Graber & Daum\u00e9, Deep unordered composition rivals syntactic "
                  "methods for text classification, 2015"},
      .cause =
          "The order: the words of the reviews are shuffled, and the clause that decides is always the last.",
      .run = run};
}

}  // namespace fathom::interview::q21
