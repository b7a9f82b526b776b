#include "fathom/gan/trainer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/gan/generator.hpp"
#include "fathom/gan/scores/ring.hpp"
#include "fathom/io/bundle.hpp"

namespace fathom::gan {
namespace {

struct Case {
  const char* name;
  GanArchitecture architecture;
  GanOptions options;
};

const GanOptions kShort{.steps = 12, .batch_size = 16, .decay = 0.5, .record_every = 5, .seed = 3};

Case pictures(const char* name, DcganOptions networks, GanOptions options) {
  networks.image = {1, 8, 8};
  networks.latent = 5;
  // Trained, 16 channels come about in another way than 4.
  networks.widths = {networks.classes > 0 ? 16 : 4, 6};
  return {name, networks, options};
}

std::vector<Case> cases() {
  GanOptions r1 = kShort, hinge = kShort, wasserstein = kShort, smooth = kShort;
  r1.r1 = 0.5;
  hinge.loss = GanLoss::hinge;
  wasserstein.loss = GanLoss::wasserstein;
  wasserstein.discriminator_steps = 3;
  smooth.label_smoothing = 0.1;
  smooth.ema = 0;
  return {pictures("ns", {}, smooth),
          pictures("r1", {.classes = 2, .batch_norm = false}, r1),
          pictures("hinge", {.batch_norm = false, .spectral_norm = true}, hinge),
          pictures("wgan_gp", {.classes = 2, .batch_norm = false}, wasserstein),
          {"points", PointGanOptions{.latent = 3, .hidden = 8}, r1}};
}

/// Stripes, upright or across, of two classes.
RealSamples stripes() {
  const torch::Tensor labels = torch::randint(2, {70}, make_generator(1), torch::kLong);
  torch::Tensor values = torch::randint(60, {70, 1, 8, 8}, make_generator(2), torch::kByte);
  for (std::int64_t i = 0; i < 70; ++i) values[i][0].slice(labels[i].item<std::int64_t>(), 0, 8, 2).add_(180);
  return {values, labels, "stripes", "70 stripes"};
}

RealSamples real_for(const GanArchitecture& architecture) {
  if (std::holds_alternative<DcganOptions>(architecture)) return stripes();
  return {ring_points({}, 70, make_generator(1)), {}, "gaussians:8", "gaussians:8"};
}

torch::Tensor weights_of(const Generator& generator) {
  std::vector<torch::Tensor> all;
  for (const auto& item : generator.named_parameters()) all.push_back(item.value().detach().flatten());
  for (const auto& item : generator.named_buffers()) all.push_back(item.value().to(torch::kFloat).flatten());
  return torch::cat(all);
}

class GanTraining : public testing::TestWithParam<Case> {
 protected:
  GanTrainer start() const {
    return GanTrainer(GetParam().architecture, real_for(GetParam().architecture), GetParam().options);
  }
  GanTrainer resume(const std::string& state) const {
    return GanTrainer::resume(state, real_for(GetParam().architecture));
  }
  /// To the end, with scores of which the second is the best.
  static void run_to_end(GanTrainer& trainer) {
    while (!trainer.finished()) {
      trainer.run();
      trainer.set_score(std::abs(static_cast<double>(trainer.history().size()) - 2));
    }
  }
  static void expect_same(const GanTrainer& a, const GanTrainer& b) {
    EXPECT_TRUE(weights_of(*a.average()).equal(weights_of(*b.average())));
    EXPECT_TRUE(weights_of(*a.best()).equal(weights_of(*b.best())));
    EXPECT_EQ(a.best_step(), b.best_step());
    EXPECT_TRUE(a.snapshots().equal(b.snapshots()));
    ASSERT_EQ(a.history().size(), b.history().size());
    for (std::size_t i = 0; i < a.history().size(); ++i) {
      EXPECT_EQ(a.history()[i].step, b.history()[i].step);
      EXPECT_EQ(a.history()[i].discriminator_loss, b.history()[i].discriminator_loss);
      EXPECT_EQ(a.history()[i].generator_loss, b.history()[i].generator_loss);
      EXPECT_EQ(a.history()[i].on_generated, b.history()[i].on_generated);
    }
  }
};

TEST_P(GanTraining, RecordsAtIntervalsAndAtTheEnd) {
  GanTrainer trainer = start();
  run_to_end(trainer);
  ASSERT_EQ(trainer.history().size(), 3U);
  EXPECT_EQ(trainer.history()[0].step, 5);
  EXPECT_EQ(trainer.history()[1].step, 10);
  EXPECT_EQ(trainer.history()[2].step, 12);
  EXPECT_EQ(trainer.best_step(), 10);
  EXPECT_EQ(trainer.snapshots().size(0), 3);
  EXPECT_EQ(trainer.images_seen(), 12 * 16 * GetParam().options.discriminator_steps);
  EXPECT_TRUE(std::isfinite(trainer.history()[2].generator_loss));
  EXPECT_FALSE(weights_of(*trainer.best()).equal(weights_of(*trainer.average())));
  EXPECT_THROW(trainer.run(), InvalidArgument);
}

TEST_P(GanTraining, ResumedAfterAnyStepGivesTheSameBits) {
  GanTrainer whole = start();
  run_to_end(whole);
  for (const std::int64_t stop : {3, 5, 7, 11}) {
    GanTrainer parted = start();
    while (parted.steps_done() < stop) {
      const auto record = parted.run([&](const GanRecord& r) { return r.step < stop; });
      if (record) parted.set_score(std::abs(static_cast<double>(parted.history().size()) - 2));
    }
    ASSERT_EQ(parted.steps_done(), stop);
    GanTrainer resumed = resume(parted.state());
    EXPECT_EQ(resumed.state(), parted.state()) << stop;
    run_to_end(resumed);
    expect_same(whole, resumed);
  }
}

TEST_P(GanTraining, FollowsFromTheSeed) {
  GanTrainer a = start(), b = start();
  run_to_end(a);
  run_to_end(b);
  expect_same(a, b);
  GanOptions other = GetParam().options;
  other.seed = 4;
  GanTrainer c(GetParam().architecture, real_for(GetParam().architecture), other);
  run_to_end(c);
  EXPECT_FALSE(weights_of(*a.average()).equal(weights_of(*c.average())));
}

INSTANTIATE_TEST_SUITE_P(Kinds, GanTraining, testing::ValuesIn(cases()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(GanTrainer, WithoutAMovingAverageKeepsTheLastWeights) {
  GanOptions with = kShort, without = kShort;
  without.ema = 0;
  const DcganOptions networks{.image = {1, 8, 8}, .latent = 5, .widths = {4}};
  GanTrainer a(networks, stripes(), with), b(networks, stripes(), without);
  while (!a.finished()) a.run();
  while (!b.finished()) b.run();
  EXPECT_EQ(a.history()[1].generator_loss, b.history()[1].generator_loss);  // the game is the same
  EXPECT_FALSE(weights_of(*a.average()).equal(weights_of(*b.average())));
}

TEST(GanTrainer, LearnsWhereOneGaussianLies) {
  const RingOptions one{.modes = 1, .radius = 3, .sigma = 0.3};
  const RealSamples real{ring_points(one, 2000, make_generator(1)), {}, "one", "one"};
  GanTrainer trainer(PointGanOptions{.latent = 2, .hidden = 32}, real,
                     {.steps = 800,
                      .batch_size = 128,
                      .generator_rate = 2e-3,
                      .discriminator_rate = 2e-3,
                      .r1 = 0.1,
                      .ema = 0.99,
                      .record_every = 800});
  const torch::Tensor before = trainer.average()->forward(torch::randn({500, 2}, make_generator(2)));
  trainer.run();
  const torch::Tensor after = trainer.snapshots()[0];
  EXPECT_GT((before.mean(0) - torch::tensor({3.0F, 0.0F})).norm().item<float>(), 1);
  EXPECT_LT((after.mean(0) - torch::tensor({3.0F, 0.0F})).norm().item<float>(), 0.25);
  EXPECT_GT(ring_scores(one, after).near_share, 0.8);
}

TEST(GanTrainer, SaysWhereALossIsNoNumberAndGoesBack) {
  const DcganOptions networks{.image = {1, 8, 8}, .latent = 5, .widths = {4}};
  GanOptions wild = kShort;
  wild.loss = GanLoss::hinge;
  wild.generator_rate = wild.discriminator_rate = 1e30;
  GanTrainer trainer(networks, stripes(), wild);
  const torch::Tensor first = weights_of(*trainer.average());
  EXPECT_THROW(trainer.run(), DivergedError);
  EXPECT_EQ(trainer.steps_done(), 0);
  EXPECT_TRUE(weights_of(*trainer.average()).equal(first));
}

TEST(GanTrainer, FindsAnOverflowThatNoLossHasSeen) {
  const DcganOptions networks{.image = {1, 8, 8}, .latent = 5, .widths = {4}};
  GanOptions wild = kShort;
  wild.loss = GanLoss::hinge;
  wild.record_every = 1;       // the update that overflows is the last before the record
  wild.generator_rate = 1e39;  // its update is the last of a step
  GanTrainer trainer(networks, stripes(), wild);
  EXPECT_THROW(trainer.run(), DivergedError);
  EXPECT_TRUE(trainer.history().empty());
  EXPECT_TRUE(torch::isfinite(weights_of(*trainer.average())).all().item<bool>());
  EXPECT_TRUE(torch::isfinite(weights_of(*trainer.best())).all().item<bool>());
  EXPECT_EQ(GanTrainer::resume(trainer.state(), stripes()).steps_done(), 0);
  // The same where a run is stopped after that update.
  wild.record_every = 5;
  GanTrainer stopped(networks, stripes(), wild);
  EXPECT_THROW(stopped.run([](const GanRecord&) { return false; }), DivergedError);
  EXPECT_EQ(stopped.steps_done(), 0);
}

TEST(GanTrainer, SaysWhereTheDiscriminatorHasWonForLong) {
  // Real points far away, and a generator that hardly moves.
  const RealSamples real{torch::full({64, 2}, 50.0F), {}, "far", "far"};
  GanTrainer trainer(PointGanOptions{.latent = 2, .hidden = 8}, real,
                     {.steps = 5000,
                      .batch_size = 16,
                      .generator_rate = 1e-9,
                      .discriminator_rate = 1e-2,
                      .record_every = 5000});
  try {
    trainer.run();
    FAIL();
  } catch (const DivergedError& e) {
    EXPECT_NE(std::string(e.what()).find("certain about every sample for 1000 steps"), std::string::npos)
        << e.what();
  }
}

TEST(GanTrainer, RefusesWhatDoesNotFit) {
  const DcganOptions networks{.image = {1, 8, 8}, .widths = {4}};
  const auto start = [&](const GanArchitecture& a, GanOptions o) { return GanTrainer(a, stripes(), o); };
  EXPECT_THROW(start(DcganOptions{.image = {1, 12, 12}, .widths = {4}}, kShort), InvalidArgument);
  EXPECT_THROW(start(PointGanOptions{}, kShort), InvalidArgument);
  GanOptions o = kShort;
  o.batch_size = 71;
  EXPECT_THROW(start(networks, o), InvalidArgument);
  o.batch_size = 1;
  EXPECT_THROW(start(networks, o), InvalidArgument);
  o = kShort;
  o.loss = GanLoss::wasserstein;  // with batch norm
  EXPECT_THROW(start(networks, o), InvalidArgument);
  o.label_smoothing = 0.1;
  EXPECT_THROW(validate(o), InvalidArgument);
  DcganOptions conditional = networks;
  conditional.classes = 1;
  EXPECT_THROW(start(conditional, kShort), InvalidArgument);
  o = kShort;
  o.r1 = 1;  // with batch norm
  EXPECT_THROW(start(networks, o), InvalidArgument);
}

TEST(GanTrainer, RefusesSamplesAndLabelsOfOtherTypesAndRanges) {
  const DcganOptions networks{.image = {1, 8, 8}, .classes = 2, .widths = {4}};
  const auto start = [&](const RealSamples& real) { return GanTrainer(networks, real, kShort); };
  EXPECT_NO_THROW(start(stripes()));
  RealSamples real = stripes();
  real.labels[3] = -1;
  EXPECT_THROW(start(real), InvalidArgument);
  real.labels[3] = 2;
  EXPECT_THROW(start(real), InvalidArgument);
  real.labels = stripes().labels.to(torch::kInt);
  EXPECT_THROW(start(real), InvalidArgument);
  real.labels = stripes().labels.unsqueeze(1);
  EXPECT_THROW(start(real), InvalidArgument);
  real = stripes();
  real.values = real.values.to(torch::kDouble);
  EXPECT_THROW(start(real), InvalidArgument);
  const RealSamples points{torch::zeros({64, 2}, torch::kDouble), {}, "points", "points"};
  EXPECT_THROW(GanTrainer(PointGanOptions{}, points, kShort), InvalidArgument);
}

TEST(GanTrainer, RefusesStatesThatAreNone) {
  GanTrainer trainer(DcganOptions{.image = {1, 8, 8}, .widths = {4}}, stripes(), kShort);
  trainer.run();
  trainer.set_score(1);
  const std::string state = trainer.state();
  for (std::size_t length = 0; length < state.size(); length += state.size() / 19 + 1)
    EXPECT_THROW(GanTrainer::resume(state.substr(0, length), stripes()), FormatError) << length;
  RealSamples other = stripes();
  other.checksum = "others";
  EXPECT_THROW(GanTrainer::resume(state, other), FormatError);
  EXPECT_THROW(GanTrainer::resume(state, stripes(), 4), InvalidArgument);
  EXPECT_EQ(GanTrainer::resume(state, stripes(), 20).options().steps, 20);
  EXPECT_THROW(GanTrainer::note_of("nothing"), FormatError);

  io::Bundle older = io::bundle_from_bytes(state, "state");  // whose weights lay otherwise
  const std::string version = "\"version\":";
  older.text[older.text.find(version) + version.size()] = '1';
  EXPECT_THROW(GanTrainer::resume(io::to_bytes(older), stripes()), FormatError);
}

TEST(GanTrainer, ANaNIsNeverTheBestScore) {
  GanTrainer trainer(DcganOptions{.image = {1, 8, 8}, .widths = {4}}, stripes(), kShort);
  EXPECT_THROW(trainer.set_score(1), InvalidArgument);
  trainer.run();
  trainer.set_score(2);
  trainer.run();
  trainer.set_score(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(trainer.best_step(), 5);
}

TEST(GanTrainer, AnInfiniteScoreIsNone) {
  for (const double infinite : {HUGE_VAL, -HUGE_VAL}) {
    GanTrainer trainer(DcganOptions{.image = {1, 8, 8}, .widths = {4}}, stripes(), kShort);
    trainer.run();
    trainer.set_score(infinite);
    EXPECT_FALSE(trainer.history().back().score.has_value());
    GanTrainer resumed = GanTrainer::resume(trainer.state(), stripes());
    resumed.run();
    resumed.set_score(1);
    EXPECT_EQ(resumed.best_step(), 10);
    EXPECT_EQ(GanTrainer::resume(resumed.state(), stripes()).state(), resumed.state());
  }
}

TEST(GanTrainer, AStateWhoseBestScoreIsMissingTakesTheNextOne) {
  GanTrainer trainer(DcganOptions{.image = {1, 8, 8}, .widths = {4}}, stripes(), kShort);
  trainer.run();
  trainer.set_score(1);
  io::Bundle older = io::bundle_from_bytes(trainer.state(), "state");  // as one with an infinite score was
  const std::string score = "\"score\":1.0";
  ASSERT_NE(older.text.find(score), std::string::npos) << older.text;
  older.text.replace(older.text.find(score), score.size(), "\"score\":null");
  GanTrainer resumed = GanTrainer::resume(io::to_bytes(older), stripes());
  EXPECT_EQ(resumed.best_step(), 5);
  resumed.run();
  resumed.set_score(7);
  EXPECT_EQ(resumed.best_step(), 10);
}

TEST(GanTrainer, ARecordIsScoredOnce) {
  GanTrainer trainer(DcganOptions{.image = {1, 8, 8}, .widths = {4}}, stripes(), kShort);
  trainer.run();
  trainer.set_score(2);
  trainer.run();
  trainer.set_score(1);
  EXPECT_THROW(trainer.set_score(3), InvalidArgument);
  EXPECT_EQ(trainer.history().back().score, 1);
}

}  // namespace
}  // namespace fathom::gan
