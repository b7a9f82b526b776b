/// Question 4: two ways to see what a convolutional network learned.
///
/// Occlusion covers a picture part by part and watches the answer. It is tried where the right answer is
/// known, on pictures of clothes with a small sign planted somewhere that alone decides the class, and then
/// on the clothes themselves. Activation maximization makes the picture that a class likes best; whether it
/// shows that class is asked of another network, which had no part in it.
#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "fathom/experiment/experiment.hpp"
#include "fathom/explain/activation_max.hpp"
#include "fathom/explain/occlusion.hpp"
#include "fathom/image/heatmap.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/image/sheet.hpp"
#include "fathom/models/image_model.hpp"
#include "planted_signs.hpp"
#include "training.hpp"

namespace fathom::interview {
namespace {
namespace q04 {

using experiment::Setting;
using experiment::Trial;
using models::InferenceFunction;

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

/// Of all pixels.
struct Brightness {
  float mean = 0, deviation = 1;
};

Brightness brightness_of(const Samples& samples) {
  return {samples.inputs.mean().item<float>(), samples.inputs.std().item<float>()};
}

/// A new network that knows how bright its pictures are.
Model network(const models::Architecture& architecture, const Brightness& usual, torch::Generator random) {
  Model net = models::build(architecture, std::move(random));
  net->set_normalisation({usual.mean}, {usual.deviation});
  return net;
}

/// What a network makes of pictures, without gradients.
InferenceFunction answers(models::ImageModel& net) {
  net.eval();
  return net.inference();
}

// A sign that decides: where the map must be red is known.

/// Sees the sign wherever it is: its head takes each channel's largest value over the picture.
Model sign_network(const Brightness& usual, torch::Generator random) {
  return network(models::CnnOptions{.classes = kSigns + 1, .stem = 8, .blocks = {16}}, usual,
                 std::move(random));
}

explain::OcclusionMap map_of(const InferenceFunction& logits, const Samples& samples, std::int64_t i,
                             std::int64_t stride) {
  const std::int64_t label = samples.labels[i].item<std::int64_t>();
  return explain::occlusion(
      [&](const torch::Tensor& x) { return torch::log_softmax(logits(x), 1).select(1, label); },
      samples.inputs.narrow(0, i, 1),
      {.window = {4, 4},
       .stride = {stride, stride},
       .baseline = samples.inputs.mean().view({1}),
       .batch = {}});
}

bool contains(const Patch& patch, std::int64_t y, std::int64_t x) {
  return y >= patch.y && y < patch.y + patch.height && x >= patch.x && x < patch.x + patch.width;
}

/// How often the map's largest value lies in the sign, and in a decoy (the mean of three).
struct Hits {
  double sign = 0, decoy = 0;
};

/// `network_for` gives the network that looks at a picture.
Hits hits(const std::function<InferenceFunction()>& network_for, const Planted& planted, std::int64_t count,
          std::int64_t stride) {
  Hits found;
  for (std::int64_t i = 0; i < count; ++i) {
    const torch::Tensor drop = map_of(network_for(), planted.samples, i, stride).drop;
    const std::int64_t peak = drop.argmax().item<std::int64_t>(), y = peak / kSide, x = peak % kSide;
    const Places& at = planted.places[static_cast<std::size_t>(i)];
    found.sign += contains(at[0], y, x);
    found.decoy += static_cast<double>(std::count_if(at.begin() + 1, at.end(),
                                                     [&](const Patch& p) { return contains(p, y, x); })) /
                   (kTiles - 1);
  }
  return {found.sign / static_cast<double>(count), found.decoy / static_cast<double>(count)};
}

torch::Tensor enlarged(const torch::Tensor& image, std::int64_t side, bool pixelated = true) {
  return image::to_rgb(image::resize(image::to_picture(image), {side, side}, pixelated));
}

torch::Tensor heated(const torch::Tensor& image, const torch::Tensor& drop, std::int64_t side) {
  return image::overlay(enlarged(image, side), drop, image::symmetric_limit(drop), /*pixelated=*/true);
}

torch::Tensor planted_sheet(const InferenceFunction& trained, const InferenceFunction& untrained,
                            const Samples& samples, std::int64_t stride) {
  constexpr std::int64_t side = 9 * kSide, examples = 2;
  std::vector<image::Panel> panels;
  for (std::int64_t i = 0; i < examples; ++i) {
    const torch::Tensor image = samples.inputs[i];
    panels.push_back({enlarged(image, side), "one sign decides, three are decoys", {}});
    panels.push_back({heated(image, map_of(trained, samples, i, stride).drop, side), "trained network", {}});
    panels.push_back({heated(image, map_of(untrained, samples, i, stride).drop, side), "random weights", {}});
  }
  return image::sheet(panels, {.columns = 3});
}

struct SignResult {
  Hits trained, untrained;
  torch::Tensor sheet;
};

SignResult signs(const Setting& setting) {
  const torch::Tensor shapes = shuffled_shapes(setting.random(choice_of_signs));
  const std::int64_t looked_at = setting.size(80, 30), by_chance = setting.size(120, 60);
  const Planted training =
      planted(setting.data("fashion-mnist", data::Split::train), setting.size(4000, 2000), kSigns + 1, shapes,
              setting.random(planted_training));
  const Planted test = planted(setting.data("fashion-mnist", data::Split::test), by_chance, kSigns, shapes,
                               setting.random(planted_test));
  const Brightness usual = brightness_of(training.samples);
  const Model net = sign_network(usual, setting.random(planted_weights));
  if (!setting.without_cause)
    fit(*net, training.samples, {setting.size(500, 160), 16, with_adam(2e-2)}, setting.random(planted_order));
  const InferenceFunction trained = answers(*net);

  // Any one network without training has its preferences; a new one for each picture has none.
  torch::Generator weights = setting.random(untrained_weights);
  const auto untrained = [&] { return answers(*sign_network(usual, weights)); };
  const std::int64_t stride = setting.size(2, 3);
  return {hits([&] { return trained; }, test, looked_at, stride), hits(untrained, test, by_chance, stride),
          planted_sheet(trained, untrained(), test.samples, setting.size(1, 2))};
}

// The clothes themselves.

struct Data {
  Samples makers, judges;  ///< halves of the training pictures
  Brightness usual;
  std::vector<std::string> names;
};

Data drawn(const Setting& setting) {
  const data::ImageSet& set = setting.data("fashion-mnist", data::Split::train);
  const std::int64_t half = setting.size(8000, 3000);
  const Samples all = drawn_samples(set, 2 * half, setting.random(clothes_training));
  return {all.first(half), all.part(half, half), brightness_of(all), set.classes};
}

/// Noise of a strength drawn for each picture, up to the whole range of the pixels.
torch::Tensor with_noise(const torch::Tensor& pictures, torch::Generator& random) {
  const torch::Tensor strength = torch::rand({pictures.size(0), 1, 1, 1}, random);
  return pictures + strength * torch::randn(pictures.sizes(), random);
}

Model maker_network(const Data& data, const Setting& setting, torch::Generator random) {
  return network(
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
       {.kind = optim::OptimizerKind::adamw, .learning_rate = 6e-3, .weight_decay = 0.5}},
      setting.random(maker_order));
  return net;
}

/// Another kind of network, with other weights to begin with and other pictures to learn from.
Model judge(const Data& data, const Setting& setting) {
  const Model net = network(models::MlpOptions{.hidden = {128}, .dropout = 0, .batch_norm = false},
                            data.usual, setting.random(judge_weights));
  if (setting.without_cause) return net;
  torch::Generator random = setting.random(judge_noise);
  net->train();
  fit(
      *net, [&](const torch::Tensor& x) { return net->forward(with_noise(x, random)); }, data.judges,
      {setting.size(600, 450), 64, with_adam(4e-3)}, setting.random(judge_order));
  return net;
}

// Occlusion of a real picture.

constexpr Extent kWindow = {8, 8};

/// What covers: the colour of the background, so that a part is taken away and nothing is put in.
torch::Tensor cover() { return torch::zeros({1}); }

/// A part of a picture, and the probability of the picture's class with that part covered.
struct Part {
  Patch patch;
  double probability = 0;
};

struct Covered {
  torch::Tensor image;  ///< float [1, 1, H, W]
  std::int64_t label = 0;
  double whole = 0;  ///< probability of the class with nothing covered
  Part important, harmless;

  /// High where nothing happens in one case and much in the other.
  double contrast() const {
    return whole - important.probability - 2 * std::abs(whole - harmless.probability);
  }
};

double probability(const InferenceFunction& logits, const torch::Tensor& image, std::int64_t label) {
  return torch::softmax(logits(image), 1)[0][label].item<double>();
}

double without(const Part& part, const InferenceFunction& logits, const Covered& of) {
  return probability(logits, explain::covered(of.image, part.patch, cover()), of.label);
}

/// The windows that lie on the thing, not beside it.
std::vector<Patch> windows_on(const torch::Tensor& image, std::int64_t stride) {
  std::vector<Patch> windows = explain::occlusion_patches({kSide, kSide}, kWindow, {stride, stride});
  std::erase_if(windows, [&](const Patch& p) {
    if (p.height < kWindow.height || p.width < kWindow.width) return true;  // cropped at the edge
    const torch::Tensor part = image[0][0].narrow(0, p.y, p.height).narrow(1, p.x, p.width);
    return (part > 0.1).to(torch::kFloat).mean().item<float>() < 0.7F;
  });
  return windows;
}

/// The parts of a thing whose covering takes most and least from the probability of its class. Nothing where
/// it is too small for a window.
std::optional<Covered> covered_parts(const InferenceFunction& logits, const torch::Tensor& image,
                                     std::int64_t label, std::int64_t stride) {
  const std::vector<Patch> windows = windows_on(image, stride);
  if (windows.empty()) return std::nullopt;
  std::vector<torch::Tensor> pictures;
  for (const Patch& p : windows) pictures.push_back(explain::covered(image, p, cover()));
  const torch::Tensor left = torch::log_softmax(logits(torch::cat(pictures)), 1).select(1, label);
  const auto part = [&](const torch::Tensor& at) {
    const std::int64_t i = at.item<std::int64_t>();
    return Part{windows[static_cast<std::size_t>(i)], std::exp(left[i].item<double>())};
  };
  return Covered{image, label, probability(logits, image, label), part(left.argmin()), part(left.argmax())};
}

std::vector<Covered> all_covered(const std::function<InferenceFunction()>& network_for,
                                 const Samples& samples, std::int64_t stride) {
  std::vector<Covered> all;
  for (std::int64_t i = 0; i < samples.size(); ++i)
    if (const auto found = covered_parts(network_for(), samples.inputs.narrow(0, i, 1),
                                         samples.labels[i].item<std::int64_t>(), stride))
      all.push_back(*found);
  return all;
}

/// How much more another network loses with the important part than with the harmless one, in the mean.
double agreed(const std::vector<Covered>& all, const InferenceFunction& other) {
  double sum = 0;
  for (const Covered& of : all) sum += without(of.harmless, other, of) - without(of.important, other, of);
  return sum / static_cast<double>(all.size());
}

using Names = std::vector<std::string>;

std::string named(const Names& names, std::int64_t label, double share) {
  return fmt::format("{} {:.0f} %", names[static_cast<std::size_t>(label)], 100 * share);
}

/// "Sandal 99 %": the likeliest class.
std::string first_named(const InferenceFunction& logits, const torch::Tensor& image, const Names& names) {
  const torch::Tensor said = torch::softmax(logits(image), 1)[0];
  return named(names, said.argmax().item<std::int64_t>(), said.max().item<double>());
}

constexpr std::int64_t kScale = 10;

image::Panel covered_panel(const Covered& of, const Part& part, const std::string& title,
                           image::Colour colour, const InferenceFunction& logits, const Names& names) {
  const Patch& p = part.patch;
  const torch::Tensor image = explain::covered(of.image, p, cover());
  const std::string asked = named(names, of.label, part.probability),
                    said = first_named(logits, image, names);
  return {image::framed(enlarged(image, kScale * kSide),
                        {kScale * p.y, kScale * p.x, kScale * p.height, kScale * p.width}, colour, 3),
          title,
          {asked == said ? asked : asked + ", " + said}};
}

/// A row for each picture: itself, with a harmless and with the important part covered, and the whole map.
torch::Tensor occlusion_sheet(const std::vector<Covered>& pictures, const InferenceFunction& logits,
                              const Names& names) {
  constexpr image::Colour red = {202, 0, 32}, blue = {5, 113, 176};
  std::vector<image::Panel> panels;
  for (const Covered& of : pictures) {
    const auto score = [&](const torch::Tensor& x) {
      return torch::softmax(logits(x), 1).select(1, of.label);
    };
    const torch::Tensor drop =
        explain::occlusion(score, of.image,
                           {.window = kWindow, .stride = {1, 1}, .baseline = cover(), .batch = {}})
            .drop;
    panels.push_back({enlarged(of.image, kScale * kSide), "the picture", {named(names, of.label, of.whole)}});
    panels.push_back(covered_panel(of, of.harmless, "a harmless part covered", blue, logits, names));
    panels.push_back(covered_panel(of, of.important, "the important part covered", red, logits, names));
    panels.push_back({heated(of.image[0], drop, kScale * kSide),
                      "where covering hurts",
                      {fmt::format("red: up to {:.0f} points lost", 100 * drop.max().item<double>())}});
  }
  return image::sheet(panels, {.columns = 4});
}

/// Of a class, the picture that shows it best.
std::vector<Covered> best_of_classes(const std::vector<Covered>& all, const Names& names,
                                     const std::vector<std::string>& classes) {
  std::vector<Covered> best;
  for (const std::string& name : classes) {
    const Covered* found = nullptr;
    for (const Covered& of : all)
      if (names[static_cast<std::size_t>(of.label)] == name && (!found || of.contrast() > found->contrast()))
        found = &of;
    if (found) best.push_back(*found);
  }
  return best.empty() ? std::vector{all.front()} : best;
}

// Activation maximization.

constexpr std::int64_t kClasses = 10, kVariants = 2;

std::vector<std::int64_t> targets() {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < kClasses * kVariants; ++i) all.push_back(i / kVariants);
  return all;
}

/// Pictures that `net` answers to most, of each class in turn. Regularised: bright pixels cost something,
/// coarse structure is as easy to change as fine, and for each step the picture is moved, turned and scaled a
/// little and put under noise; now and then it is blurred. Plain: from grey, every pixel goes where the
/// answer grows.
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
double share_named(const InferenceFunction& logits, const torch::Tensor& pictures) {
  return accuracy(logits,
                  {pictures, torch::tensor(targets()).repeat({pictures.size(0) / (kClasses * kVariants)})});
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

torch::Tensor maximised_sheet(const torch::Tensor& pictures, bool pixelated, const InferenceFunction& maker,
                              const InferenceFunction& judge, const Names& names) {
  std::vector<image::Panel> panels;
  for (std::int64_t k = 0; k < kClasses; ++k) {
    const torch::Tensor picture = pictures.narrow(0, k * kVariants, 1);
    panels.push_back({enlarged(picture, 6 * kSide, pixelated),
                      names[static_cast<std::size_t>(k)],
                      {fmt::format("maker {:.0f} %", 100 * probability(maker, picture, k)),
                       "other: " + first_named(judge, picture, names)}});
  }
  return image::sheet(panels, {.columns = 5});
}

Trial run(const Setting& setting) {
  const SignResult sign = signs(setting);

  const Data data = drawn(setting);
  const Model under_noise = maker(true, data, setting), as_usual = maker(false, data, setting),
              other = judge(data, setting);
  const InferenceFunction first = answers(*under_noise), usual = answers(*as_usual), second = answers(*other);

  const Samples test = drawn_samples(setting.data("fashion-mnist", data::Split::test), setting.size(120, 40),
                                     setting.random(clothes_test));
  const std::int64_t stride = setting.size(2, 3);
  const std::vector<Covered> covered = all_covered([&] { return first; }, test, stride);
  torch::Generator weights = setting.random(untrained_weights);
  const std::int64_t often = setting.size(1, 4);
  const std::vector<Covered> by_chance =
      all_covered([&] { return answers(*maker_network(data, setting, weights)); },
                  {test.inputs.repeat({often, 1, 1, 1}), test.labels.repeat({often})}, stride);

  const torch::Tensor best = maximised(*under_noise, true, setting),
                      plain = maximised(*as_usual, false, setting);
  const double regularised = share_named(second, best), unregularised = share_named(second, plain);
  const double shapeless = share_named(second, scrambled(best, setting.random(phases))),
               noise = share_named(second, white(best, setting.random(noise_pictures)));

  experiment::Curve after_noise{
      1, "maker learned under noise", {0, 2, 3}, {100 * regularised, 100 * shapeless, 100 * noise}},
      without_noise{1, "maker learned as usual", {1}, {100 * unregularised}};
  if (!setting.quick) {  // each of the two ways by itself
    after_noise.x.push_back(1);
    after_noise.y.push_back(100 * share_named(second, maximised(*under_noise, false, setting)));
    without_noise.x.push_back(0);
    without_noise.y.push_back(100 * share_named(second, maximised(*as_usual, true, setting)));
  }
  return {.claims = {sign.trained.sign, agreed(covered, second), regularised, regularised - unregularised,
                     share_named(usual, plain) - unregularised},
          .controls = {sign.untrained.sign, agreed(by_chance, second), shapeless, noise},
          .curves =
              {{0, "the sign", {0, 1}, {100 * sign.trained.sign, 100 * sign.untrained.sign}},
               {0, "a decoy (mean of three)", {0, 1}, {100 * sign.trained.decoy, 100 * sign.untrained.decoy}},
               after_noise,
               without_noise},
          .pictures = {{"Occlusion: two pictures of the test set, and what the network says of them.",
                        occlusion_sheet(best_of_classes(covered, data.names, {"Ankle boot", "Dress"}), first,
                                        data.names)},
                       {"Where the answer is known: only the sign decides, and the map of the trained "
                        "network is red there.",
                        sign.sheet},
                       {"Activation maximization, regularised: what the network takes for the ten classes.",
                        maximised_sheet(best, false, first, second, data.names)},
                       {"The same without any regularisation: the maker is certain, and nobody else is.",
                        maximised_sheet(plain, true, usual, second, data.names)}}};
}

}  // namespace q04
}  // namespace

experiment::Experiment looking_inside() {
  using namespace experiment;
  return {
      .number = 4,
      .slug = "looking-inside",
      .question = "Name two ways to see what a convolutional network has learned.",
      .answer =
          "Occlusion: cover a part of the picture. Where a harmless part is covered, the answer stays; where "
          "the part is covered that it hangs on, the probability falls. Activation maximization: start from "
          "noise and change the picture by gradient ascent until the network answers to it as strongly as it "
          "can.",
      .method =
          "Occlusion is tried where the truth is known: pictures of Fashion-MNIST with four small signs at "
          "random places, one of which is the label and the others decoys. Then on the clothes: of the parts "
          "of a thing, the network finds the one that matters most and the one that matters least, and both "
          "are covered in front of another network. Activation maximization makes two pictures of every "
          "class; the other network, a dense one, trained on other pictures, says what they show. The maker "
          "is trained on pictures under noise and the ascent is regularised; beside it, the same network "
          "trained as usual, by plain ascent on pixels.",
      .claims = {at_least("the largest value of the occlusion map lies in the sign that decides", 0.9,
                          Unit::percent),
                 at_least("clothes, probability in the other network: harmless part covered minus important "
                          "part covered",
                          0.15, Unit::points),
                 on_every_seed(at_least("pictures by regularised ascent whose class the other network names",
                                        0.8, Unit::percent)),
                 on_every_seed(
                     at_least("the same, regularised minus without any regularisation", 0.2, Unit::points)),
                 on_every_seed(at_least(
                     "pictures without any regularisation: named by their maker minus by the other network",
                     0.2, Unit::points))},
      .controls = {at_most("random weights: the largest value lies in the sign (25 % if drawn from the four "
                           "tiles)",
                           0.35, Unit::percent),
                   between("parts chosen by random weights: harmless minus important part covered", -0.15,
                           0.15, Unit::points),
                   at_most("maximised pictures with their frequencies shifted at random: named", 0.4,
                           Unit::percent),
                   between("white noise of the same contrast: named (chance: 10 %)", 0, 0.2, Unit::percent)},
      .charts = {{.title = "Where the occlusion map has its peak",
                  .x_label = "network",
                  .y_label = "share of the pictures, %",
                  .series = {},
                  .marks = image::Marks::bars,
                  .categories = {"trained", "random weights"},
                  .guides = {{"one of four tiles", 25}}},
                 {.title = "Pictures whose class the other network names",
                  .x_label = "pictures",
                  .y_label = "share named, %",
                  .series = {},
                  .marks = image::Marks::bars,
                  .categories = {"regularised", "plain ascent", "scrambled", "white noise"},
                  .guides = {{"chance", 10}}}},
      .fine_print =
          "A map is colourful whatever the network has learned; only a test like this one tells that with "
          "random weights its peak lies in the sign no more often than in a decoy. A cover is never nothing: "
          "here it has the colour of the background, while a grey square on black would be a new thing, and "
          "the map would also show where that disturbs. And a maximised picture can be adversarial: by plain "
          "ascent the network is certain of pictures in which another one recognises next to nothing. Both "
          "cures put into the picture what we hold to be natural. The full run has them apart in the second "
          "chart: the ascent regularised, and noise in training, which here does more for being recognised. "
          "Even then a picture shows what tells a class from the others, which need not be the whole of it: "
          "of a pullover, the sleeves.",
      .sources = {"Zeiler & Fergus, Visualizing and understanding convolutional networks, 2013",
                  "Erhan, Bengio, Courville & Vincent, Visualizing higher-layer features of a deep network, "
                  "2009",
                  "Simonyan, Vedaldi & Zisserman, Deep inside convolutional networks, 2013",
                  "Adebayo et al., Sanity checks for saliency maps, 2018",
                  "Olah, Mordvintsev & Schubert, Feature visualization, 2017",
                  "Kaur, Cohen & Lipton, Are perceptually-aligned gradients a general property of robust "
                  "classifiers?, 2019"},
      .cause = "Training: all networks keep their random weights.",
      .run = q04::run};
}

}  // namespace fathom::interview
