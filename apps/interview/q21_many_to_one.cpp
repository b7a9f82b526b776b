/// Question 21: where does one use a recurrent network that reads many steps and gives one answer?
///
/// Two such tasks are made here and learned by an LSTM: the verdict of a sentence, in which "not" turns the
/// adjective behind it and the clause behind "but" decides, and whether a voice is a woman's or a man's. The
/// rival sees the same steps as a bag, that is their mean, in which no order is left. Last come long
/// sentences whose first words decide, answered from the last state and from a maximum over all states.
#include <torch/fft.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fathom/augment/random.hpp"
#include "fathom/experiment/experiment.hpp"
#include "fathom/image/heatmap.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/image/sheet.hpp"
#include "fathom/models/image_model.hpp"
#include "training.hpp"

namespace fathom::interview {
namespace {
namespace q21 {

using augment::Random;
using experiment::Setting;
using experiment::Trial;

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

// Sentences.

using Words = std::vector<std::string>;

const std::array<Words, 3> kAdjectives = {Words{"bad", "awful", "dirty", "ugly"},
                                          Words{"big", "small", "new", "blue"},
                                          Words{"good", "great", "clean", "lovely"}};
const Words kNouns = {"room", "bed", "bath", "lobby"};
constexpr std::int64_t kWords = 11, kClauses = 8, kLongWords = 5 * kClauses - 1;

/// All words there are; a word is one-hot in their number.
const Words& vocabulary() {
  static const Words all = [] {
    Words words = {"the", "is", "not", "and", "but"};
    words.insert(words.end(), kNouns.begin(), kNouns.end());
    for (const Words& adjectives : kAdjectives)
      words.insert(words.end(), adjectives.begin(), adjectives.end());
    return words;
  }();
  return all;
}

std::int64_t number_of(const std::string& word) {
  const Words& all = vocabulary();
  return std::find(all.begin(), all.end(), word) - all.begin();
}

struct Sentence {
  std::string text;
  std::int64_t positive = 0;  ///< the label
};

const std::string& one_of(const Words& words, Random& random) {
  return words[static_cast<std::size_t>(random.whole(0, std::ssize(words) - 1))];
}
bool coin(Random& random) { return random.whole(0, 1) == 1; }

/// An adjective of a mood: -1, 0 or 1.
const std::string& adjective(std::int64_t mood, Random& random) {
  return one_of(kAdjectives[static_cast<std::size_t>(mood + 1)], random);
}
std::string subject(Random& random) { return "the " + one_of(kNouns, random) + " is "; }

/// "the room is good" or "the room is not bad", with equal chances.
std::string clause(std::int64_t verdict, Random& random) {
  const std::string start = subject(random);
  return coin(random) ? start + "not " + adjective(-verdict, random) : start + adjective(verdict, random);
}

/// Half of them "X but Y", where X and Y disagree and Y decides; half "X and Y", where one of the two is
/// neutral. A bag of the words is at a loss about the first half, as X and Y may have been swapped, and about
/// a half of the rest, as one "not" may belong to either. What is left to it is 62.5 %.
Sentence review(Random& random) {
  const bool positive = coin(random);
  const std::int64_t verdict = positive ? 1 : -1;
  if (coin(random)) return {clause(-verdict, random) + " but " + clause(verdict, random), positive};
  const std::string judged = clause(verdict, random), neutral = clause(0, random);
  return {coin(random) ? judged + " and " + neutral : neutral + " and " + judged, positive};
}

/// Three adjectives, good or bad; the majority decides, in whatever order they come.
Sentence majority(Random& random) {
  std::array<std::int64_t, 3> moods{};
  for (std::int64_t& mood : moods) mood = coin(random) ? 1 : -1;
  const std::string first =
      subject(random) + adjective(moods[0], random) + " and " + adjective(moods[1], random);
  return {first + " and " + subject(random) + adjective(moods[2], random),
          moods[0] + moods[1] + moods[2] > 0};
}

/// Eight clauses, of which the one at `place` decides and the others are neutral.
Sentence long_review(std::int64_t place, Random& random) {
  const bool positive = coin(random);
  Sentence sentence{"", positive};
  for (std::int64_t i = 0; i < kClauses; ++i) {
    const std::int64_t verdict = positive ? 1 : -1;
    sentence.text += (i > 0 ? " and " : "") + subject(random) + adjective(i == place ? verdict : 0, random);
  }
  return sentence;
}
Sentence decided_early(Random& random) { return long_review(0, random); }
Sentence decided_late(Random& random) { return long_review(kClauses - 1, random); }

/// The numbers of a sentence's words, after as many blanks (-1) as fill it up to `steps`.
std::vector<std::int64_t> numbers_of(const std::string& text, std::int64_t steps) {
  std::vector<std::int64_t> numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) numbers.push_back(number_of(word));
  numbers.insert(numbers.begin(), static_cast<std::size_t>(steps - std::ssize(numbers)), -1);
  return numbers;
}

/// float [N, 1, steps, words]: one word per step, as a picture whose rows are one-hot; blanks are zero.
torch::Tensor one_hot_rows(const std::vector<std::int64_t>& numbers, std::int64_t steps) {
  const torch::Tensor all = torch::tensor(numbers, torch::kLong);
  return torch::one_hot(all + 1, std::ssize(vocabulary()) + 1)
      .narrow(1, 1, std::ssize(vocabulary()))
      .to(torch::kFloat)
      .view({-1, 1, steps, std::ssize(vocabulary())});
}

Samples sentences(Sentence (*make)(Random&), std::int64_t steps, std::int64_t count, Purpose purpose,
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

// Voices.

constexpr double kRate = 8000;                                                  // samples a second
constexpr std::int64_t kSamples = 2400, kFrame = 400, kHop = 160, kBands = 24;  // 0.3 s; 50 ms; 20 ms
constexpr std::int64_t kFrames = (kSamples - kFrame) / kHop + 1;

/// The first three formants of men's vowels, Hz (Peterson & Barney 1952).
constexpr std::array<std::array<double, 3>, 5> kVowels = {
    {{270, 2290, 3010}, {530, 1840, 2480}, {660, 1720, 2410}, {730, 1090, 2440}, {300, 870, 2240}}};

/// One formant: a resonator of two poles, which rings at a frequency that may move.
struct Resonator {
  double bandwidth, before = 0, before_that = 0;

  double operator()(double input, double frequency) {
    const double radius = std::exp(-std::numbers::pi * bandwidth / kRate);
    const double a = 2 * radius * std::cos(2 * std::numbers::pi * frequency / kRate), b = -radius * radius;
    const double output = (1 - a - b) * input + a * before + b * before_that;
    before_that = before;
    return before = output;
  }
};

struct Voice {
  bool woman = false;
  double pitch = 0;          ///< Hz, in the middle
  std::vector<float> sound;  ///< kSamples
};

/// Pulses of the vocal cords through three formants that glide from one vowel to another. Women's pitch is
/// higher as a rule, and their formants by 17 %; every speaker differs by up to 4 %.
Voice voice(Random& random) {
  Voice one{.woman = coin(random), .pitch = 0, .sound = {}};
  one.pitch = one.woman ? random.uniform(165, 255) : random.uniform(85, 180);
  const double length = (one.woman ? 1.17 : 1) * random.uniform(0.96, 1.04);
  const double bend = random.uniform(-0.2, 0.2);
  const auto& from = kVowels[static_cast<std::size_t>(random.whole(0, std::ssize(kVowels) - 1))];
  const auto& to = kVowels[static_cast<std::size_t>(random.whole(0, std::ssize(kVowels) - 1))];
  std::array<Resonator, 3> formants = {{{80}, {100}, {120}}};
  double phase = random.uniform();
  for (std::int64_t t = 0; t < kSamples; ++t) {
    const double along = static_cast<double>(t) / kSamples;
    phase += one.pitch * (1 + bend * (along - 0.5)) / kRate;
    double sound = phase >= 1 ? 1 : 0;
    phase -= std::floor(phase);
    sound += 0.02 * random.uniform(-1, 1);  // breath
    for (std::size_t k = 0; k < formants.size(); ++k)
      sound = formants[k](sound, length * (from[k] + along * (to[k] - from[k])));
    one.sound.push_back(static_cast<float>(sound));
  }
  return one;
}

/// Power of windows of `frame` samples, every `hop` samples: [N, samples] -> [N, frames, frame / 2 + 1].
torch::Tensor power(const torch::Tensor& sounds, std::int64_t frame, std::int64_t hop) {
  const torch::Tensor window = torch::hann_window(frame);
  return torch::fft::rfft(sounds.unfold(1, frame, hop) * window).abs().square();
}

/// Triangles from each band's lower neighbour to its upper one, evenly spaced in mel, a scale on which steps
/// sound alike: [bins, kBands].
torch::Tensor mel_bands() {
  const auto hertz = [](double mel) { return 700 * (std::pow(10, mel / 2595) - 1); };
  const double top = 2595 * std::log10(1 + kRate / 2 / 700);
  const torch::Tensor bins = torch::arange(kFrame / 2 + 1) * (kRate / kFrame);
  std::vector<torch::Tensor> bands;
  for (std::int64_t k = 0; k < kBands; ++k) {
    const auto at = [&](std::int64_t i) { return hertz(top * static_cast<double>(i) / (kBands + 1)); };
    const torch::Tensor up = (bins - at(k)) / (at(k + 1) - at(k)),
                        down = (at(k + 2) - bins) / (at(k + 2) - at(k + 1));
    bands.push_back(torch::minimum(up, down).clamp_min(0));
  }
  return torch::stack(bands, 1);
}

/// Decibels below the loudest value of each voice, `range` of them as [0, 1].
torch::Tensor loudness(const torch::Tensor& powers, double range) {
  const torch::Tensor loudest = powers.amax({1, 2}, /*keepdim=*/true);
  return (1 + 10 * (powers / loudest + 1e-12).log10() / range).clamp(0, 1);
}

/// float [N, 1, kFrames, kBands] in [0, 1]; label 1: a woman's.
Samples voices(std::int64_t count, Purpose purpose, const Setting& setting) {
  Random random(setting.random(purpose).current_seed());
  const torch::Tensor sounds = torch::empty({count, kSamples});
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < count; ++i) {
    const Voice one = voice(random);
    std::copy(one.sound.begin(), one.sound.end(), sounds[i].data_ptr<float>());
    labels.push_back(one.woman);
  }
  const torch::Tensor bands = power(sounds, kFrame, kHop).matmul(mel_bands());
  return {loudness(bands, 60).unsqueeze(1), torch::tensor(labels, torch::kLong)};
}

// Networks.

/// A network that has learned, and how often it is right about the test samples.
struct Learned {
  std::shared_ptr<torch::nn::Module> module;
  Network network;
  double accuracy = -1;
};

using Untrained = std::function<Learned()>;

/// At the learning rate that suits it best, of the same two for all. Ends early where all is learned.
Learned learned(const Untrained& untrained, const Samples& training, const Samples& test, std::int64_t steps,
                const Setting& setting) {
  Learned best;
  for (const double rate : {1e-2, 3e-2}) {
    Learned now = untrained();
    fit(*now.module, now.network, training,
        {steps, 64, {.kind = optim::OptimizerKind::adam, .learning_rate = rate}}, setting.random(order),
        [](std::int64_t, double loss) { return loss > 0.02; });
    now.accuracy = accuracy(now.network, test);
    if (now.accuracy > best.accuracy) best = now;
  }
  return best;
}

std::shared_ptr<models::ImageModel> built(const models::Architecture& architecture, const Samples& training,
                                          const Setting& setting) {
  const auto net = models::build(architecture, setting.random(weights));
  net->set_normalisation({training.inputs.mean().item<float>()}, {training.inputs.std().item<float>()});
  return net;
}

models::InputShape shape_of(const Samples& samples) {
  return {1, samples.inputs.size(2), samples.inputs.size(3)};
}

std::shared_ptr<models::ImageModel> lstm(const Samples& training, const Setting& setting) {
  return built(
      models::BiLstmOptions{
          .input = shape_of(training), .classes = 2, .hidden = 16, .bidirectional = false, .dropout = 0},
      training, setting);
}

/// Answers from the last state.
Learned by_last_state(const Samples& training, const Samples& test, std::int64_t steps,
                      const Setting& setting) {
  const auto untrained = [&] {
    const auto net = lstm(training, setting);
    return Learned{net, [net](const torch::Tensor& x) { return net->forward(x); }};
  };
  return learned(untrained, training, test, steps, setting);
}

/// Answers from the largest value that each unit took at any step: max pooling.
struct Pooled : torch::nn::Module {
  std::shared_ptr<models::ImageModel> net;
  torch::nn::Linear answer{nullptr};

  Pooled(const Samples& training, const Setting& setting) : net(lstm(training, setting)) {
    register_module("net", net);
    answer = register_module("answer", torch::nn::Linear(16, 2));
    const torch::NoGradGuard no_grad;
    answer->weight.normal_(0, 0.3, setting.random(head));
    answer->bias.zero_();
  }
  torch::Tensor forward(const torch::Tensor& x) { return answer(net->forward_to(x, "states").amax(1)); }
};

Learned by_largest_state(const Samples& training, const Samples& test, std::int64_t steps,
                         const Setting& setting) {
  const auto untrained = [&] {
    const auto net = std::make_shared<Pooled>(training, setting);
    return Learned{net, [net](const torch::Tensor& x) { return net->forward(x); }};
  };
  return learned(untrained, training, test, steps, setting);
}

/// The mean of the steps: how often each word occurs, and nowhere where.
Samples bag_of(const Samples& samples) { return {samples.inputs.mean(2, /*keepdim=*/true), samples.labels}; }

/// A dense network on the bag.
Learned by_bag(const Samples& training, const Samples& test, std::int64_t steps, const Setting& setting) {
  const Samples bag = bag_of(training);
  const auto untrained = [&] {
    const auto net = built(
        models::MlpOptions{
            .input = shape_of(bag), .classes = 2, .hidden = {32}, .dropout = 0, .batch_norm = false},
        bag, setting);
    return Learned{net, [net](const torch::Tensor& x) { return net->forward(x); }};
  };
  return learned(untrained, bag, bag_of(test), steps, setting);
}

// Pictures.

/// A bar up from the middle for a positive verdict, down for a negative one; [-1, 1].
torch::Tensor bar(double verdict) {
  constexpr std::int64_t width = 46, half = 30;
  const torch::Tensor map = torch::zeros({2 * half + 1, width});
  const auto length = static_cast<std::int64_t>(std::lround(half * std::abs(verdict)));
  map.narrow(0, verdict > 0 ? half - length : half + 1, length).fill_(verdict > 0 ? -0.8 : 0.8);
  torch::Tensor picture = image::diverging_colours(map, 1);
  picture.select(1, half).fill_(120);
  return picture;
}

/// What the network holds of each example after every word.
torch::Tensor running_verdicts(const Network& network) {
  const torch::NoGradGuard no_grad;
  std::vector<image::Panel> panels;
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
  return image::sheet(panels, {.columns = kWords - 1});
}

/// Time to the right, frequency upwards, dark is loud.
torch::Tensor spectrogram(const Voice& voice) {
  const torch::Tensor sound = torch::tensor(voice.sound).unsqueeze(0);
  const torch::Tensor shown = loudness(power(sound, kFrame, 8), 60)[0].t().flip(0);
  return image::resize(image::to_picture(1 - shown.unsqueeze(0)), {300, 300});
}

/// Two men and two women.
torch::Tensor spectrograms(const Setting& setting) {
  Random random(setting.random(voices_test).current_seed());
  std::vector<image::Panel> men, women;
  while (men.size() < 2 || women.size() < 2) {
    const Voice one = voice(random);
    std::vector<image::Panel>& same = one.woman ? women : men;
    if (same.size() == 2) continue;
    same.push_back({spectrogram(one),
                    fmt::format("{}, pitch {:.0f} Hz", one.woman ? "woman" : "man", one.pitch),
                    {"0 to 4000 Hz upwards, 0.3 s"}});
  }
  men.insert(men.end(), women.begin(), women.end());
  return image::sheet(men, {.columns = 2});
}

/// Test accuracies of two rivals on one task.
struct Duel {
  Learned lstm, rival;

  double lead() const { return lstm.accuracy - rival.accuracy; }
};

using Rival = Learned (*)(const Samples&, const Samples&, std::int64_t, const Setting&);

Duel duel(const Samples& training, const Samples& test, Rival rival, std::int64_t steps,
          const Setting& setting) {
  return {by_last_state(training, test, steps, setting), rival(training, test, steps, setting)};
}

Trial run(const Setting& setting) {
  const std::int64_t count = setting.size(6000, 4000), voice_count = setting.size(2000, 1000);
  const auto read = [&](Sentence (*make)(Random&), std::int64_t words, Purpose training, Purpose test,
                        Rival rival, std::int64_t steps) {
    return duel(sentences(make, words, count, training, setting), sentences(make, words, 1000, test, setting),
                rival, steps, setting);
  };
  const std::int64_t steps = setting.size(300, 120), few = setting.size(300, 40);
  const Duel reviews = read(review, kWords, review_training, review_test, by_bag, steps);
  const Duel majorities = read(majority, kWords, majority_training, majority_test, by_bag, steps);
  const Duel heard = duel(voices(voice_count, voices_training, setting),
                          voices(voice_count, voices_test, setting), by_bag, steps / 2, setting);
  const Duel early = read(setting.without_cause ? decided_late : decided_early, kLongWords, early_training,
                          early_test, by_largest_state, few);
  const Duel late = read(decided_late, kLongWords, late_training, late_test, by_largest_state, few);

  const auto curve = [](std::size_t chart, const char* name, const std::vector<Learned>& all) {
    experiment::Curve bars{chart, name, {}, {}};
    for (const Learned& each : all) {
      bars.x.push_back(static_cast<double>(bars.x.size()));
      bars.y.push_back(100 * each.accuracy);
    }
    return bars;
  };
  return {.claims = {reviews.lstm.accuracy, reviews.rival.accuracy, heard.lstm.accuracy, heard.lead(),
                     -early.lead()},
          .controls = {majorities.lead(), late.lead()},
          .curves = {curve(0, "LSTM", {reviews.lstm, majorities.lstm, heard.lstm}),
                     curve(0, "bag of its steps", {reviews.rival, majorities.rival, heard.rival}),
                     curve(1, "last state", {early.lstm, late.lstm}),
                     curve(1, "maximum over all states", {early.rival, late.rival})},
          .pictures = {{"What the LSTM holds of four reviews after each word: from -1 (negative, red) to +1 "
                        "(positive, blue). The first two are made of the same words, and so are the last "
                        "two: a bag cannot tell them apart. The LSTM was trained on whole reviews only.",
                        running_verdicts(reviews.lstm.network)},
                       {"Four of the voices that were made: time to the right, frequency upwards, dark where "
                        "it is loud. The fine lines are multiples of the pitch, the dark bands the formants.",
                        spectrograms(setting)}}};
}

}  // namespace q21
}  // namespace

experiment::Experiment many_to_one() {
  using namespace experiment;
  return {
      .number = 21,
      .slug = "many-to-one",
      .question = "Where does one use a recurrent network with many inputs and one output?",
      .answer =
          "Where a whole sequence gets one answer: is a review positive or negative, is a recorded voice a "
          "man's or a woman's. The network reads step by step, its state gathers what matters, and the "
          "answer "
          "is given after the last step.",
      .method =
          "Reviews of 9 to 11 words in which \"not\" turns the adjective behind it and the clause behind "
          "\"but\" decides; voices of 0.3 s, pulses through three formants, as 13 frames of 24 frequency "
          "bands. An LSTM of 16 units reads the steps in order; a dense network gets their mean, the bag. "
          "Last, reviews of eight clauses of which one decides, for LSTMs that answer from the last state "
          "and "
          "from each unit's maximum over all states. Each learns at the better of two rates.",
      .claims = {at_least("reviews with \"not\" and \"but\", LSTM: test accuracy", 0.95, Unit::percent),
                 at_most("the same, bag of words: test accuracy", 0.75, Unit::percent),
                 at_least("man or woman by the voice, LSTM: test accuracy", 0.95, Unit::percent),
                 between("the same, LSTM minus bag of frames", -0.05, 0.05, Unit::points),
                 at_least(
                     "the first of eight clauses decides: test accuracy, answer from the maximum over all "
                     "states minus from the last state",
                     0.2, Unit::points)},
      .controls = {between("majority of three adjectives, where order is nothing: test accuracy, LSTM minus "
                           "bag",
                           -0.03, 0.03, Unit::points),
                   between("the last of eight clauses decides: test accuracy, last state minus maximum",
                           -0.03, 0.03, Unit::points)},
      .charts = {{.title = "Steps in order and as a bag",
                  .x_label = "task",
                  .y_label = "test accuracy, %",
                  .series = {},
                  .marks = image::Marks::bars,
                  .categories = {"reviews: not, but", "majority of three", "voices"},
                  .guides = {{"chance, 50 %", 50},
                             {"the most that a bag can know of the reviews, 62.5 %", 62.5}}},
                 {.title = "Eight clauses, of which one decides",
                  .x_label = "the deciding clause",
                  .y_label = "test accuracy, %",
                  .series = {},
                  .marks = image::Marks::bars,
                  .categories = {"first", "last"},
                  .guides = {{"chance", 50}}}},
      .fine_print =
          "That there are many steps and one answer does not make a recurrent network necessary: these "
          "voices "
          "are told apart as well by the mean of their frames, for pitch and formants are there all the "
          "time. "
          "It is needed where the order matters. And the last state favours what came last: where the "
          "deciding word stands 35 steps before the end, the last state stays at chance for the "
          "whole training, in which the maximum over all states learns all of it. Pooling "
          "over the states, and attention, give every step a short way to the answer.",
      .sources = {"Hochreiter & Schmidhuber, Long short-term memory, 1997",
                  "Peterson & Barney, Control methods used in a study of the vowels, 1952",
                  "Iyyer, Manjunatha, Boyd-Graber & Daum\u00e9, Deep unordered composition rivals syntactic "
                  "methods for text classification, 2015"},
      .cause =
          "The order: the words of the reviews are shuffled, and the clause that decides is always the last.",
      .run = q21::run};
}

}  // namespace fathom::interview
