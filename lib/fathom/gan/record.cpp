#include "fathom/gan/record.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/core/fields.hpp"

namespace fathom::gan {

std::string history_csv(const std::vector<GanRecord>& history) {
  std::string csv =
      "step,discriminator_loss,generator_loss,on_real,on_generated,score,seconds,images_per_second\n";
  for (const GanRecord& r : history)
    csv += fmt::format("{},{:.6f},{:.6f},{:.6f},{:.6f},{},{:.3f},{:.1f}\n", r.step, r.discriminator_loss,
                       r.generator_loss, r.on_real, r.on_generated,
                       r.score ? fmt::format("{:.6g}", *r.score) : "", r.seconds, r.images_per_second);
  return csv;
}

nlohmann::json to_json(const GanRecord& r) {
  return {{"step", r.step},
          {"discriminator_loss", r.discriminator_loss},
          {"generator_loss", r.generator_loss},
          {"on_real", r.on_real},
          {"on_generated", r.on_generated},
          {"score", number_or_null(r.score)},
          {"seconds", r.seconds},
          {"images_per_second", r.images_per_second}};
}

GanRecord gan_record_from_json(const nlohmann::json& j) {
  return {.step = integer_field(j, "step"),
          .discriminator_loss = number_field(j, "discriminator_loss"),
          .generator_loss = number_field(j, "generator_loss"),
          .on_real = number_field(j, "on_real"),
          .on_generated = number_field(j, "on_generated"),
          .score = optional_number_field(j, "score"),
          .seconds = number_field(j, "seconds"),
          .images_per_second = number_field(j, "images_per_second")};
}

}  // namespace fathom::gan
