/// Question 12: when does multi-task learning help?
///
/// A dense network learns from few labels to which of six groups a piece of clothing belongs. Beside it a
/// related task has thousands: which of ten kinds is it? The two are learned together with one trunk for
/// both, or with a trunk each and a penalty on the distance between them; then with kinds that are drawn by
/// lot, and with plenty of labels for the groups.
#include "fathom/nn/initialisation.hpp"
#include "interview/material/question.hpp"

namespace fathom::interview::q12 {
namespace {

enum Purpose : std::uint64_t {
  training_pictures,
  test_pictures,
  weights,
  heads,
  order,
  related_order,
  labels,
  disturbances = 100
};

constexpr std::int64_t kKinds = 10, kGroups = 6, kFew = 100, kPlenty = 3000, kRelated = 6000,
                       kValidation = 1000;
constexpr std::int64_t kDraws = 4;  // where labels are few

/// At half their size, moved by up to two pixels each way and with noise.
Examples noisy_clothes(const Setting& setting, data::Split split, std::int64_t count, Purpose purpose) {
  torch::Generator random = setting.random(disturbances + purpose);
  const Examples shifted = moved(small_clothes(setting, split, count, purpose), 2, random);
  return {shifted.inputs + 0.1 * torch::randn(shifted.inputs.sizes(), random), shifted.labels};
}

/// T-shirts; pullovers, coats and shirts; trousers and dresses; sandals; sneakers and boots; bags.
Examples in_groups(const Examples& examples) {
  const torch::Tensor group_of = torch::tensor({0, 2, 1, 2, 1, 3, 1, 4, 5, 4}, torch::kLong);
  return {examples.inputs, group_of.index_select(0, examples.labels)};
}

enum class Sharing {
  none,  ///< the task by itself
  hard,  ///< one trunk, a head for each task
  soft,  ///< two trunks that start alike and are held together by a penalty
};

class TwoTasks : public torch::nn::Module {
 public:
  TwoTasks(Sharing sharing, const Setting& setting) : trunk_(register_module("trunk", trunk(setting))) {
    torch::Generator random = setting.random(heads);
    own_ = register_module("own", head(kGroups, random));
    if (sharing == Sharing::none) return;
    related_trunk_ = sharing == Sharing::hard ? trunk_ : register_module("related_trunk", trunk(setting));
    related_ = register_module("related", head(kKinds, random));
  }

  torch::Tensor own(const torch::Tensor& images) { return own_(trunk_->features(images)); }
  torch::Tensor related(const torch::Tensor& images) { return related_(related_trunk_->features(images)); }

  /// The squared distance between the trunks' weights.
  torch::Tensor distance() const {
    const auto one = trunk_->parameters(), other = related_trunk_->parameters();
    torch::Tensor sum = torch::zeros({});
    for (std::size_t i = 0; i < one.size(); ++i)
      if (one[i].requires_grad()) sum = sum + (one[i] - other[i]).pow(2).sum();
    return sum;
  }

 private:
  static constexpr std::int64_t kFeatures = 32;

  static std::shared_ptr<models::ImageModel> trunk(const Setting& setting) {
    const auto net = built(plain_mlp({1, kHalfSide, kHalfSide}, {64, kFeatures}), {0.286F, 0.32F},
                           setting.random(weights));
    freeze(*net, is_of_head);  // its logits are not used
    return net;
  }

  static torch::nn::Linear head(std::int64_t classes, torch::Generator random) {
    torch::nn::Linear layer(kFeatures, classes);
    nn::initialise(*layer, nn::Init::he, std::move(random));
    return layer;
  }

  std::shared_ptr<models::ImageModel> trunk_, related_trunk_;
  torch::nn::Linear own_{nullptr}, related_{nullptr};
};

/// The task with few labels, several times with others, and the one beside it.
struct Tasks {
  std::vector<Examples> own;
  Examples related, validation, test;
};

/// Learns both tasks for a while and says how well the first is done.
Scores learned(Sharing sharing, const Examples& own, const Tasks& tasks, double rate,
               const Setting& setting) {
  constexpr double stiffness = 1.0;
  TwoTasks net(sharing, setting);
  optim::FlatParameters parameters(net);
  optim::Optimizer optimizer(parameters, with_adam(rate));
  torch::Generator random = setting.random(order), related_random = setting.random(related_order);
  const std::int64_t steps = setting.size(300, 160);
  for (std::int64_t i = 0; i < steps; ++i) {
    const Examples some = random_batch(own, 32, random);
    torch::Tensor loss = torch::cross_entropy_loss(net.own(some.inputs), some.labels);
    if (sharing != Sharing::none) {
      const Examples others = random_batch(tasks.related, 64, related_random);
      loss = loss + torch::cross_entropy_loss(net.related(others.inputs), others.labels);
    }
    if (sharing == Sharing::soft) loss = loss + stiffness * net.distance();
    parameters.zero_grad();
    loss.backward();
    optimizer.step();
  }
  const auto network = [&](const torch::Tensor& x) { return net.own(x); };
  return {accuracy(network, tasks.validation), accuracy(network, tasks.test)};
}

/// Test accuracy, the mean over the draws, at the learning rate that is better on the validation pictures.
double accuracy_of(Sharing sharing, const Tasks& tasks, const Setting& setting) {
  if (setting.without_cause) sharing = Sharing::none;
  return best_mean({3e-3, 1e-2}, tasks.own, [&](const Examples& own, double rate) {
    return learned(sharing, own, tasks, rate, setting);
  });
}

struct Gains {
  double alone = 0, hard = 0, soft = 0;
};

Gains gains(const Tasks& tasks, const Setting& setting) {
  const double alone = accuracy_of(Sharing::none, tasks, setting);
  return {alone, accuracy_of(Sharing::hard, tasks, setting) - alone,
          accuracy_of(Sharing::soft, tasks, setting) - alone};
}

Trial run(const Setting& setting) {
  const Examples all = noisy_clothes(setting, data::Split::train, kPlenty + kRelated + kValidation,
                                     training_pictures),
                 test = in_groups(noisy_clothes(setting, data::Split::test, 3000, test_pictures));
  const Examples related = all.part(kPlenty, kRelated),
                 validation = in_groups(all.part(kPlenty + kRelated, kValidation));
  const auto tasks = [&](std::int64_t labels_each, std::int64_t draws) {
    Tasks result{{}, related, validation, test};
    for (std::int64_t i = 0; i < draws; ++i)
      result.own.push_back(in_groups(all.part(i * labels_each, labels_each)));
    return result;
  };

  TrialSeries alone{"accuracy", "alone"}, hard{"accuracy", "hard sharing"}, soft{"accuracy", "soft sharing"};
  Gains usual, plenty;
  for (const std::int64_t count : {kFew, std::int64_t{300}, std::int64_t{1000}, kPlenty}) {
    if (setting.quick && count != kFew && count != kPlenty) continue;
    const Gains found = gains(tasks(count, count > 300 ? 1 : kDraws), setting);
    if (count == kFew) usual = found;
    plenty = found;
    alone.add(count, 100 * found.alone);
    hard.add(count, 100 * (found.alone + found.hard));
    soft.add(count, 100 * (found.alone + found.soft));
  }

  Tasks by_lot = tasks(kFew, kDraws);
  by_lot.related.labels = torch::randint(kKinds, {related.size()}, setting.random(labels), torch::kLong);
  const double lot_hard = accuracy_of(Sharing::hard, by_lot, setting) - usual.alone,
               lot_soft = accuracy_of(Sharing::soft, by_lot, setting) - usual.alone;
  return {.figures = {{"hard", usual.hard},
                      {"soft", usual.soft},
                      {"few over plenty", usual.hard - plenty.hard},
                      {"hard, by lot", lot_hard},
                      {"soft, by lot", lot_soft}},
          .series = {alone, hard, soft, percent_by_category("gain", "hard sharing", {usual.hard, lot_hard}),
                     percent_by_category("gain", "soft sharing", {usual.soft, lot_soft})}};
}

}  // namespace

Experiment multi_task() {
  return {
      .question = "When does multi-task learning help, and how are the tasks joined?",
      .answer =
          "If a task has few labels and a related one has many: what helps one task helps the other. With "
          "hard sharing, both have the same lower layers and each its own head; with soft sharing, each has "
          "its own layers, and a penalty keeps their weights close.",
      .method =
          "A dense network with hidden layers of 64 and 32 units sorts the clothes of Fashion-MNIST (small, "
          "shifted and noisy) into six groups, trained on 100 labels; the second task classifies 6000 other "
          "pictures into ten kinds, which determine the group. The network learns alone, with both hidden "
          "layers shared, or with the squared distance between the two networks' weights added to the loss, "
          "each at the better of two learning rates on 1000 additional validation pictures, over several "
          "draws of the 100. Then it has more labels, up to 3000, and finally the kinds are random.",
      .claims = {{"hard", on_every_seed(at_least("100 labels, test accuracy: hard sharing minus alone", 0.01,
                                                 Unit::points))},
                 {"soft", on_every_seed(at_least("100 labels, test accuracy: soft sharing minus alone", 0.01,
                                                 Unit::points))},
                 {"few over plenty",
                  on_every_seed(
                      at_least("gain by hard sharing: with 100 labels minus with 3000", 0, Unit::points))}},
      .controls = {{"hard, by lot",
                    caveat("Multi-task learning can cost accuracy: together with a task with random labels, "
                           "the first task is learned worse than alone.",
                           on_every_seed(at_most("random kinds, test accuracy: hard sharing minus alone", 0,
                                                 Unit::points)))},
                   {"soft, by lot",
                    on_every_seed(
                        at_most("random kinds, test accuracy: soft sharing minus alone", 0, Unit::points))}},
      .charts = {{"accuracy", line_chart("Accuracy by the task's own labels", log_scale("labels of the task"),
                                         "test accuracy, %")},
                 {"gain", bar_chart("Gain from the other task", "labels of the other task",
                                    "gain over learning alone, points", {"ten kinds", "random"})}},
      .fine_print =
          "A second task is not always a gain: together with random labels, the first task is learned worse "
          "than alone, which is called negative transfer. These two tasks are as related as possible, "
          "because the kind determines the group; less related ones gain less. In less extreme cases, tasks "
          "that need different features also hinder each other. Whether two tasks are related must be tried. "
          "With enough labels of its own, a task has little to gain. And soft sharing has one more "
          "hyperparameter: without a penalty it is two networks, with a large penalty it is hard sharing.",
      .sources =
          {"Caruana, Multitask learning, 1997",
           "Duong, Cohn, Bird & Cook, Low resource dependency parsing: cross-lingual parameter sharing in a "
           "neural network parser, 2015",
           "Ruder, An overview of multi-task learning in deep neural networks, 2017"},
      .cause = "Sharing: every network learns its task alone.",
      .run = run};
}

}  // namespace fathom::interview::q12
