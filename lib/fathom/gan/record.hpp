/// The history of adversarial training.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace fathom::gan {

/// Means over the steps since the previous record.
struct GanRecord {
  std::int64_t step = 0;                              ///< the last one; 1 is the first
  double discriminator_loss = 0, generator_loss = 0;  ///< without penalties
  /// The discriminator's mean output for real and for generated samples: with the loss `ns` the probability
  /// of being real, D(x) and D(G(z)); otherwise the logit.
  double on_real = 0, on_generated = 0;
  std::optional<double> score;   ///< score of the averaged generator, set by the caller; lower is better
  double seconds = 0;            ///< of the training alone
  double images_per_second = 0;  ///< real images that passed through the discriminator
};

/// For core/fields.hpp.
constexpr auto kRecordFields = [](auto& field, auto& record) {
  field("step", record.step);
  field("discriminator_loss", record.discriminator_loss);
  field("generator_loss", record.generator_loss);
  field("on_real", record.on_real);
  field("on_generated", record.on_generated);
  field("score", record.score);
  field("seconds", record.seconds);
  field("images_per_second", record.images_per_second);
};

/// "step,discriminator_loss,..." and a line per record; values that were not measured are empty.
inline std::string history_csv(const std::vector<GanRecord>& history) {
  std::string csv =
      "step,discriminator_loss,generator_loss,on_real,on_generated,score,seconds,images_per_second\n";
  for (const GanRecord& r : history)
    csv += fmt::format("{},{:.6f},{:.6f},{:.6f},{:.6f},{},{:.3f},{:.1f}\n", r.step, r.discriminator_loss,
                       r.generator_loss, r.on_real, r.on_generated,
                       r.score ? fmt::format("{:.6g}", *r.score) : "", r.seconds, r.images_per_second);
  return csv;
}

}  // namespace fathom::gan
