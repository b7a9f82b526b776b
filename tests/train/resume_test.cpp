#include <limits>

#include <gtest/gtest.h>
#include <torch/serialize.h>

#include "fathom/core/error.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/train/trainer.hpp"
#include "fathom/train/training_state.hpp"
#include "train/small_set.hpp"

namespace fathom::train {
namespace {

struct Case {
  const char* name;
  optim::OptimizerKind optimizer;
  models::Architecture architecture;
};

/// Dropout, augmentation with mixed labels, momentum, validation and (but for the recurrent network) batch
/// norm are on in all.
class Resume : public testing::TestWithParam<Case> {
 protected:
  Resume() {
    options_.optimizer = {.kind = GetParam().optimizer, .learning_rate = 0.02, .weight_decay = 0.01};
    options_.validation = 0.2;
    options_.clip_norm = 1;
    options_.augmentation = augment::parse_pipeline("crop(1) | rotate(10) | hflip(p=0.5) | mixup(p=0.5)");
  }
  Trainer start() const { return Trainer(small_network(GetParam().architecture), set_, options_); }

  const data::ImageSet set_ = small_set();
  TrainOptions options_ = small_run();
};

void run_until(Trainer& trainer, std::int64_t step) {
  EXPECT_FALSE(
      trainer.run_epoch([&](std::int64_t done, std::int64_t, double) { return done < step; }).has_value());
}

void expect_same_run(const Trainer& a, const Trainer& b) {
  EXPECT_TRUE(all_weights(*a.network()).equal(all_weights(*b.network())));
  EXPECT_TRUE(all_weights(*a.best()).equal(all_weights(*b.best())));
  EXPECT_EQ(a.best_epoch(), b.best_epoch());
  EXPECT_EQ(a.images_seen(), b.images_seen());
  ASSERT_EQ(a.history().size(), b.history().size());
  for (std::size_t i = 0; i < a.history().size(); ++i) {
    EXPECT_EQ(a.history()[i].training_loss, b.history()[i].training_loss);
    EXPECT_EQ(a.history()[i].training_accuracy, b.history()[i].training_accuracy);
    EXPECT_EQ(a.history()[i].validation_loss, b.history()[i].validation_loss);
    EXPECT_EQ(a.history()[i].learning_rate, b.history()[i].learning_rate);
  }
}

TEST_P(Resume, AfterAnEpochGivesTheSameBits) {
  Trainer whole = start(), parted = start();
  run_to_end(whole);
  parted.run_epoch();
  Trainer resumed = Trainer::resume(parted.state(), set_);
  EXPECT_EQ(resumed.epochs_done(), 1);
  run_to_end(resumed);
  expect_same_run(whole, resumed);
}

TEST_P(Resume, AfterAnyStepGivesTheSameBits) {
  Trainer whole = start();
  run_to_end(whole);
  for (const std::int64_t step : {1, 2, 4}) {  // of 4
    Trainer parted = start();
    parted.run_epoch();
    run_until(parted, step);
    Trainer resumed = Trainer::resume(parted.state(), set_);
    EXPECT_EQ(resumed.epochs_done(), 1);
    EXPECT_EQ(resumed.images_seen(), 32 * (4 + step));
    run_to_end(resumed);
    expect_same_run(whole, resumed);
  }
}

TEST_P(Resume, GoingOnInTheSameTrainerGivesTheSameBits) {
  Trainer whole = start(), parted = start();
  run_to_end(whole);
  run_until(parted, 1);
  run_until(parted, 3);
  run_to_end(parted);
  expect_same_run(whole, parted);
}

INSTANTIATE_TEST_SUITE_P(All, Resume,
                         testing::Values(Case{"CnnSgd", optim::OptimizerKind::sgd, small_cnn()},
                                         Case{"CnnAdamW", optim::OptimizerKind::adamw, small_cnn()},
                                         Case{"MlpAdam", optim::OptimizerKind::adam, small_mlp()},
                                         Case{"BiLstmAdamW", optim::OptimizerKind::adamw, small_bilstm()}),
                         [](const auto& tested) { return std::string(tested.param.name); });

class State : public testing::Test {
 protected:
  State() {
    options_.validation = 0.2;
    trainer_.set_note("--model cnn \"quoted\" \xC3\xA9");
    trainer_.run_epoch();
    run_until(trainer_, 2);
    state_ = trainer_.state();
  }

  const data::ImageSet set_ = small_set();
  TrainOptions options_ = [] {
    TrainOptions options = small_run();
    options.validation = 0.2;
    return options;
  }();
  Trainer trainer_{small_network(), set_, options_};
  std::string state_;
};

TEST_F(State, OfTheSameMomentIsTheSameBytes) {
  EXPECT_EQ(trainer_.state(), state_);
  EXPECT_EQ(Trainer::resume(state_, set_).state(), state_);
}

TEST_F(State, OfTwoRunsWithOneSeedDiffersInTheTimesAlone) {
  Trainer second(small_network(), set_, options_);
  second.set_note(trainer_.note());
  second.run_epoch();
  run_until(second, 2);
  const auto without_times = [](const std::string& bytes) {
    TrainingState state = training_state_from_bytes(bytes);
    state.seconds = state.epoch.seconds = 0;
    for (EpochRecord& record : state.history) record.seconds = record.images_per_second = 0;
    return to_bytes(state);
  };
  EXPECT_EQ(without_times(second.state()), without_times(state_));
}

TEST_F(State, CarriesNoteTimesAndNormalisation) {
  const Trainer resumed = Trainer::resume(state_, set_);
  EXPECT_EQ(resumed.note(), trainer_.note());
  EXPECT_EQ(resumed.seconds(), trainer_.seconds());
  EXPECT_EQ(resumed.data_checksum(), data::checksum(set_));
  EXPECT_TRUE(resumed.network()->named_buffers()["mean"].equal(trainer_.network()->named_buffers()["mean"]));
}

TEST_F(State, CanBeLengthened) {
  Trainer resumed = Trainer::resume(state_, set_, 5);
  EXPECT_EQ(resumed.options().epochs, 5);
  run_to_end(resumed);
  EXPECT_EQ(resumed.epochs_done(), 5);
  EXPECT_LT(resumed.history().back().learning_rate, 0.02) << "the schedule ends with the last epoch";
  EXPECT_THROW(Trainer::resume(state_, set_, 1), InvalidArgument) << "the second epoch is under way";
}

TEST_F(State, OfAFinishedRunIsFinished) {
  run_to_end(trainer_);
  EXPECT_TRUE(Trainer::resume(trainer_.state(), set_).finished());
  EXPECT_FALSE(Trainer::resume(trainer_.state(), set_, 4).finished());
}

TEST_F(State, OfARunThatStoppedEarlyGoesOnWithMoreEpochs) {
  TrainOptions patient = options_, easy = options_;
  patient.patience = 1;
  patient.epochs = 12;
  patient.optimizer.learning_rate = 1e-12;  // nothing gets better
  easy.target_accuracy = 1e-6;
  for (const TrainOptions& options : {patient, easy}) {
    Trainer stopped(small_network(), set_, options);
    run_to_end(stopped);
    const std::string why = stopped.stopped_because();
    ASSERT_NE(why, "");
    EXPECT_TRUE(Trainer::resume(stopped.state(), set_).finished());
    Trainer resumed = Trainer::resume(stopped.state(), set_, 14);
    EXPECT_EQ(resumed.continued_despite(), why);
    EXPECT_EQ(Trainer::resume(resumed.state(), set_).continued_despite(), "");
    run_to_end(resumed);
    EXPECT_EQ(resumed.epochs_done(), 14);
    EXPECT_EQ(resumed.stopped_because(), "");
  }
  // A run that was not stopped keeps its patience.
  EXPECT_EQ(Trainer::resume(state_, set_, 5).continued_despite(), "");
}

TEST_F(State, OfARunToItsEndGoesOnThoughItsPatienceHasRunOut) {
  TrainOptions options = options_;
  options.patience = 2;
  options.optimizer.learning_rate = 1e-12;
  models::MlpOptions constant = std::get<models::MlpOptions>(small_mlp());
  constant.batch_norm = false;                           // its statistics would go on changing
  Trainer done(small_network(constant), set_, options);  // the last epoch is the second without a gain
  run_to_end(done);
  ASSERT_EQ(done.epochs_done(), 3);
  Trainer resumed = Trainer::resume(done.state(), set_, 5);
  EXPECT_NE(resumed.continued_despite(), "");
  run_to_end(resumed);
  EXPECT_EQ(resumed.epochs_done(), 5);
}

TEST_F(State, CutOffAnywhereIsRefused) {
  for (const double share : {0.0, 0.001, 0.1, 0.5, 0.9, 0.999}) {
    const auto length = static_cast<std::size_t>(share * static_cast<double>(state_.size()));
    EXPECT_THROW(Trainer::resume(state_.substr(0, length), set_), FormatError) << length;
  }
  EXPECT_THROW(Trainer::resume(state_.substr(0, state_.size() - 1), set_), FormatError);
}

TEST_F(State, AFlippedByteIsRefusedOrWithoutEffect) {
  // Zip leaves a few bytes without meaning, such as its padding and dates; every other one must be noticed.
  std::int64_t refused = 0, flips = 0;
  for (std::size_t i = 5; i < state_.size(); i += state_.size() / 200, ++flips) {
    std::string damaged = state_;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    try {
      EXPECT_EQ(Trainer::resume(damaged, set_).state(), state_) << "byte " << i;
    } catch (const FormatError& e) {
      EXPECT_EQ(std::string(e.what()).rfind("cannot resume", 0), 0U) << e.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, flips / 3);
}

TEST_F(State, OfAnotherDataSetIsRefused) {
  try {
    Trainer::resume(state_, small_set(160, 2));
    FAIL();
  } catch (const FormatError& e) {
    EXPECT_EQ(std::string(e.what()).rfind("cannot resume: the run used 'squares' with checksum ", 0), 0U)
        << e.what();
  }
}

TEST_F(State, UnderAnotherNameOfTheSetIsTheSameRun) {
  data::ImageSet renamed = set_;
  renamed.name = "mnist";  // which would be augmented otherwise
  Trainer resumed = Trainer::resume(state_, renamed);
  run_to_end(resumed);
  run_to_end(trainer_);
  expect_same_run(trainer_, resumed);
}

TEST_F(State, ThatContradictsItselfIsRefused) {
  const auto refused = [&](const std::function<void(TrainingState&)>& change) {
    TrainingState state = training_state_from_bytes(state_);
    change(state);
    EXPECT_THROW(Trainer::resume(to_bytes(state), set_), FormatError);
  };
  EXPECT_NO_THROW(Trainer::resume(to_bytes(training_state_from_bytes(state_)), set_));
  refused([](TrainingState& s) { s.architecture = small_mlp(); });
  refused([](TrainingState& s) {
    s.architecture = models::MlpOptions{.input = kSmallInput, .hidden = {65536, 65536}};
  });
  refused([](TrainingState& s) { s.weights.values = torch::zeros({3}); });
  refused([](TrainingState& s) { s.weights.buffers.pop_back(); });
  refused([](TrainingState& s) { s.weights.values = torch::Tensor(); });
  refused([](TrainingState& s) { s.best = {}; });
  refused([](TrainingState& s) { s.moments.clear(); });
  refused([](TrainingState& s) { s.epoch.step = 5; });
  refused([](TrainingState& s) { s.best_epoch = 2; });
  refused([](TrainingState& s) { s.history.front().validation_accuracy = std::nullopt; });
  refused([](TrainingState& s) { s.history.clear(); });
  refused([](TrainingState& s) { s.options.batch_size = 1000; });
  refused([](TrainingState& s) { s.options.epochs = 0; });
  refused([](TrainingState& s) { s.epoch.loss_sum = std::numeric_limits<double>::quiet_NaN(); });
}

TEST_F(State, AnArchiveOfSomethingElseIsRefused) {
  const auto archive = [](const c10::IValue& value) {
    const std::vector<char> bytes = torch::pickle_save(value);
    return std::string(bytes.begin(), bytes.end());
  };
  const c10::Dict<std::string, torch::Tensor> tensors;
  EXPECT_THROW(Trainer::resume(archive(1), set_), FormatError);
  EXPECT_THROW(Trainer::resume(archive(torch::ones({2})), set_), FormatError);
  EXPECT_THROW(Trainer::resume(archive(c10::ivalue::Tuple::create({"{}", tensors})), set_), FormatError);
  EXPECT_THROW(Trainer::resume(archive(c10::ivalue::Tuple::create({"{", tensors})), set_), FormatError);
  try {
    Trainer::resume(archive(c10::ivalue::Tuple::create(
                        {R"({"format": "fathom training state", "version": 3})", tensors})),
                    set_);
    FAIL();
  } catch (const FormatError& e) {
    EXPECT_STREQ(e.what(), "cannot resume: it has format version 3, but this program reads version 2");
  }
}

}  // namespace
}  // namespace fathom::train
