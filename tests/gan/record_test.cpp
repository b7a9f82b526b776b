#include "fathom/gan/record.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fathom/core/error.hpp"

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
  EXPECT_EQ(to_json(gan_record_from_json(to_json(record))), to_json(record));
  EXPECT_FALSE(gan_record_from_json(to_json(GanRecord{})).score.has_value());
  EXPECT_THROW(gan_record_from_json({{"step", 1}}), FormatError);
}

}  // namespace
}  // namespace fathom::gan
