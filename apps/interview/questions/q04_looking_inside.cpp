/// Question 4: two ways to see what a convolutional network learned.
///
/// Occlusion covers a picture part by part and watches the answer. It is tried where the right answer is
/// known, on pictures of clothes with a small sign planted somewhere that alone decides the class, and then
/// on the clothes themselves. Activation maximization makes the picture that a class likes best; whether it
/// shows that class is asked of another network, which had no part in it.
#include "fathom/explain/maximise/activation_max.hpp"
#include "interview/material/covered_parts.hpp"
#include "interview/material/looking_inside_sheets.hpp"
#include "interview/material/planted_signs.hpp"
#include "interview/material/question.hpp"

namespace fathom::interview::q04 {
namespace {

using models::LogitsFunction;

enum Purpose : std::uint64_t {
  choice_of_signs,
  planted_training,
  planted_test,
  planted_weights,
  planted_order,
  untrained_weights,
  clothes_training,
  clothes_test,
  maker_weights,
  maker_order,
  maker_noise,
  judge_weights,
  judge_order,
  judge_noise,
  first_pictures,
  placements,
  ascent_noise,
  noise_pictures,
  phases
};

/// What a network makes of pictures, without gradients.
LogitsFunction answers(models::ImageModel& net) {
  net.eval();
  return net.inference();
}

// A sign that decides: where the map must be red is known.

/// Sees the sign wherever it is: its head takes each channel's largest value over the picture.
Model sign_network(const Normalisation& usual, torch::Generator random) {
  return built(models::CnnOptions{.classes = kSigns + 1, .stem = 8, .blocks = {16}}, usual,
               std::move(random));
}

struct SignResult {
  Hits trained, untrained;
  torch::Tensor sheet;
};

SignResult signs(const Setting& setting) {
  const torch::Tensor shapes = shuffled_shapes(setting.random(choice_of_signs));
  const std::int64_t looked_at = setting.size(80, 50), by_chance = setting.size(120, 50);
  const Planted training =
      planted(setting.data("fashion-mnist", data::Split::train), setting.size(4000, 2000), kSigns + 1, shapes,
              setting.random(planted_training));
  const Planted test = planted(setting.data("fashion-mnist", data::Split::test), by_chance, kSigns, shapes,
                               setting.random(planted_test));
  const Normalisation usual = normalisation_of(training.examples);
  const Model net = sign_network(usual, setting.random(planted_weights));
  if (!setting.without_cause)
    fit(*net, training.examples, {setting.size(600, 400), 16, with_adam(2e-2)},
        setting.random(planted_order));
  const LogitsFunction trained = answers(*net);

  // Any one network without training has its preferences; a new one for each picture has none.
  torch::Generator weights = setting.random(untrained_weights);
  const auto untrained = [&] { return answers(*sign_network(usual, weights)); };
  const std::int64_t stride = setting.size(2, 3);
  const auto maps_of_two = [&](const LogitsFunction& logits) {
    std::vector<torch::Tensor> maps;
    for (std::int64_t i = 0; i < 2; ++i)
      maps.push_back(occlusion_map(logits, test.examples, i, setting.size(1, 2)));
    return maps;
  };
  return {hits([&] { return trained; }, test, looked_at, stride), hits(untrained, test, by_chance, stride),
          signs_sheet(test.examples.inputs, maps_of_two(trained), maps_of_two(untrained()))};
}

// The clothes themselves.

struct Data {
  Examples makers, judges;  ///< halves of the training pictures
  Normalisation usual;
  std::vector<std::string> names;
};

Data drawn(const Setting& setting) {
  const data::ImageSet& set = setting.data("fashion-mnist", data::Split::train);
  const std::int64_t half = setting.size(8000, 3000);
  const Examples all = drawn_examples(set, 2 * half, setting.random(clothes_training));
  return {all.first(half), all.part(half, half), normalisation_of(all), set.classes};
}

/// Noise of a strength drawn for each picture, up to the whole range of the pixels.
torch::Tensor with_noise(const torch::Tensor& pictures, torch::Generator& random) {
  const torch::Tensor strength = torch::rand({pictures.size(0), 1, 1, 1}, random);
  return pictures + strength * torch::randn(pictures.sizes(), random);
}

Model maker_network(const Data& data, const Setting& setting, torch::Generator random) {
  return built(
      models::CnnOptions{.stem = 8, .blocks = {16, setting.size(32, 16)}, .head = models::Head::flatten},
      data.usual, std::move(random));
}

/// The network that is looked into, and that pictures are made from. With noise it learns the same, from the
/// same start and in the same order, but each picture under noise.
Model maker(bool noise, const Data& data, const Setting& setting) {
  const Model net = maker_network(data, setting, setting.random(maker_weights));
  if (setting.without_cause) return net;
  torch::Generator random = setting.random(maker_noise);
  net->train();
  fit(
      *net, [&](const torch::Tensor& x) { return net->forward(noise ? with_noise(x, random) : x); },
      data.makers,
      {setting.size(300, 140),
       setting.size(64, 16),
       {.kind = OptimizerKind::adamw, .learning_rate = 6e-3, .weight_decay = 0.5}},
      setting.random(maker_order));
  return net;
}

/// Another kind of network, with other weights to begin with and other pictures to learn from.
Model judge(const Data& data, const Setting& setting) {
  const Model net = built(plain_mlp({1, kSide, kSide}, {128}), data.usual, setting.random(judge_weights));
  if (setting.without_cause) return net;
  torch::Generator random = setting.random(judge_noise);
  net->train();
  fit(
      *net, [&](const torch::Tensor& x) { return net->forward(with_noise(x, random)); }, data.judges,
      {setting.size(600, 450), 64, with_adam(4e-3)}, setting.random(judge_order));
  return net;
}

// Activation maximization.

constexpr std::int64_t kClasses = 10, kVariants = 2;

std::vector<std::int64_t> targets() {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < kClasses * kVariants; ++i) all.push_back(i / kVariants);
  return all;
}

/// Pictures that `net` responds to most, of each class in turn. Regularised: bright pixels cost something,
/// coarse structure is as easy to change as fine, and at each step the picture is moved, turned and scaled a
/// little and put under noise; now and then it is blurred. Plain: from grey, every pixel goes where the
/// response grows.
torch::Tensor maximised(models::ImageModel& net, bool regularised, const Setting& setting) {
  net.eval();
  const float mean = net.mean().item<float>();
  const explain::ImagesShape shape{kClasses * kVariants, 1, {kSide, kSide}};
  const torch::Generator start = setting.random(first_pictures);
  const auto pictures = regularised ? explain::fourier_parametrisation(shape, start, torch::full({1}, mean))
                                    : explain::pixel_parametrisation(shape, start);
  explain::ActivationMaxOptions options = explain::usual_options({mean});
  options.steps = setting.size(128, 40);
  options.l2 = regularised ? 30 : 0;
  options.blur = regularised ? 0.01 : 0;
  if (!regularised) options.transform = {};
  torch::Generator random = setting.random(ascent_noise);
  const auto responses = [&, logits = net.folded()](const torch::Tensor& x) -> explain::Response {
    return {{"logits", logits(regularised ? x + 0.8 * torch::randn(x.sizes(), random) : x)}};
  };
  // What makes this class and no other, and what tells it from the one that it is most like.
  const explain::Objective objective =
      explain::class_margin(targets()) + 3 * explain::class_log_probability(targets());
  return explain::activation_max(responses, objective, *pictures, options, setting.random(placements)).images;
}

/// Share of the pictures, some of each class in turn, whose class a network names.
double share_named(const LogitsFunction& logits, const torch::Tensor& pictures) {
  return accuracy(logits,
                  {pictures, torch::tensor(targets()).repeat({pictures.size(0) / (kClasses * kVariants)})});
}

torch::Tensor one_of_each(const torch::Tensor& pictures) {
  return pictures.slice(0, 0, pictures.size(0), kVariants);
}

constexpr std::int64_t kNoises = 10;  // of each picture

/// Noise as bright and as varied as all the pictures together.
torch::Tensor white(const torch::Tensor& pictures, torch::Generator random) {
  const torch::Tensor like = pictures.repeat({kNoises, 1, 1, 1});
  return (pictures.mean() + pictures.std() * torch::randn(like.sizes(), std::move(random))).clamp(0, 1);
}

/// Of each picture's frequencies, as strong as in it and each shifted at random: as soft, without a shape.
torch::Tensor scrambled(const torch::Tensor& pictures, torch::Generator random) {
  const torch::Tensor like = pictures.repeat({kNoises, 1, 1, 1});
  const torch::Tensor mean = like.mean({2, 3}, true);
  const torch::Tensor noise = torch::fft_rfft2(torch::randn(like.sizes(), std::move(random)));
  const torch::Tensor spectrum = torch::fft_rfft2(like - mean).abs() * noise / noise.abs();
  return (mean + torch::fft_irfft2(spectrum, std::vector<std::int64_t>{kSide, kSide})).clamp(0, 1);
}

Trial run(const Setting& setting) {
  const SignResult sign = signs(setting);

  const Data data = drawn(setting);
  const Model under_noise = maker(true, data, setting), as_usual = maker(false, data, setting),
              other = judge(data, setting);
  const LogitsFunction first = answers(*under_noise), usual = answers(*as_usual), second = answers(*other);

  const Examples test = drawn_examples(setting.data("fashion-mnist", data::Split::test),
                                       setting.size(120, 40), setting.random(clothes_test));
  const std::int64_t stride = setting.size(2, 3);
  const std::vector<Covered> covered = covered_parts([&] { return first; }, test, stride);
  torch::Generator weights = setting.random(untrained_weights);
  const std::int64_t often = setting.size(1, 4);
  const std::vector<Covered> by_chance =
      covered_parts([&] { return answers(*maker_network(data, setting, weights)); },
                    {test.inputs.repeat({often, 1, 1, 1}), test.labels.repeat({often})}, stride);

  const torch::Tensor best = maximised(*under_noise, true, setting),
                      plain = maximised(*as_usual, false, setting);
  const double regularised = share_named(second, best), unregularised = share_named(second, plain);
  const double shapeless = share_named(second, scrambled(best, setting.random(phases))),
               noise = share_named(second, white(best, setting.random(noise_pictures)));

  TrialSeries after_noise{
      "named", "maker trained with noise", {0, 2, 3}, {100 * regularised, 100 * shapeless, 100 * noise}},
      without_noise{"named", "maker trained as usual", {1}, {100 * unregularised}};
  if (!setting.quick) {  // each of the two ways by itself
    after_noise.add(1, 100 * share_named(second, maximised(*under_noise, false, setting)));
    without_noise.add(0, 100 * share_named(second, maximised(*as_usual, true, setting)));
  }
  return {.figures = {{"sign", sign.trained.sign},
                      {"other agrees", agreed(covered, second)},
                      {"regularised", regularised},
                      {"regularised over plain", regularised - unregularised},
                      {"certain over plain", share_named(usual, plain) - unregularised},
                      {"untrained sign", sign.untrained.sign},
                      {"untrained agrees", agreed(by_chance, second)},
                      {"scrambled", shapeless},
                      {"noise", noise}},
          .series = {percent_by_category("peaks", "the sign", {sign.trained.sign, sign.untrained.sign}),
                     percent_by_category("peaks", "a decoy (mean of three)",
                                         {sign.trained.decoy, sign.untrained.decoy}),
                     after_noise, without_noise},
          .pictures = {{"Occlusion: two pictures of the test set, and the predictions.",
                        occlusion_sheet(covered, {"Ankle boot", "Dress"}, first, data.names)},
                       {"A task with a known answer: only the sign decides, and the map of the trained "
                        "network is red there.",
                        sign.sheet},
                       {"Activation maximization, regularised: a picture for each of the ten classes.",
                        maximised_sheet(one_of_each(best), false, first, second, data.names)},
                       {"The same without any regularisation: only the maker is certain.",
                        maximised_sheet(one_of_each(plain), true, usual, second, data.names)}}};
}

}  // namespace

Experiment looking_inside() {
  return {
      .question = "Name two ways to see what a convolutional network has learned.",
      .answer =
          "Occlusion: cover a part of the picture. If the part is irrelevant, the prediction does not "
          "change; if the prediction depends on the part, its probability falls. Activation maximization: "
          "start from noise and change the picture by gradient ascent until the network responds to it as "
          "strongly as it can.",
      .method =
          "Occlusion is tested where the truth is known: on pictures of Fashion-MNIST with four small signs "
          "at random places, one of which determines the label; the others are decoys. Then on the clothes: "
          "a network finds the part of a garment that matters most to it and the part that matters least. "
          "Each is covered, and another network classifies the result. Activation maximization makes two "
          "pictures of every class; the other network, a dense one trained on other pictures, classifies "
          "them. The network that makes them (the maker) is trained on noisy pictures, and the ascent is "
          "regularised. For comparison, the same network is trained as usual, and the ascent is plain, on "
          "pixels.",
      .claims = {{"sign",
                  on_every_seed(at_least("the largest value of the occlusion map is in the sign that decides",
                                         0.9, Unit::percent))},
                 {"other agrees",
                  on_every_seed(at_least(
                      "clothes, probability in the other network: harmless part covered minus important "
                      "part covered",
                      0.1, Unit::points))},
                 {"regularised",
                  on_every_seed(at_least("pictures by regularised ascent that the other network recognises",
                                         0.8, Unit::percent))},
                 {"regularised over plain",
                  on_every_seed(
                      at_least("the same, regularised minus without any regularisation", 0.2, Unit::points))},
                 {"certain over plain",
                  caveat("What a network responds to most need not look like anything: plain ascent makes "
                         "pictures that it recognises and another network often does not.",
                         on_every_seed(at_least("pictures without any regularisation: recognised by their "
                                                "maker minus by the other network",
                                                0.2, Unit::points)))}},
      .controls =
          {{"untrained sign",
            on_every_seed(
                at_most("random weights: the largest value is in the sign (25 % if drawn from the four "
                        "tiles)",
                        0.35, Unit::percent))},
           {"untrained agrees",
            on_every_seed(between("parts chosen by random weights: harmless minus important part covered",
                                  -0.1, 0.1, Unit::points))},
           {"scrambled",
            on_every_seed(at_most("maximised pictures with their frequencies shifted at random: recognised",
                                  0.4, Unit::percent))},
           {"noise", on_every_seed(at_most("white noise of the same contrast: recognised (chance: 10 %)", 0.2,
                                           Unit::percent))}},
      .charts = {{"peaks",
                  bar_chart("Where the occlusion map has its peak", "network", "share of the pictures, %",
                            {"trained", "random weights"}, {{"one of four tiles", 25}})},
                 {"named",
                  bar_chart("Pictures that the other network recognises", "pictures", "share recognised, %",
                            {"regularised", "plain ascent", "scrambled", "white noise"}, {{"chance", 10}})}},
      .fine_print =
          "A map is colourful whatever the network has learned. Only a test like this one shows that, with "
          "random weights, the peak is in the sign no more often than in a decoy. No cover is neutral: here "
          "it has the colour of the background. A grey square on black would be a new object, and the map "
          "would also show where that disturbs. A maximised picture can be adversarial: with plain ascent, "
          "the network is certain about pictures in which another network recognises almost nothing. Both "
          "remedies add what we consider natural. The second chart of a full run shows them separately: "
          "regularised ascent, and noise in training, which helps recognition more here. Even then a picture "
          "shows only what distinguishes a class from the others, which may be a part of it: the sleeves of "
          "a pullover.",
      .sources = {"Zeiler & Fergus, Visualizing and understanding convolutional networks, 2013",
                  "Erhan, Bengio, Courville & Vincent, Visualizing higher-layer features of a deep network, "
                  "2009",
                  "Simonyan, Vedaldi & Zisserman, Deep inside convolutional networks, 2013",
                  "Adebayo et al., Sanity checks for saliency maps, 2018",
                  "Olah, Mordvintsev & Schubert, Feature visualization, 2017",
                  "Kaur, Cohen & Lipton, Are perceptually-aligned gradients a general property of robust "
                  "classifiers?, 2019"},
      .cause = "Training: all networks keep their random weights.",
      .run = run};
}

}  // namespace fathom::interview::q04
