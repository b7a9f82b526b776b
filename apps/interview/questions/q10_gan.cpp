/// Question 10: what is the idea of generative adversarial networks?
///
/// A generator and a discriminator play on a ring of eight Gaussians, where it can be counted what the
/// generator found and what it missed; then on small pictures of clothes, where a classifier that took no
/// part in the game says what it sees. In between, a discriminator is trained until it is nearly perfect, and
/// the gradient that the generator gets from it is measured for both forms of the generator's loss.
#include "fathom/core/error.hpp"
#include "fathom/draw/sheet.hpp"
#include "fathom/gan/discriminator.hpp"
#include "fathom/gan/generator.hpp"
#include "fathom/gan/losses.hpp"
#include "fathom/gan/sampling.hpp"
#include "fathom/gan/scores/ring.hpp"
#include "fathom/gan/trainer.hpp"
#include "interview/material/question.hpp"

namespace fathom::interview::q10 {
namespace {

enum Purpose : std::uint64_t {
  ring_data,
  ring_play,
  ring_samples,
  pictures,
  picture_play,
  picture_samples,
  generator_weights,
  discriminator_weights,
  picture_order,
  latent_values,
  classifier_weights,
  classifier_order
};

/// Rate of a discriminator that learns nothing; the trainer does not take 0.
constexpr double kAlmostNothing = 1e-12;

/// The generator at the end of the game, or where it stood when the trainer gave up on it; `at_record` sees
/// it on the way.
std::shared_ptr<gan::Generator> play(
    gan::GanTrainer& trainer,
    const std::function<void(std::int64_t step, gan::Generator& so_far)>& at_record = {}) {
  try {
    while (!trainer.finished()) {
      const auto record = trainer.run();
      if (at_record) at_record(record->step, *trainer.average());
    }
  } catch (const DivergedError&) {  // back at its last record, which is the outcome then
  }
  return trainer.average();
}

// The ring.

const gan::RingOptions kRing{.modes = 8, .radius = 2, .sigma = 0.15};
constexpr double kRingRate = 1e-2;
constexpr double kLag = 300;  // by which the discriminator learns more slowly where it lags behind

/// What became of a game on the ring.
struct Ring {
  torch::Tensor points;  ///< float [2000, 2]
  /// Over the steps of the game: modes covered, and the share of samples near one.
  std::vector<double> steps, modes, near_share;
};

/// Both players learn at the same rate, but for a discriminator that is slowed down by a factor.
Ring ring_game(double slowed_by, const Setting& setting) {
  const std::int64_t steps = setting.size(5000, 2200);
  gan::GanTrainer trainer(
      gan::PointGanOptions{.latent = 3, .hidden = 64},
      {gan::ring_points(kRing, 20000, setting.random(ring_data)), {}, "ring", ""},
      {.steps = steps,
       .batch_size = 64,
       .generator_rate = kRingRate,
       .discriminator_rate = setting.without_cause ? kAlmostNothing : kRingRate / slowed_by,
       .ema = 0.98,
       .decay = 1,
       .record_every = steps / 10,
       .seed = setting.random(ring_play).current_seed()});
  Ring ring;
  const auto measure = [&](std::int64_t step, gan::Generator& generator) {
    ring.points = gan::draw_samples(generator, 2000, setting.random(ring_samples)).values;
    const gan::RingScores scores = gan::ring_scores(kRing, ring.points);
    ring.near_share.push_back(scores.near_share);
    ring.steps.push_back(static_cast<double>(step));
    ring.modes.push_back(static_cast<double>(scores.modes_covered));
  };
  measure(0, *trainer.average());
  play(trainer, measure);
  return ring;
}

TrialSeries scattered(const char* chart, const char* name, const torch::Tensor& points) {
  TrialSeries curve{chart, name};
  for (std::int64_t i = 0; i < 400; ++i) curve.add(points[i][0].item<double>(), points[i][1].item<double>());
  return curve;
}

// Pictures.

/// `count` pictures of Fashion-MNIST at half their size, so that a game takes seconds.
data::ImageSet drawn(data::Split split, std::int64_t count, const Setting& setting) {
  const data::ImageSet& all = setting.data("fashion-mnist", split);
  data::ImageSet set =
      all.subset(torch::randperm(all.size(), setting.random(pictures), torch::kLong).narrow(0, 0, count));
  set.images = torch::avg_pool2d(set.images.to(torch::kFloat), 2).round().to(torch::kByte);
  return set;
}

gan::DcganOptions picture_gan(const data::ImageSet& set) {
  return {.image = {1, kHalfSide, kHalfSide},
          .latent = 16,
          .classes = std::ssize(set.classes),
          .widths = {32},
          .hidden = 64};
}

/// The norm of the generator's gradient under both forms of its loss, while a discriminator learns to tell
/// what the untrained generator makes from real pictures. What comes back through a sample's logit is
/// 1 - D(G(z)) of the one and D(G(z)) of the other, so that their ratio grows with the certainty.
struct Gradients {
  std::vector<double> steps, non_saturating, saturating;  ///< over the steps of the discriminator

  double ratio(std::size_t i) const { return non_saturating[i] / saturating[i]; }
};

Gradients gradients_from_a_sure_discriminator(const data::ImageSet& set, const Setting& setting) {
  constexpr std::int64_t batch = 32;
  const auto generator = gan::build_generator(picture_gan(set), setting.random(generator_weights));
  const auto discriminator =
      gan::build_discriminator(picture_gan(set), setting.random(discriminator_weights));
  optim::FlatParameters of_generator(*generator), of_discriminator(*discriminator);
  optim::Optimizer optimizer(of_discriminator,
                             {.kind = OptimizerKind::adam,
                              .learning_rate = setting.without_cause ? kAlmostNothing : 2e-3,
                              .beta1 = 0.5});
  torch::Generator latent_random = setting.random(latent_values),
                   order_random = setting.random(picture_order);
  const auto latent = [&] { return torch::randn({batch, 16}, latent_random); };
  const auto drawn = [&] { return torch::randint(set.size(), {batch}, order_random, torch::kLong); };

  Gradients gradients;
  const torch::Tensor same_latent = latent(), same_labels = set.labels.index_select(0, drawn());
  const auto norm = [&](torch::Tensor (*loss)(const torch::Tensor&)) {
    of_generator.zero_grad();
    loss(discriminator->forward(generator->forward(same_latent, same_labels), same_labels)).backward();
    return of_generator.gradients().norm().item<double>();
  };
  for (std::int64_t step = 0; step <= setting.size(100, 60); ++step) {
    if (step % 10 == 0) {
      gradients.steps.push_back(static_cast<double>(step));
      gradients.non_saturating.push_back(
          norm([](const torch::Tensor& fake) { return generator_loss(gan::GanLoss::non_saturating, fake); }));
      gradients.saturating.push_back(norm(gan::saturating_generator_loss));
    }
    const torch::Tensor indices = drawn(), labels = set.labels.index_select(0, indices);
    const torch::Tensor real = data::to_unit_range(set.images.index_select(0, indices));
    const torch::Tensor fake = generator->forward(latent(), labels).detach();
    of_discriminator.zero_grad();
    discriminator_loss(gan::GanLoss::non_saturating, discriminator->forward(real, labels),
                       discriminator->forward(fake, labels))
        .backward();
    optimizer.step();
  }
  return gradients;
}

/// Knows the ten classes from real pictures alone.
Model trained_classifier(const data::ImageSet& set, const Setting& setting) {
  const Model net =
      models::build(plain_mlp({1, kHalfSide, kHalfSide}, {64}), setting.random(classifier_weights));
  const data::PixelStatistics pixels = pixel_statistics(set);
  net->set_normalisation(pixels.mean, pixels.std);
  fit(*net, {data::to_unit_range(set.images), set.labels}, {setting.size(1500, 300), 64, with_adam(3e-3)},
      setting.random(classifier_order));
  return net;
}

gan::Samples samples_of(gan::Generator& generator, const Setting& setting) {
  return gan::draw_samples(generator, 1000, setting.random(picture_samples));
}

/// Share of the samples that the classifier names as the generator was asked.
double named(models::ImageModel& classifier, const gan::Samples& samples) {
  return accuracy(classifier, {data::to_unit_range(samples.values), samples.labels});
}

std::shared_ptr<gan::Generator> picture_game(const data::ImageSet& set, const Setting& setting) {
  const std::int64_t steps = setting.size(1500, 220);
  gan::GanTrainer trainer(picture_gan(set), {set.images, set.labels, set.name, ""},
                          {.steps = steps,
                           .generator_rate = 2e-3,
                           .discriminator_rate = setting.without_cause ? kAlmostNothing : 2e-3,
                           .ema = 0.98,
                           .record_every = steps / 2,
                           .seed = setting.random(picture_play).current_seed()});
  return play(trainer);
}

/// A column for each class: a training picture, and samples below it.
torch::Tensor columns(const data::ImageSet& set, const gan::Samples& samples) {
  std::vector<draw::Panel> panels;
  for (std::int64_t label = 0; label < std::ssize(set.classes); ++label) {
    const auto some = [&](const torch::Tensor& images, const torch::Tensor& labels, std::int64_t count) {
      return images.index_select(0, (labels == label).nonzero().squeeze(1).narrow(0, 0, count));
    };
    const torch::Tensor column =
        torch::cat({some(set.images, set.labels, 1), some(samples.values, samples.labels, 5)});
    panels.push_back({draw::tiled(column, 1, 5), set.classes[static_cast<std::size_t>(label)], {}});
  }
  return draw::sheet(panels);
}

Trial run(const Setting& setting) {
  const Ring ring = ring_game(1, setting);
  const Ring lagging = ring_game(kLag, setting);
  const torch::Tensor truth = gan::ring_points(kRing, 400, setting.random(ring_data));

  const data::ImageSet clothes = drawn(data::Split::train, 10000, setting);
  const data::ImageSet others = drawn(data::Split::test, 2000, setting);
  const Gradients gradients = gradients_from_a_sure_discriminator(clothes, setting);

  const auto classifier = trained_classifier(clothes, setting);
  const auto untrained = gan::build_generator(picture_gan(clothes), setting.random(generator_weights));
  untrained->eval();
  const gan::Samples samples = samples_of(*picture_game(clothes, setting), setting);
  const double real = accuracy(*classifier, {data::to_unit_range(others.images), others.labels});
  const double generated = named(*classifier, samples),
               noise = named(*classifier, samples_of(*untrained, setting));

  return {.figures = {{"modes", ring.modes.back()},
                      {"near a mode", ring.near_share.back()},
                      {"gradients", gradients.ratio(gradients.steps.size() - 1)},
                      {"named", generated},
                      {"modes, lagging", lagging.modes.back()},
                      {"near a mode, untrained", ring.near_share.front()},
                      {"gradients, untrained", gradients.ratio(0)},
                      {"named, untrained", noise}},
          .series = {scattered("fair", "data", truth),
                     scattered("fair", "samples", ring.points),
                     scattered("lagging", "data", truth),
                     scattered("lagging", "samples", lagging.points),
                     {"modes", "both at one rate", ring.steps, ring.modes},
                     {"modes", "discriminator 300 times slower", lagging.steps, lagging.modes},
                     {"gradients", "non-saturating", gradients.steps, gradients.non_saturating},
                     {"gradients", "saturating", gradients.steps, gradients.saturating},
                     percent_by_category("named", "requested class", {real, generated, noise})},
          .pictures = {{"Top row: training pictures; below: samples of the generator for the same class",
                        columns(clothes, samples)}}};
}

}  // namespace

Experiment gan() {
  const draw::Chart fair{.title = "A fair game: 400 points of the data and of the generator",
                         .x_label = "first coordinate",
                         .y_label = "second coordinate",
                         .width = 480,
                         .height = 440,
                         .marks = draw::Marks::points};
  draw::Chart lagging = fair;
  lagging.title = "Discriminator 300 times slower";
  return {
      .question = "What is the idea of generative adversarial networks?",
      .answer =
          "Two networks play against each other. The generator turns random numbers into samples, the "
          "discriminator learns to tell them from real ones, and its gradient shows the generator how to "
          "look real. A distribution is learned without a formula for its density.",
      .method =
          "The game is played on eight Gaussians on a ring, then again with a discriminator that learns 300 "
          "times more slowly. A discriminator is trained against the pictures of a fixed generator, and the "
          "gradient that the generator would get is measured for both forms of its loss: raise log D(G(z)), "
          "or lower log(1 - D(G(z))). Finally, a generator is trained on clothes of 14 x 14 pixels, and a "
          "classifier trained only on real pictures classifies its samples of every class.",
      .claims =
          {{"modes", on_every_seed(at_least("ring: modes covered, of 8", 7))},
           {"near a mode",
            at_least("ring: share of samples near a mode, within 3 standard deviations", 0.8, Unit::percent)},
           {"gradients", geometric(at_least("discriminator nearly perfect: norm of the generator's gradient, "
                                            "non-saturating over saturating loss",
                                            10, Unit::times))},
           {"named", at_least("clothes: samples that the classifier assigns to the requested class", 0.5,
                              Unit::percent)},
           {"modes, lagging",
            caveat("Nothing ensures that every mode is covered: with a slow discriminator, the generator "
                   "leaves out half of them or more.",
                   on_every_seed(at_most("ring, discriminator 300 times slower: modes covered, of 8", 4)))}},
      .controls = {{"near a mode, untrained",
                    at_most("ring, generator untrained: share of samples near a mode", 0.3, Unit::percent)},
                   {"gradients, untrained",
                    geometric(between("discriminator untrained: the same ratio of gradients", 0.5, 2,
                                      Unit::times))},
                   {"named, untrained",
                    at_most("clothes, generator untrained: samples assigned to the requested class", 0.2,
                            Unit::percent)}},
      .charts = {{"fair", fair},
                 {"lagging", lagging},
                 {"modes", line_chart("Modes covered over the game", "updates of the generator",
                                      "modes covered", {{"all", 8}})},
                 {"gradients",
                  line_chart("Gradient from a discriminator that becomes certain",
                             "updates of the discriminator", log_scale("norm of the generator's gradient"))},
                 {"named",
                  bar_chart("How a classifier assigns the pictures", "pictures", "requested class, %",
                            {"real, held out", "generated", "untrained generator"}, {{"chance", 10}})}},
      .fine_print =
          "Nothing guarantees that the game settles, or that the generator covers all modes: its samples "
          "only have to look real, not to be complete. The same two networks that find all modes lose most "
          "of them if the discriminator lags behind, because the generator then moves to any place that "
          "looks real at the moment. Nobody can count the modes of pictures, and a correct classification "
          "means that they are recognisable, not that they are as varied as the data. Of the many losses "
          "proposed since, none proved better in general once all were tuned equally.",
      .sources = {"Goodfellow et al., Generative adversarial nets, 2014",
                  "Metz, Poole, Pfau & Sohl-Dickstein, Unrolled generative adversarial networks, 2017",
                  "Lucic, Kurach, Michalski, Gelly & Bousquet, Are GANs created equal? A large-scale study, "
                  "2018"},
      .cause =
          "The discriminator's learning: it keeps its random weights, and its outputs say nothing about the "
          "data.",
      .run = run};
}

}  // namespace fathom::interview::q10
