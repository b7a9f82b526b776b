#include "fathom/gan/options.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"

namespace fathom::gan {
namespace {

void require_at_least_one(const char* option, std::int64_t value) {
  if (value < 1) throw InvalidArgument(fmt::format("{} must be at least 1, not {}", option, value));
}

void require_finite(const char* option, double value, double low) {
  if (!(value >= low && std::isfinite(value)))
    throw InvalidArgument(fmt::format("{} must be a number of at least {}, not {}", option, low, value));
}

}  // namespace

void validate(const GanOptions& o) {
  require_at_least_one("the number of steps", o.steps);
  require_at_least_one("the batch size", o.batch_size);
  require_at_least_one("the discriminator's steps", o.discriminator_steps);
  require_at_least_one("the interval of R1", o.r1_every);
  require_at_least_one("the steps per record", o.record_every);
  require_finite("the generator's learning rate", o.generator_rate, 1e-12);
  require_finite("the discriminator's learning rate", o.discriminator_rate, 1e-12);
  require_share("beta1", o.beta1);
  require_share("beta2", o.beta2);
  require_share("label smoothing", o.label_smoothing);
  require_share("the moving average's decay", o.ema);
  require_finite("the weight of R1", o.r1, 0);
  require_finite("the weight of the gradient penalty", o.penalty, 0);
  if (!(o.decay >= 0 && o.decay <= 1))
    throw InvalidArgument(
        fmt::format("the share of the run with falling rates must be in [0, 1], not {}", o.decay));
  if (o.label_smoothing > 0 && o.loss != GanLoss::non_saturating)
    throw InvalidArgument("label smoothing is for the loss 'ns', the only one with labels");
}

nlohmann::json to_json(const GanOptions& o) {
  return {{"steps", o.steps},
          {"batch_size", o.batch_size},
          {"loss", to_string(o.loss)},
          {"discriminator_steps", o.discriminator_steps},
          {"generator_rate", o.generator_rate},
          {"discriminator_rate", o.discriminator_rate},
          {"beta1", o.beta1},
          {"beta2", o.beta2},
          {"label_smoothing", o.label_smoothing},
          {"r1", o.r1},
          {"r1_every", o.r1_every},
          {"penalty", o.penalty},
          {"ema", o.ema},
          {"decay", o.decay},
          {"record_every", o.record_every},
          {"seed", o.seed}};
}

GanOptions gan_options_from_json(const nlohmann::json& j) {
  GanOptions o;
  try {
    o.steps = integer_field(j, "steps");
    o.batch_size = integer_field(j, "batch_size");
    o.loss = gan_loss_from(text_field(j, "loss"));
    o.discriminator_steps = integer_field(j, "discriminator_steps");
    o.generator_rate = number_field(j, "generator_rate");
    o.discriminator_rate = number_field(j, "discriminator_rate");
    o.beta1 = number_field(j, "beta1");
    o.beta2 = number_field(j, "beta2");
    o.label_smoothing = number_field(j, "label_smoothing");
    o.r1 = number_field(j, "r1");
    o.r1_every = integer_field(j, "r1_every");
    o.penalty = number_field(j, "penalty");
    o.ema = number_field(j, "ema");
    o.decay = number_field(j, "decay");
    o.record_every = integer_field(j, "record_every");
    o.seed = seed_field(j);
    validate(o);
    return o;
  } catch (const InvalidArgument& e) {
    throw FormatError(fmt::format("its options are out of range: {}", e.what()));
  }
}

}  // namespace fathom::gan
