#include "fathom/gan/record.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/core/fields.hpp"

namespace fathom::gan {
namespace {

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

}  // namespace

std::string history_csv(const std::vector<GanRecord>& history) {
  std::string csv =
      "step,discriminator_loss,generator_loss,on_real,on_generated,score,seconds,images_per_second\n";
  for (const GanRecord& r : history)
    csv += fmt::format("{},{:.6f},{:.6f},{:.6f},{:.6f},{},{:.3f},{:.1f}\n", r.step, r.discriminator_loss,
                       r.generator_loss, r.on_real, r.on_generated,
                       r.score ? fmt::format("{:.6g}", *r.score) : "", r.seconds, r.images_per_second);
  return csv;
}

nlohmann::json to_json(const GanRecord& record) { return written_fields(record, kRecordFields); }

GanRecord gan_record_from_json(const nlohmann::json& json) {
  GanRecord record;
  read_fields(json, record, kRecordFields);
  return record;
}

}  // namespace fathom::gan
