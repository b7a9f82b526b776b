#include "fathom/train/history.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"

namespace fathom::train {
namespace {

EpochRecord record() {
  return {.epoch = 1,
          .learning_rate = 0.05,
          .training_loss = 1.25,
          .training_accuracy = 0.5,
          .validation_loss = 1.0 / 3,
          .validation_accuracy = 0.75,
          .seconds = 2,
          .images_per_second = 1000};
}

TEST(History, CsvHasAHeadingAndALinePerEpoch) {
  EpochRecord second = record();
  second.epoch = 2;
  second.validation_loss = second.validation_accuracy = std::nullopt;
  EXPECT_EQ(history_csv({record(), second}),
            "epoch,learning_rate,training_loss,training_accuracy,validation_loss,validation_accuracy,seconds,"
            "images_per_second\n"
            "1,0.05,1.25,0.5,0.333333,0.75,2.000,1000.0\n"
            "2,0.05,1.25,0.5,,,2.000,1000.0\n");
}

TEST(History, CsvIsReadBack) {
  EpochRecord second = record();
  second.epoch = 2;
  second.validation_loss = second.validation_accuracy = std::nullopt;
  const std::string csv = history_csv({record(), second});
  EXPECT_EQ(history_csv(history_from_csv(csv)), csv);
  EXPECT_TRUE(history_from_csv(history_csv({})).empty());
}

TEST(History, OtherCsvIsRefused) {
  const std::string heading = history_csv({});
  for (const std::string& csv :
       {std::string(), std::string("a,b\n"), heading + "1,2\n", heading + "one,0,0,0,,,1,1\n",
        heading + "1,0.05,1.25,,,,2.000,1000.0\n", heading + "1e39,0,0,0,,,1,1\n",
        heading + "nan,0,0,0,,,1,1\n", heading + "-1,0,0,0,,,1,1\n"})
    EXPECT_THROW(history_from_csv(csv), FormatError) << csv;
}

TEST(History, JsonKeepsEveryBit) {
  EpochRecord r = record();
  r.training_loss = 0.1 + 0.2;
  r.validation_accuracy = std::nullopt;
  EpochRecord back;
  read_fields(nlohmann::json::parse(written_fields(r, kEpochFields).dump()), back, kEpochFields);
  EXPECT_EQ(back.training_loss, r.training_loss);
  EXPECT_EQ(back.validation_loss, r.validation_loss);
  EXPECT_FALSE(back.validation_accuracy.has_value());
  EXPECT_EQ(written_fields(back, kEpochFields), written_fields(r, kEpochFields));
}

TEST(History, RefusesARecordWithAMissingField) {
  nlohmann::json json = written_fields(record(), kEpochFields);
  json.erase("seconds");
  EpochRecord back;
  EXPECT_THROW(read_fields(json, back, kEpochFields), FormatError);
}

}  // namespace
}  // namespace fathom::train
