/// Learning-rate schedules as functions of the step.
#pragma once

#include <cstdint>
#include <string>

namespace fathom::train {

enum class Schedule {
  constant,   ///< constant learning rate
  step,       ///< divided by 10 after 1/2 and by 100 after 3/4 of the steps
  cosine,     ///< half a cosine to 0 (Loshchilov & Hutter 2017), after a linear warm-up over the first 5 % of
              ///< the steps
  one_cycle,  ///< linear up over the first 20 %, linear down to 0 (Smith & Topin 2018)
};
std::string to_string(Schedule schedule);         ///< "one-cycle"
Schedule schedule_from(const std::string& name);  ///< throws InvalidArgument

/// The factor on the peak learning rate for step `step` of `total`, 0 <= step < total; in (0, 1].
double schedule_factor(Schedule schedule, std::int64_t step, std::int64_t total);

}  // namespace fathom::train
