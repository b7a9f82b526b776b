#include "fathom/train/trainer.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/train/metrics.hpp"
#include "train/small_set.hpp"

namespace fathom::train {
namespace {

TrainOptions adamw_run() {
  TrainOptions options = small_run();
  options.optimizer = {.kind = optim::OptimizerKind::adamw, .learning_rate = 0.01, .weight_decay = 0.01};
  options.clip_norm = 1;
  return options;
}

TrainOptions validated_run() {
  TrainOptions options = adamw_run();
  options.validation = 0.25;  // 120 images are left, 3 batches of 32
  options.epochs = 6;
  return options;
}

Trainer start(const TrainOptions& options, const models::Architecture& architecture = small_cnn(),
              const data::ImageSet& set = small_set()) {
  return Trainer(small_network(architecture), set, options);
}

torch::Tensor final_weights(const TrainOptions& options,
                            const models::Architecture& architecture = small_cnn()) {
  Trainer trainer = start(options, architecture);
  return all_weights(*run_to_end(trainer).network());
}

double accuracy(models::ImageModel& network, const data::ImageSet& set) {
  return evaluate(network.inference(), set).accuracy;
}

/// Expects a DivergedError whose text has `part` in it.
void expect_diverged(Trainer& trainer, const std::string& part) {
  try {
    while (!trainer.finished()) trainer.run_epoch();
    ADD_FAILURE() << "the run did not diverge";
  } catch (const DivergedError& e) {
    EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
  }
}

TEST(Trainer, LearnsWhereTheBrightSquareIs) {
  const models::Architecture architectures[] = {small_cnn(), small_mlp(), small_bilstm()};
  for (const models::Architecture& architecture : architectures) {
    TrainOptions options = adamw_run();
    options.epochs = 40;
    options.optimizer.learning_rate = 0.02;
    options.augmentation = {};
    Trainer trainer = start(options, architecture);
    run_to_end(trainer);
    EXPECT_LT(trainer.history().back().training_loss, trainer.history().front().training_loss);
    EXPECT_GT(accuracy(*trainer.best(), small_set(200, 99)), 0.9) << models::kind(architecture);
  }
}

TEST(Trainer, RecordsEachEpoch) {
  TrainOptions options = validated_run();
  options.epochs = 2;
  options.schedule = Schedule::constant;
  Trainer trainer = start(options);
  std::vector<std::int64_t> steps;
  const std::optional<EpochRecord> record =
      trainer.run_epoch([&](std::int64_t step, std::int64_t total, double loss) {
        EXPECT_EQ(total, 3);
        EXPECT_GT(loss, 0);
        steps.push_back(step);
        return true;
      });
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(record->epoch, 1);
  EXPECT_EQ(record->learning_rate, options.optimizer.learning_rate);
  EXPECT_GT(record->training_loss, 0);
  EXPECT_GE(record->training_accuracy, 0);
  EXPECT_TRUE(record->validation_loss.has_value() && record->validation_accuracy.has_value());
  EXPECT_GT(record->images_per_second, 0);
  EXPECT_EQ(trainer.images_seen(), 96);
  EXPECT_EQ(trainer.epochs_done(), 1);
  EXPECT_FALSE(trainer.finished());
  trainer.run_epoch();
  EXPECT_TRUE(trainer.finished());
  EXPECT_EQ(trainer.stopped_because(), "");
  EXPECT_EQ(trainer.history().size(), 2U);
  EXPECT_GE(trainer.seconds(), trainer.history()[0].seconds + trainer.history()[1].seconds - 1e-3);
  EXPECT_THROW(trainer.run_epoch(), InvalidArgument);
}

TEST(Trainer, TheTrainingLossOfAFrozenRunIsTheNetworksLoss) {
  // With a learning rate next to nothing the epoch's figures are those of the network as it is.
  TrainOptions options{.epochs = 1, .batch_size = 40, .optimizer = {.learning_rate = 1e-12}};
  const models::Architecture linear =
      models::MlpOptions{.input = kSmallInput, .classes = 4, .hidden = {}, .dropout = 0};
  Trainer trainer = start(options, linear);
  const Evaluation expected = evaluate(trainer.network()->inference(), small_set());
  const EpochRecord record = *trainer.run_epoch();
  EXPECT_NEAR(record.training_loss, expected.loss, 1e-5);
  EXPECT_DOUBLE_EQ(record.training_accuracy, expected.accuracy);
}

TEST(Trainer, LabelSmoothingIsInTheLoss) {
  // Logits of 0 give log 4 with any smoothing; a certain network pays for its certainty.
  const models::Architecture linear =
      models::MlpOptions{.input = kSmallInput, .classes = 4, .hidden = {}, .dropout = 0};
  data::ImageSet set = small_set(40);
  set.labels.zero_();
  TrainOptions options{
      .epochs = 1, .batch_size = 40, .optimizer = {.learning_rate = 1e-12}, .label_smoothing = 0.4};
  const std::shared_ptr<models::ImageModel> network = small_network(linear);
  {
    const torch::NoGradGuard no_grad;
    for (const auto& item : network->named_parameters()) item.value().zero_();
    network->named_parameters()["head.bias"][0] = 10;
  }
  Trainer trainer(network, set, options);
  // Three classes with a target of 0.4 / 4 each, at about 10 nats.
  EXPECT_NEAR(trainer.run_epoch()->training_loss, 3 * 0.1 * 10, 1e-2);
}

TEST(Trainer, TheSameSeedGivesTheSameBits) {
  for (const TrainOptions& options : {small_run(), adamw_run()}) {
    TrainOptions other = options;
    ++other.seed;
    const torch::Tensor weights = final_weights(options);
    EXPECT_TRUE(weights.equal(final_weights(options)));
    EXPECT_FALSE(weights.equal(final_weights(other)));
  }
}

TEST(Trainer, EachSourceOfChanceMatters) {
  const torch::Tensor weights = final_weights(small_run());
  TrainOptions plain = small_run();
  plain.augmentation = {};
  EXPECT_FALSE(weights.equal(final_weights(plain)));
  EXPECT_FALSE(weights.equal(final_weights(small_run(), small_cnn(/*dropout=*/0))));
}

TEST(Trainer, LearnsFromMixedPictures) {
  for (const char* pipeline : {"mixup(0.3)", "cutmix(p=0.5)", "cutmix(p=0.5) | mixup"}) {
    TrainOptions options = small_run();
    options.augmentation = augment::parse_pipeline(pipeline);
    options.epochs = 40;
    Trainer trainer = start(options);
    const double before = accuracy(*trainer.network(), small_set(200, 2));
    run_to_end(trainer);
    EXPECT_GT(accuracy(*trainer.network(), small_set(200, 2)), std::max(0.8, before)) << pipeline;
    EXPECT_TRUE(all_weights(*trainer.network()).equal(final_weights(options))) << pipeline;
  }
}

TEST(Trainer, RefusesAnAugmentationThatChangesTheSize) {
  TrainOptions options = small_run();
  options.augmentation = augment::parse_pipeline("resize(10, width=9)");
  try {
    start(options);
    FAIL() << "pictures of 10 x 9 would go into a network for 12 x 12";
  } catch (const InvalidArgument& e) {
    EXPECT_STREQ(e.what(), "the augmentation must keep the size of 12 x 12 pixels that the network takes");
  }
  options.augmentation = augment::parse_pipeline("one-of(hflip, crop(0, height=11..12), p=0.001)");
  EXPECT_THROW(start(options), InvalidArgument);
  options.augmentation = augment::parse_pipeline("resize(height=0..12, width=12)");
  EXPECT_THROW(start(options), InvalidArgument);
  options.augmentation = augment::parse_pipeline("resize(12, width=12) | crop(3) | rand-augment");
  EXPECT_NO_THROW(start(options));
  options.augmentation = augment::parse_pipeline("crop(0, height=9, width=8) | resize(12, width=12)");
  Trainer trainer = start(options);
  run_to_end(trainer);
}

TEST(Trainer, DoesNotDrawFromTheDefaultGenerator) {
  const models::Architecture architectures[] = {small_cnn(), small_mlp(), small_bilstm()};
  for (const models::Architecture& architecture : architectures) {
    Trainer trainer = start(adamw_run(), architecture);
    torch::manual_seed(1);
    const torch::Tensor expected = torch::rand({4});
    torch::manual_seed(1);
    run_to_end(trainer);
    EXPECT_TRUE(torch::rand({4}).equal(expected)) << models::kind(architecture);
  }
}

TEST(Trainer, BestIsTheEpochOfTheBestValidationAccuracy) {
  Trainer trainer = start(validated_run());
  std::vector<torch::Tensor> weights;
  while (!trainer.finished()) {
    trainer.run_epoch();
    weights.push_back(all_weights(*trainer.network()));
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < trainer.history().size(); ++i)
    if (*trainer.history()[i].validation_accuracy > *trainer.history()[best].validation_accuracy) best = i;
  EXPECT_EQ(trainer.best_epoch(), static_cast<std::int64_t>(best) + 1);
  EXPECT_TRUE(all_weights(*trainer.best()).equal(weights[best]));
  EXPECT_TRUE(all_weights(*trainer.network()).equal(weights.back())) << "best() leaves the network alone";
}

TEST(Trainer, WithoutValidationTheLastWeightsAreTheBest) {
  Trainer trainer = start(small_run());
  EXPECT_EQ(trainer.best_epoch(), 0);
  run_to_end(trainer);
  EXPECT_EQ(trainer.best_epoch(), 3);
  EXPECT_TRUE(all_weights(*trainer.best()).equal(all_weights(*trainer.network())));
  EXPECT_FALSE(trainer.best()->is_training());
}

TEST(Trainer, PatienceEndsARunThatDoesNotImprove) {
  TrainOptions options = validated_run();
  options.epochs = 50;
  options.patience = 2;
  options.optimizer.learning_rate =
      1e-12;  // every epoch is as good as the first, but for batch norm's statistics
  const models::Architecture linear =
      models::MlpOptions{.input = kSmallInput, .classes = 4, .hidden = {}, .dropout = 0};
  Trainer trainer = start(options, linear);
  run_to_end(trainer);
  EXPECT_EQ(trainer.epochs_done(), 3);
  EXPECT_EQ(trainer.best_epoch(), 1);
  EXPECT_NE(trainer.stopped_because().find("no epoch of the last 2 was better than epoch 1"),
            std::string::npos)
      << trainer.stopped_because();
}

TEST(Trainer, ATargetAccuracyEndsTheRunThatReachesIt) {
  TrainOptions options = validated_run();
  options.epochs = 50;
  options.schedule = Schedule::constant;
  options.target_accuracy = 0.6;
  Trainer trainer = start(options);
  run_to_end(trainer);
  EXPECT_LT(trainer.epochs_done(), 50);
  EXPECT_GE(*trainer.history().back().validation_accuracy, 0.6);
  EXPECT_NE(trainer.stopped_because().find("reached the target of 60.00 %"), std::string::npos);
}

TEST(Trainer, DivergenceIsReportedAndTakenBack) {
  TrainOptions options = small_run();
  options.optimizer.learning_rate = 1e30;
  Trainer trainer = start(options);
  const torch::Tensor before = all_weights(*trainer.network());
  expect_diverged(trainer, "a lower learning rate, such as 0.1, or clip the gradient's norm at 1");
  EXPECT_TRUE(all_weights(*trainer.network()).equal(before));
  EXPECT_EQ(trainer.images_seen(), 0);
  EXPECT_EQ(trainer.epochs_done(), 0);
  EXPECT_NO_THROW(Trainer::resume(trainer.state(), small_set()));
}

TEST(Trainer, DivergenceNamesTheStepAndKeepsTheEpochsBefore) {
  Trainer trainer = start(small_run());
  trainer.run_epoch();
  const torch::Tensor good = all_weights(*trainer.network());
  const std::string state = trainer.state();
  const auto poison = [&](std::int64_t step, std::int64_t, double) {
    const torch::NoGradGuard no_grad;
    if (step == 3) trainer.network()->parameters().front().fill_(std::numeric_limits<float>::quiet_NaN());
    return true;
  };
  try {
    trainer.run_epoch(poison);
    FAIL();
  } catch (const DivergedError& e) {
    EXPECT_STREQ(
        e.what(),
        "the loss became NaN at step 4 of epoch 2; try a lower learning rate, such as 0.025, or clip the "
        "gradient's norm at 1");
  }
  EXPECT_TRUE(all_weights(*trainer.network()).equal(good));
  // What follows is what would have followed without the accident.
  Trainer undisturbed = Trainer::resume(state, small_set());
  EXPECT_TRUE(
      all_weights(*run_to_end(trainer).network()).equal(all_weights(*run_to_end(undisturbed).network())));
}

TEST(Trainer, DivergenceInTheLastStepIsNoticed) {
  TrainOptions options = small_run();
  options.batch_size = 160;  // one step an epoch
  Trainer trainer = start(options);
  const torch::Tensor before = all_weights(*trainer.network());
  const auto poison = [&](std::int64_t, std::int64_t, double) {
    const torch::NoGradGuard no_grad;
    trainer.network()->parameters().front().fill_(std::numeric_limits<float>::infinity());
    return true;
  };
  EXPECT_THROW(trainer.run_epoch(poison), DivergedError);
  EXPECT_TRUE(all_weights(*trainer.network()).equal(before));
}

TEST(Trainer, ClippingKeepsAWildRunFinite) {
  TrainOptions options = small_run();
  options.optimizer = {.learning_rate = 1e-3, .momentum = 0};
  const auto moved = [&](const TrainOptions& o) {
    Trainer trainer = start(o);
    const torch::Tensor before = trainer.network()->parameters().back().detach().clone();
    trainer.run_epoch([](std::int64_t, std::int64_t, double) { return false; });
    return (trainer.network()->parameters().back() - before).abs().max().item<double>();
  };
  TrainOptions norm = options, value = options;
  norm.clip_norm = 1e-6;
  value.clip_value = 1e-6;
  EXPECT_GT(moved(options), 1e-6);
  EXPECT_LT(moved(norm), 1e-8);
  EXPECT_LT(moved(value), 1e-8);
}

TEST(Trainer, Bfloat16TrainsOrIsRefusedWithTheReason) {
  TrainOptions options = small_run();
  options.precision = Precision::bf16;
  if (!cpu_has_bf16()) {
    EXPECT_THROW(start(options), DeviceError);
    return;
  }
  Trainer trainer = start(options);
  run_to_end(trainer);
  EXPECT_LT(trainer.history().back().training_loss, trainer.history().front().training_loss);
  EXPECT_EQ(trainer.network()->parameters().front().scalar_type(), torch::kFloat);
}

TEST(Trainer, RefusesWhatDoesNotFit) {
  const auto refused = [](const models::Architecture& architecture,
                          const std::function<void(TrainOptions&)>& change) {
    TrainOptions options = small_run();
    change(options);
    EXPECT_THROW(start(options, architecture), InvalidArgument);
  };
  refused(small_cnn(), [](TrainOptions& o) { o.batch_size = 161; });
  refused(small_cnn(), [](TrainOptions& o) { o.batch_size = 129, o.validation = 0.2; });
  refused(small_cnn(), [](TrainOptions& o) { o.batch_size = 1; });
  refused(small_cnn(), [](TrainOptions& o) { o.epochs = 0; });
  refused(models::CnnOptions{.input = {1, 28, 28}, .classes = 4}, [](TrainOptions&) {});
  refused(models::MlpOptions{.input = kSmallInput, .classes = 10}, [](TrainOptions&) {});
  EXPECT_THROW(Trainer(nullptr, small_set(), small_run()), InvalidArgument);
  EXPECT_THROW(Trainer(small_network(), {}, small_run()), FormatError);
}

TEST(Trainer, SaysThatBatchNormNeedsTwoImagesWhereOneIsLeft) {
  TrainOptions options = small_run();
  options.batch_size = 1;
  options.validation = 0.5;
  try {
    const Trainer trainer(small_network(), small_set(2), options);
    FAIL();
  } catch (const InvalidArgument& e) {
    EXPECT_STREQ(e.what(), "a network with batch norm needs at least 2 training images, not 1");
  }
}

}  // namespace
}  // namespace fathom::train
