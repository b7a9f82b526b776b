/// Question 3: why a CNN for images, and not a dense net?
///
/// A CNN and a dense net with more than four times as many weights learn Fashion-MNIST from 2000 pictures,
/// centred or with their object anywhere. They are tested on moved pictures; softmax regression shows what
/// the layers of the CNN know; and the input of its first layer is shifted. Then the pixels are shuffled, in
/// the same way in every picture.
#include "interview/material/question.hpp"

namespace fathom::interview::q03 {
namespace {

using models::Architecture;

enum Purpose : std::uint64_t {
  training_pictures,
  test_pictures,
  moves,
  test_moves,
  permutation,
  weights,
  order
};

constexpr std::int64_t kTraining = 2000, kValidation = 1000;
constexpr std::int64_t kFarthest = 4;  // pictures are moved by up to that, and halved afterwards

Architecture cnn() {
  return models::CnnOptions{.input = {1, kHalfSide, kHalfSide},
                            .stem = 8,
                            .blocks = {8, 16},
                            .head = models::Head::flatten,
                            .batch_norm = true};
}

Architecture dense() {
  return models::MlpOptions{
      .input = {1, kHalfSide, kHalfSide}, .hidden = {128, 32}, .dropout = 0, .batch_norm = true};
}

/// The network that has learned at the better of two learning rates, by the validation pictures, the same two
/// for all; and both.
struct AtBothRates : Learned {
  std::vector<Model> nets;
};

AtBothRates learned(const Architecture& architecture, const Parts& parts, const Setting& setting) {
  std::vector<Model> nets;
  const auto with_rate = [&](double rate) {
    const Model net = built(architecture, {0.286F, 0.32F}, setting.random(weights));
    fit(*net, parts.training,
        {.steps = setting.size(600, 250),
         .batch_size = setting.size(32, 16),
         .optimizer = with_adam(rate),
         .annealed = true},
        setting.random(order));
    nets.push_back(net);
    return net;
  };
  const Learned best = best_on_validation({5e-3, 2e-2}, with_rate, parts);
  return {best, nets};
}

/// Training minus test accuracy, the mean over both rates.
double gap(const AtBothRates& arm, const Parts& parts) {
  double sum = 0;
  for (const Model& net : arm.nets) sum += accuracy(*net, parts.training) - accuracy(*net, parts.test);
  return sum / static_cast<double>(arm.nets.size());
}

/// Test accuracy of softmax regression on what a stage of the network answers, the largest in each of 2 x 2
/// fields of the picture.
double probed(models::ImageModel& net, const std::string& stage, const Parts& parts, const Setting& setting) {
  const auto features = [&](const Examples& examples) {
    const torch::NoGradGuard no_grad;
    net.eval();
    const torch::Tensor maps = net.forward_to(examples.inputs, stage);
    return Examples{std::get<0>(torch::adaptive_max_pool2d(maps.contiguous(), {2, 2})).flatten(1),
                    examples.labels};
  };
  const Examples seen = features(parts.training), unseen = features(parts.test);
  const torch::Tensor mean = seen.inputs.mean(0), deviation = seen.inputs.std(0) + 1e-3;
  torch::nn::Linear probe(seen.inputs.size(1), 10);
  set_to_zero(*probe);
  const auto network = [&](const torch::Tensor& x) { return probe((x - mean) / deviation); };
  fit(*probe, network, seen, {setting.size(600, 250), 32, with_adam(3e-3)}, setting.random(order));
  return accuracy(network, unseen);
}

/// How far answer(shifted picture) is from the shifted answer(picture), relative to the largest answer, when
/// pictures go round at their edges: for the first convolution, and after a max pooling over 2 x 2, at the
/// better of shifting its answer or not.
struct Commutes {
  double convolution = 0, pooled = 0;
};

Commutes commutes(models::ImageModel& net, const Examples& examples) {
  const torch::NoGradGuard no_grad;
  const auto parameters = net.named_parameters();
  const auto maps = [&](const torch::Tensor& x) {
    const torch::Tensor round = torch::cat({x.narrow(3, kHalfSide - 1, 1), x, x.narrow(3, 0, 1)}, 3);
    const torch::Tensor all =
        torch::cat({round.narrow(2, kHalfSide - 1, 1), round, round.narrow(2, 0, 1)}, 2);
    return torch::conv2d(all, parameters["conv1.weight"]);
  };
  const auto gap = [](const torch::Tensor& a, const torch::Tensor& b) {
    return ((a - b).abs().max() / a.abs().max()).item<double>();
  };
  const torch::Tensor answer = maps(examples.inputs), of_shifted = maps(examples.inputs.roll(1, 3));
  const torch::Tensor pooled = torch::max_pool2d(answer, 2),
                      pooled_shifted = torch::max_pool2d(of_shifted, 2);
  return {gap(of_shifted, answer.roll(1, 3)),
          std::min(gap(pooled_shifted, pooled), gap(pooled_shifted, pooled.roll(1, 3)))};
}

Trial run(const Setting& setting) {
  const Examples full = clothes(setting, data::Split::train, kTraining + kValidation, training_pictures),
                 full_test = clothes(setting, data::Split::test, 5000, test_pictures);
  const auto shuffled = [&](const Examples& examples) {
    return shuffled_pixels(examples, setting.random(permutation));
  };
  const auto shown = [&](const Examples& examples) {
    return setting.without_cause ? shuffled(halved(examples)) : halved(examples);
  };
  const Examples full_moved = moved(full, kFarthest, setting.random(moves)),
                 full_moved_test = moved(full_test, kFarthest, setting.random(test_moves));
  const auto parts = [](const Examples& train, const Examples& test) {
    return Parts{train.first(kTraining), train.part(kTraining, kValidation), test};
  };
  const Parts centred = parts(shown(full), shown(full_test)),
              anywhere = parts(shown(full_moved), shown(full_moved_test));

  // Learned from centred pictures, then tested on moved ones.
  const AtBothRates conv_centred = learned(cnn(), centred, setting),
                    dense_centred = learned(dense(), centred, setting);
  const auto lost = [&](const Learned& each) { return each.accuracy - accuracy(*each.net, anywhere.test); };
  // Learned from pictures with their object anywhere.
  const AtBothRates conv = learned(cnn(), anywhere, setting), plain = learned(dense(), anywhere, setting);
  std::vector<double> known;
  for (const char* stage : {"conv1", "conv3", "conv5"})
    known.push_back(100 * probed(*conv.net, stage, anywhere, setting));
  const Commutes shift = commutes(*conv.net, anywhere.test.first(200));

  const Parts mixed = parts(shuffled(halved(full_moved)), shuffled(halved(full_moved_test)));
  const AtBothRates conv_mixed = learned(cnn(), mixed, setting),
                    plain_mixed = learned(dense(), mixed, setting);
  const double weights_ratio = static_cast<double>(models::parameter_count(cnn())) /
                               static_cast<double>(models::parameter_count(dense()));
  return {
      .figures = {{"CNN over dense", conv.accuracy - plain.accuracy},
                  {"weights", weights_ratio},
                  {"dense loses more", lost(dense_centred) - lost(conv_centred)},
                  {"deeper knows more", (known.back() - known.front()) / 100},
                  {"convolution shifts", shift.convolution},
                  {"pooling shifts", shift.pooled},
                  {"CNN loses", lost(conv_centred)},
                  {"training gap", gap(plain, anywhere) - gap(conv, anywhere)},
                  {"shuffled", conv_mixed.accuracy - plain_mixed.accuracy}},
      .series = {percent_by_category("accuracy", "CNN",
                                     {conv_centred.accuracy, conv_centred.accuracy - lost(conv_centred),
                                      conv.accuracy, conv_mixed.accuracy}),
                 percent_by_category("accuracy", "dense",
                                     {dense_centred.accuracy, dense_centred.accuracy - lost(dense_centred),
                                      plain.accuracy, plain_mixed.accuracy}),
                 by_category("layers", "softmax regression on it", known)}};
}

}  // namespace

Experiment convolution() {
  return {
      .question = "Why a CNN for images, and not a dense net?",
      .answer =
          "It looks for the same features everywhere, so a moved object disturbs it less. It needs far fewer "
          "weights, its filters can be inspected, and its layers build on each other, from edges to objects.",
      .method =
          "A CNN and a dense net with more than four times its weights learn Fashion-MNIST (at 14 x 14 "
          "pixels) from 2000 pictures, both with batch norm and a falling learning rate, each at the better "
          "of two initial learning rates on validation pictures: from centred pictures, and from pictures "
          "whose object was moved by up to 4 of the original 28 pixels. Softmax regression is trained on the "
          "outputs of the first, the third and the fifth convolution. The output of the first convolution "
          "for a shifted picture is compared with its shifted output.",
      .claims =
          {{"CNN over dense",
            on_every_seed(at_least("object anywhere: test accuracy, CNN minus dense", -0.02, Unit::points))},
           {"weights",
            on_every_seed(at_most("weights of the CNN over those of the dense net", 0.25, Unit::times))},
           {"dense loses more",
            on_every_seed(
                at_least("trained on centred pictures: accuracy lost on moved ones, dense minus CNN", 0,
                         Unit::points))},
           {"deeper knows more",
            on_every_seed(at_least("softmax regression on the fifth convolution minus on the first: test "
                                   "accuracy",
                                   0, Unit::points))},
           {"convolution shifts",
            on_every_seed(at_most("circular convolution: relative gap between the output for the shifted "
                                  "picture and the shifted output",
                                  1e-5))},
           {"pooling shifts", caveat("Pooling breaks the equivariance of a CNN: after it, the output for a "
                                     "shifted picture is not the shifted output.",
                                     on_every_seed(at_least("the same after max pooling over 2 x 2", 0.05)))},
           {"CNN loses",
            caveat("A CNN trained only on centred pictures is also worse on moved ones.",
                   at_least("trained on centred pictures: accuracy that the CNN loses on moved ones", 0.05,
                            Unit::points))},
           {"training gap",
            caveat("The CNN has fewer weights, but its gap between training and test accuracy is not "
                   "smaller: it is within 5 points of the dense net's gap.",
                   on_every_seed(between("object anywhere: training minus test accuracy, mean over both "
                                         "rates, dense minus CNN",
                                         -0.05, 0.05, Unit::points)))}},
      .controls = {{"shuffled",
                    on_every_seed(at_most(
                        "pixels shuffled, the same way in every picture: test accuracy, CNN minus dense", 0,
                        Unit::points))}},
      .charts = {{"accuracy",
                  bar_chart("Test accuracy of a CNN and a dense net", "training pictures", "test accuracy, %",
                            {"centred", "tested on moved", "moved", "shuffled"}, {{"chance", 10}})},
                 {"layers", line_chart("What each layer of the CNN knows", "convolution", "test accuracy, %",
                                       {}, {"first", "third", "fifth"})}},
      .fine_print =
          "A convolution is equivariant, not invariant: its output moves with the picture. Strides and "
          "pooling break even that, as the second gap shows, and a dense layer on top of the feature maps "
          "ties what it learned to a position: a moved picture also costs the CNN a lot, only less. Its "
          "fewer weights alone do not keep it from overfitting: with batch norm in both, its gap "
          "between training and test accuracy can be larger or smaller than the dense net's (it depends on "
          "the rate as well, hence the mean over both). All of this relies on the relation between "
          "neighbouring pixels. If the pixels are shuffled, the dense net, which never used that relation, "
          "is ahead.",
      .sources =
          {"LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition, 1998",
           "Alain & Bengio, Understanding intermediate layers using linear classifier probes, 2016",
           "Zhang, Bengio, Hardt, Recht & Vinyals, Understanding deep learning requires rethinking "
           "generalization, 2017",
           "Zhang, Making convolutional networks shift-invariant again, 2019"},
      .cause = "Neighbourhood: the pixels of all pictures are shuffled in the same way.",
      .run = run};
}

}  // namespace fathom::interview::q03
