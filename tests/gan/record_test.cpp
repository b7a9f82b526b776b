#include "fathom/gan/record.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"

namespace fathom::gan {
namespace {

TEST(GanRecord, IsALineOfTheHistory) {
  const GanRecord with{10, 1.25, 0.5, 0.75, 0.25, 0.125, 2, 320}, without{20, 1, 2, 0.5, 0.5, {}, 4, 160};
  EXPECT_EQ(history_csv({with, without}),
            "step,discriminator_loss,generator_loss,on_real,on_generated,score,seconds,images_per_second\n"
            "10,1.250000,0.500000,0.750000,0.250000,0.125,2.000,320.0\n"
            "20,1.000000,2.000000,0.500000,0.500000,,4.000,160.0\n");
}

TEST(GanRecord, ComesBackFromJson) {
  const GanRecord record{10, 1.25, 0.5, 0.75, 0.25, 0.125, 2, 320};
  const nlohmann::json json = written_fields(record, kRecordFields);
  GanRecord back;
  read_fields(json, back, kRecordFields);
  EXPECT_EQ(written_fields(back, kRecordFields), json);
  read_fields(written_fields(GanRecord{}, kRecordFields), back, kRecordFields);
  EXPECT_FALSE(back.score.has_value());
  EXPECT_THROW(read_fields({{"step", 1}}, back, kRecordFields), FormatError);
}

}  // namespace
}  // namespace fathom::gan
