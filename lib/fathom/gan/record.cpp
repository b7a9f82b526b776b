#include "fathom/gan/record.hpp"

#include <fmt/format.h>

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

}  // namespace fathom::gan
