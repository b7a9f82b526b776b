#include "fathom/train/schedule.hpp"

#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/names.hpp"

namespace fathom::train {
namespace {

constexpr Names<Schedule, 4> kSchedules = {{{Schedule::constant, "constant"},
                                            {Schedule::step, "step"},
                                            {Schedule::cosine, "cosine"},
                                            {Schedule::one_cycle, "one-cycle"}}};

double step_factor(std::int64_t step, std::int64_t total) {
  if (4 * step >= 3 * total) return 0.01;
  return 2 * step >= total ? 0.1 : 1.0;
}

/// From 1/(n+1) upwards, so that the peak is the first step after the n of the warm-up.
double warm_up(std::int64_t step, std::int64_t n) {
  return static_cast<double>(step + 1) / static_cast<double>(n + 1);
}

/// The share of what comes after the warm-up that lies behind; below 1 at the last step, so that no step is
/// lost to a rate of 0.
double share_done(std::int64_t step, std::int64_t total, std::int64_t warm_up_steps) {
  return static_cast<double>(step - warm_up_steps) / static_cast<double>(total - warm_up_steps);
}

double cosine_factor(std::int64_t step, std::int64_t total) {
  const std::int64_t rising = total / 20;
  if (step < rising) return warm_up(step, rising);
  return (1 + std::cos(std::numbers::pi * share_done(step, total, rising))) / 2;
}

double one_cycle_factor(std::int64_t step, std::int64_t total) {
  const std::int64_t rising = total / 5;
  return step < rising ? warm_up(step, rising) : 1 - share_done(step, total, rising);
}

}  // namespace

std::string to_string(Schedule schedule) { return name_of(kSchedules, schedule); }

Schedule schedule_from(const std::string& name) { return value_of(kSchedules, "schedule", name); }

double schedule_factor(Schedule schedule, std::int64_t step, std::int64_t total) {
  if (step < 0 || step >= total)
    throw InvalidArgument(fmt::format("step {} is outside the {} steps of the schedule", step, total));
  switch (schedule) {
    case Schedule::constant:
      return 1;
    case Schedule::step:
      return step_factor(step, total);
    case Schedule::cosine:
      return cosine_factor(step, total);
    case Schedule::one_cycle:
      return one_cycle_factor(step, total);
  }
  return 1;
}

}  // namespace fathom::train
