/// Question 18: which hyperparameters does transfer learning have?
///
/// A small CNN learns five kinds of clothes. Then the other five are learned from 50 labels and from many:
/// with none of its layers, the first three or all five kept, frozen or tuned, and with a dense layer added
/// above them or not.
#include "interview/material/question.hpp"

namespace fathom::interview::q18 {
namespace {

enum Purpose : std::uint64_t { training_pictures, test_pictures, weights, head_weights, order, labels };

constexpr std::int64_t kClasses = 5, kLayers = 5, kFew = 50;

/// Five of the ten kinds.
using Kinds = std::array<std::int64_t, kClasses>;
constexpr Kinds kFirst = {0, 2, 5, 7, 8};   // T-shirt, pullover, sandal, sneaker, bag
constexpr Kinds kSecond = {1, 3, 4, 6, 9};  // trouser, dress, coat, shirt, ankle boot

/// Pictures of those kinds at half their size, moved by up to three pixels each way and with noise, so that
/// features are worth having; the labels are 0 to 4.
Examples pictures_of(const data::ImageSet& set, const Kinds& kinds, std::int64_t count,
                     torch::Generator random) {
  const Examples drawn = drawn_examples(set, 3 * count, random);  // half of them are of these kinds
  const torch::Tensor labels = places_among(kinds, drawn.labels);
  const Examples chosen =
      Examples{drawn.inputs, labels}.at((labels >= 0).nonzero().squeeze(1).narrow(0, 0, count));
  const Examples shown = moved(halved(chosen), 3, random);
  return {shown.inputs + 0.2 * torch::randn(shown.inputs.sizes(), random), shown.labels};
}

Model cnn(const Setting& setting) {
  return built(models::CnnOptions{.input = {1, kHalfSide, kHalfSide},
                                  .classes = kClasses,
                                  .stem = 8,
                                  .blocks = {8, 16},
                                  .head = models::Head::flatten,
                                  .batch_norm = false},
               {0.286F, 0.32F}, setting.random(weights));
}

/// The network whose layers are handed on.
Model taught(const Examples& examples, const Setting& setting) {
  Model net = cnn(setting);
  fit(*net, examples, {setting.size(700, 350), 32, with_adam(3e-3)}, setting.random(order));
  return net;
}

/// Which layers are reused, and how.
struct Reuse {
  std::int64_t kept = 0;  ///< so many convolutions from the input on; the others start anew
  bool frozen = false;    ///< the kept ones stay as they are
  bool added = false;     ///< a dense layer of 32 units before the logits
};

/// A convolutional trunk with a head of its own.
class Transferred : public torch::nn::Module {
 public:
  Transferred(const models::ImageModel& source, const Reuse& reuse, const Setting& setting)
      : trunk_(register_module("trunk", cnn(setting))) {
    const torch::NoGradGuard no_grad;
    const auto handed_on = source.named_parameters();
    const auto is_kept = [&](const std::string& name) {  // such as "conv3.weight"
      return name.rfind("conv", 0) == 0 && name[4] - '0' <= reuse.kept;
    };
    for (auto& item : trunk_->named_parameters())
      if (is_kept(item.key())) item.value().copy_(handed_on[item.key()]);
    freeze(*trunk_,
           [&](const std::string& name) { return is_of_head(name) || (reuse.frozen && is_kept(name)); });
    torch::Generator random = setting.random(head_weights);
    std::int64_t width = trunk_->named_parameters()["head.weight"].size(1);
    if (reuse.added) {
      hidden_ = register_module("hidden", dense(width, 32, random));
      width = 32;
    }
    logits_ = register_module("logits", dense(width, kClasses, random));
  }
  torch::Tensor forward(const torch::Tensor& images) {
    const torch::Tensor x = trunk_->features(images);
    return logits_(hidden_ ? torch::relu(hidden_(x)) : x);
  }

 private:
  static torch::nn::Linear dense(std::int64_t from, std::int64_t to, torch::Generator random) {
    torch::nn::Linear layer(from, to);
    layer->weight.normal_(0, std::sqrt(2. / static_cast<double>(from)), std::move(random));
    layer->bias.zero_();
    return layer;
  }
  Model trunk_;
  torch::nn::Linear hidden_{nullptr}, logits_{nullptr};
};

/// What is learned: several small sets of the same size, or one large one.
struct Task {
  const char* chart;
  std::vector<Examples> trainings;
  Examples validation, test;
  std::int64_t steps = 0, batch = 32;
};

/// Test accuracy, averaged over the sets, at the learning rate that does best on the validation
/// pictures, of the same two for all.
double transferred(const models::ImageModel& source, const Reuse& reuse, const Task& task,
                   const Setting& setting) {
  return best_mean({3e-3, 1e-2}, task.trainings, [&](const Examples& training, double rate) {
    Transferred net(source, reuse, setting);
    const Network network = forward_of(net);
    fit(net, network, training, {task.steps, task.batch, with_adam(rate)}, setting.random(order));
    return Scores{accuracy(network, task.validation), accuracy(network, task.test)};
  });
}

/// A row of the heat map: one way to treat the kept layers, for every number of them.
TrialSeries row(Reuse reuse, const Task& task, const models::ImageModel& source, double from_scratch,
                const Setting& setting) {
  const std::string name =
      std::string(reuse.frozen ? "frozen" : "tuned") + (reuse.added ? ", one added" : "");
  std::vector<double> accuracies = {100 * from_scratch};
  for (const std::int64_t kept : {3, 5}) {
    const bool skipped = setting.quick && kept != kLayers;
    reuse.kept = kept;
    accuracies.push_back(skipped ? std::nan("") : 100 * transferred(source, reuse, task, setting));
  }
  return by_category(task.chart, name, accuracies);
}

Trial run(const Setting& setting) {
  const data::ImageSet &train = setting.data("fashion-mnist", data::Split::train),
                       &test = setting.data("fashion-mnist", data::Split::test);
  const Examples first = pictures_of(train, kFirst, 5000, setting.random(training_pictures));
  Examples by_lot = first;
  by_lot.labels = torch::randint(kClasses, {first.size()}, setting.random(labels), torch::kLong);
  const Model unrelated = taught(by_lot, setting);
  const Model source = setting.without_cause ? unrelated : taught(first, setting);

  const std::int64_t count = setting.size(5000, 3000), for_validation = setting.size(500, 300);
  const Examples second =
      pictures_of(train, kSecond, count + for_validation, setting.random(training_pictures));
  Task few{.chart = "few",
           .validation = second.part(count, for_validation),
           .test = pictures_of(test, kSecond, setting.size(1500, 1000), setting.random(test_pictures)),
           .steps = setting.size(80, 60),
           .batch = 16};
  for (std::int64_t i = 0; i < 3; ++i) few.trainings.push_back(second.part(i * kFew, kFew));
  const Task many{.chart = "many",
                  .trainings = {second.first(count)},
                  .validation = few.validation,
                  .test = few.test,
                  .steps = setting.size(260, 200)};

  std::vector<TrialSeries> rows;
  for (const bool added : {false, true}) {
    if (added && setting.quick) break;
    for (const Task& task : {few, many}) {
      const double scratch = transferred(*source, {.added = added}, task, setting);
      rows.push_back(row({.frozen = true, .added = added}, task, *source, scratch, setting));
      rows.push_back(row({.frozen = false, .added = added}, task, *source, scratch, setting));
    }
  }
  const auto &few_frozen = rows[0].y, &many_frozen = rows[2].y, &many_tuned = rows[3].y;
  const double unrelated_few = transferred(*unrelated, {.kept = kLayers, .frozen = true}, few, setting);
  return {.figures = {{"few, frozen", (few_frozen.back() - few_frozen.front()) / 100},
                      {"many, tuned", (many_tuned.back() - many_frozen.back()) / 100},
                      {"unrelated", unrelated_few - few_frozen.front() / 100}},
          .series = rows};
}

}  // namespace

Experiment transfer() {
  const draw::Chart map{.title = "Transfer to 50 labels",
                        .x_label = "layers kept, of 5",
                        .y_label = "how they are used",
                        .height = 300,
                        .marks = draw::Marks::cells,
                        .categories = {"0", "3", "5"},
                        .value_label = "test accuracy, %"};
  draw::Chart of_many = map;
  of_many.title = "Transfer to thousands of labels";
  return {
      .question = "Which hyperparameters does transfer learning have?",
      .answer =
          "How many layers are kept, how many are added above them, and which of them are frozen. With few "
          "labels, keep and freeze most layers, so that little has to be learned; with many, tune "
          "everything.",
      .method =
          "A CNN of five convolutions learns five kinds of clothes, shifted and noisy. Its layers up to the "
          "third or fifth are kept for the other five kinds, frozen or tuned, with a dense layer of 32 units "
          "added or not; the other layers are re-initialised. They learn from 50 labels (several draws) and "
          "from thousands, each at the better of two learning rates on 500 additional validation pictures "
          "(300 in a quick run).",
      .claims = {{"few, frozen",
                  on_every_seed(
                      at_least("50 labels: test accuracy, all 5 layers kept and frozen minus from scratch",
                               0.01, Unit::points))},
                 {"many, tuned",
                  on_every_seed(at_least("many labels: test accuracy, 5 layers kept and tuned minus frozen",
                                         0, Unit::points))}},
      .controls = {{"unrelated", on_every_seed(at_most("50 labels, layers kept from a network trained on "
                                                       "random labels: test accuracy minus from scratch",
                                                       0, Unit::points))}},
      .charts = {{"few", map}, {"many", of_many}},
      .fine_print =
          "The kept layers must be useful: the kinds were chosen so that each half has tops and shoes. From "
          "the first five classes of Fashion-MNIST (tops and trousers) to the last five (mostly shoes), "
          "these small networks gained nothing in a trial. And layers learn together: after a cut between "
          "two of them, the upper ones have to learn again what the lower ones relied on. The best cut must "
          "be tried, as the maps show.",
      .sources =
          {"Yosinski, Clune, Bengio & Lipson, How transferable are features in deep neural networks?, 2014"},
      .cause = "The knowledge in the kept layers: they come from a network trained on random labels.",
      .run = run};
}

}  // namespace fathom::interview::q18
