#include "fathom/train/schedule.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"

namespace fathom::train {
namespace {

constexpr Schedule kAll[] = {Schedule::constant, Schedule::step, Schedule::cosine, Schedule::one_cycle};

TEST(Schedule, ConstantIsOneThroughout) {
  EXPECT_EQ(schedule_factor(Schedule::constant, 0, 10), 1);
  EXPECT_EQ(schedule_factor(Schedule::constant, 9, 10), 1);
}

TEST(Schedule, StepFallsAtAHalfAndAtThreeQuarters) {
  EXPECT_EQ(schedule_factor(Schedule::step, 3, 8), 1);
  EXPECT_EQ(schedule_factor(Schedule::step, 4, 8), 0.1);
  EXPECT_EQ(schedule_factor(Schedule::step, 5, 8), 0.1);
  EXPECT_EQ(schedule_factor(Schedule::step, 6, 8), 0.01);
  EXPECT_EQ(schedule_factor(Schedule::step, 7, 8), 0.01);
}

TEST(Schedule, CosineWarmsUpOverATwentiethAndThenFalls) {
  // 5 of 100 steps rise by sixths; the other 95 follow half a cosine.
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::cosine, 0, 100), 1.0 / 6);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::cosine, 4, 100), 5.0 / 6);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::cosine, 5, 100), 1);
  EXPECT_NEAR(schedule_factor(Schedule::cosine, 5 + 38, 100), (1 + std::cos(0.4 * M_PI)) / 2, 1e-12);
  EXPECT_NEAR(schedule_factor(Schedule::cosine, 99, 100), (1 - std::cos(M_PI / 95)) / 2, 1e-12);
}

TEST(Schedule, OneCycleRisesOverAFifthAndFallsInAStraightLine) {
  // 2 of 10 steps rise by thirds; the other 8 fall by eighths.
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::one_cycle, 0, 10), 1.0 / 3);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::one_cycle, 1, 10), 2.0 / 3);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::one_cycle, 2, 10), 1);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::one_cycle, 6, 10), 0.5);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::one_cycle, 9, 10), 0.125);
}

TEST(Schedule, EveryFactorIsAboveZeroAndAtMostOne) {
  for (const Schedule schedule : kAll)
    for (const std::int64_t total : {1, 2, 3, 7, 20, 1000})
      for (std::int64_t step = 0; step < total; ++step) {
        const double factor = schedule_factor(schedule, step, total);
        EXPECT_TRUE(factor > 0 && factor <= 1)
            << to_string(schedule) << " " << step << "/" << total << ": " << factor;
      }
}

TEST(Schedule, RefusesAStepOutsideTheRun) {
  EXPECT_THROW(schedule_factor(Schedule::cosine, -1, 10), InvalidArgument);
  EXPECT_THROW(schedule_factor(Schedule::cosine, 10, 10), InvalidArgument);
  EXPECT_THROW(schedule_factor(Schedule::cosine, 0, 0), InvalidArgument);
}

TEST(Schedule, NamesAreReadBackAndOthersRefused) {
  for (const Schedule schedule : kAll) EXPECT_EQ(schedule_from(to_string(schedule)), schedule);
  EXPECT_EQ(to_string(Schedule::one_cycle), "one-cycle");
  try {
    schedule_from("cosin");
    FAIL();
  } catch (const InvalidArgument& e) {
    EXPECT_STREQ(e.what(), "no schedule 'cosin'; did you mean 'cosine'?");
  }
}

}  // namespace
}  // namespace fathom::train
