/// The options of adversarial training, and the defaults for each loss.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "fathom/gan/losses.hpp"

namespace fathom::gan {

struct GanOptions {
  std::int64_t steps = 20000;  ///< updates of the generator
  std::int64_t batch_size =
      32;  ///< real samples per discriminator update, and the same number of generated ones
  GanLoss loss = GanLoss::non_saturating;
  std::int64_t discriminator_steps = 1;  ///< updates of the discriminator per update of the generator
  double generator_rate = 1e-3,
         discriminator_rate = 1e-3;   ///< learning rates of Adam; a recipe may set others
  double beta1 = 0.5, beta2 = 0.999;  ///< Adam's (Radford et al. 2016)
  double label_smoothing = 0;         ///< in [0, 1), only with the loss `ns`
  double r1 = 0;                      ///< weight of R1 is r1 / 2; 0: none
  std::int64_t r1_every = 4;  ///< updates between R1 steps; R1 is scaled up accordingly (Karras et al. 2020)
  double penalty = 10;        ///< weight of the gradient penalty of `wgan-gp`
  double ema = 0.999;  ///< decay per update of the moving average of the generator's weights (Yazici et al.
                       ///< 2019); 0: no average
  double decay = 0.5;  ///< share of the run, at its end, over which both rates fall to 0 linearly
  std::int64_t record_every = 1000;  ///< steps per line of the history
  std::uint64_t seed = 0;
};

/// Throws InvalidArgument naming the option and its range.
void validate(const GanOptions& options);

/// What the learning rates are multiplied by at a step: 1, and over the last part of the run falling to 0.
double rate_factor(const GanOptions& options, std::int64_t step);

nlohmann::json to_json(const GanOptions& options);
GanOptions gan_options_from_json(const nlohmann::json& json);  ///< throws FormatError

}  // namespace fathom::gan
