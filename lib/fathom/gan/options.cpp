#include "fathom/gan/options.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"

namespace fathom::gan {
namespace {

constexpr auto kOptionFields = [](auto& field, auto& o) {
  field("steps", o.steps);
  field("batch_size", o.batch_size);
  field("loss", o.loss, gan_loss_from);
  field("discriminator_steps", o.discriminator_steps);
  field("generator_rate", o.generator_rate);
  field("discriminator_rate", o.discriminator_rate);
  field("beta1", o.beta1);
  field("beta2", o.beta2);
  field("label_smoothing", o.label_smoothing);
  field("r1", o.r1);
  field("r1_every", o.r1_every);
  field("penalty", o.penalty);
  field("ema", o.ema);
  field("decay", o.decay);
  field("record_every", o.record_every);
  field("seed", o.seed);
};

}  // namespace

void validate(const GanOptions& o) {
  require_at_least("the number of steps", o.steps, 1);
  require_at_least("the batch size", o.batch_size, 1);
  require_at_least("the discriminator's steps", o.discriminator_steps, 1);
  require_at_least("the interval of R1", o.r1_every, 1);
  require_at_least("the steps per record", o.record_every, 1);
  require_at_least("the generator's learning rate", o.generator_rate, 1e-12);
  require_at_least("the discriminator's learning rate", o.discriminator_rate, 1e-12);
  require_share("beta1", o.beta1);
  require_share("beta2", o.beta2);
  require_share("label smoothing", o.label_smoothing);
  require_share("the moving average's decay", o.ema);
  require_at_least("the weight of R1", o.r1, 0);
  require_at_least("the weight of the gradient penalty", o.penalty, 0);
  require_fraction("the share of the run with falling rates", o.decay);
  if (o.label_smoothing > 0 && o.loss != GanLoss::non_saturating)
    throw InvalidArgument("label smoothing works only with the loss 'ns'");
}

double rate_factor(const GanOptions& o, std::int64_t step) {
  if (o.decay == 0) return 1;
  return std::min(1.0, static_cast<double>(o.steps - step) / static_cast<double>(o.steps) / o.decay);
}

nlohmann::json to_json(const GanOptions& options) { return written_fields(options, kOptionFields); }

GanOptions gan_options_from_json(const nlohmann::json& json) try {
  GanOptions options;
  read_fields(json, options, kOptionFields);
  validate(options);
  return options;
} catch (const InvalidArgument& e) {
  throw FormatError(fmt::format("its options are out of range: {}", e.what()));
}

}  // namespace fathom::gan
