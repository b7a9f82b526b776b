#include "fathom/train/options.hpp"

#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fathom/core/error.hpp"

namespace fathom::train {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Expects that `change` makes the options refused, with a text that has `word` in it.
void expect_refused(const std::string& word, const std::function<void(TrainOptions&)>& change) {
  TrainOptions options;
  change(options);
  try {
    validate(options);
    ADD_FAILURE() << word << " was not refused";
  } catch (const InvalidArgument& e) {
    EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
  }
}

TEST(TrainOptions, DefaultsAreValid) { EXPECT_NO_THROW(validate(TrainOptions{})); }

TEST(TrainOptions, EachRangeIsChecked) {
  expect_refused("epochs", [](TrainOptions& o) { o.epochs = 0; });
  expect_refused("batch size", [](TrainOptions& o) { o.batch_size = 0; });
  expect_refused("learning rate", [](TrainOptions& o) { o.optimizer.learning_rate = std::nan(""); });
  for (const double share : {-0.1, 1.0, std::nan("")}) {
    expect_refused("label smoothing", [&](TrainOptions& o) { o.label_smoothing = share; });
    expect_refused("validation", [&](TrainOptions& o) { o.validation = share; });
  }
  for (const double limit : {0.0, -1.0, std::nan(""), kInfinity}) {
    expect_refused("norm", [&](TrainOptions& o) { o.clip_norm = limit; });
    expect_refused("value", [&](TrainOptions& o) { o.clip_value = limit; });
  }
  expect_refused("patience", [](TrainOptions& o) { o.validation = 0.1, o.patience = -1; });
  for (const double accuracy : {-0.1, 1.1, std::nan("")})
    expect_refused("target accuracy",
                   [&](TrainOptions& o) { o.validation = 0.1, o.target_accuracy = accuracy; });
}

TEST(TrainOptions, StoppingRulesNeedAValidationPart) {
  expect_refused("validation", [](TrainOptions& o) { o.patience = 2; });
  expect_refused("validation", [](TrainOptions& o) { o.target_accuracy = 0.9; });
}

TEST(TrainOptions, JsonIsReadBackAsItWas) {
  const TrainOptions options{
      .epochs = 7,
      .batch_size = 33,
      .optimizer = {.kind = optim::OptimizerKind::adam,
                    .learning_rate = 0.1 + 0.2,
                    .momentum = 0.8,
                    .beta1 = 0.7,
                    .beta2 = 0.9,
                    .epsilon = 1e-9,
                    .weight_decay = 1.0 / 3},
      .schedule = Schedule::step,
      .label_smoothing = 0.1,
      .clip_norm = 2.5,
      .augmentation = augment::parse_pipeline(
          "crop(2, border=reflect) | one-of(hflip, rotate(5..9)) | cutmix(p=0.5) | mixup(0.3)"),
      .precision = Precision::bf16,
      .validation = 0.25,
      .patience = 3,
      .target_accuracy = 0.95,
      .seed = std::numeric_limits<std::uint64_t>::max()};
  const nlohmann::json json = to_json(options);
  const TrainOptions back = train_options_from_json(nlohmann::json::parse(json.dump()));
  EXPECT_EQ(to_json(back), json);
  EXPECT_EQ(back.optimizer.learning_rate, options.optimizer.learning_rate);
  EXPECT_EQ(back.clip_norm, 2.5);
  EXPECT_FALSE(back.clip_value.has_value());
  EXPECT_EQ(back.seed, options.seed);
  EXPECT_EQ(back.precision, Precision::bf16);
}

TEST(TrainOptions, MalformedJsonIsRefused) {
  const nlohmann::json good = to_json(TrainOptions{});
  const auto refused = [](const nlohmann::json& json) {
    EXPECT_THROW(train_options_from_json(json), FormatError) << json;
  };
  refused(nullptr);
  refused(nlohmann::json::array({1, 2}));
  for (const auto& [key, value] : good.items()) {
    nlohmann::json missing = good, wrong = good;
    missing.erase(key);
    wrong[key] = nlohmann::json::array();
    refused(missing);
    refused(wrong);
  }
  for (const nlohmann::json& epochs : {nlohmann::json(0), nlohmann::json(1.5), nlohmann::json(true),
                                       nlohmann::json(std::numeric_limits<std::uint64_t>::max())}) {
    nlohmann::json changed = good;
    changed["epochs"] = epochs;
    refused(changed);
  }
  nlohmann::json changed = good;
  changed["optimizer"]["kind"] = "sdg";
  refused(changed);
}

}  // namespace
}  // namespace fathom::train
