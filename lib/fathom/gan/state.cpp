#include "fathom/gan/state.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"
#include "fathom/io/bundle.hpp"

namespace fathom::gan {
namespace {

using nlohmann::json;

constexpr train::StateFormat kStateFormat{"fathom GAN state", 2, "the state of a GAN"};
const std::string kSnapshots = "snapshots";

constexpr std::int64_t kPatience = 1000;
constexpr double kSure = 0.02;  // D(x) = 0.99 and D(G(z)) = 0.01
constexpr double kLost = 5;     // D(G(z)) = 0.99; guessing costs 1.39

constexpr auto kSumFields = [](auto& field, auto& sums) {
  field("steps", sums.steps);
  field("discriminator_loss", sums.discriminator_loss);
  field("generator_loss", sums.generator_loss);
  field("on_real", sums.on_real);
  field("on_generated", sums.on_generated);
  field("seconds", sums.seconds);
};

constexpr auto kStalemateFields = [](auto& field, auto& stalemate) {
  field("running_loss", stalemate.running_loss);
  field("steps_sure", stalemate.steps_sure);
  field("steps_lost", stalemate.steps_lost);
};

constexpr auto kProgressFields = [](auto& field, auto& p) {
  field.part("sums", p.sums, kSumFields);
  field.part("stalemate", p.stalemate, kStalemateFields);
  field("steps", p.steps);
  field("best_step", p.best_step);
  field("seconds", p.seconds);
};

json figures_of(const GanState& s) {
  json figures = written_fields(s, kProgressFields);
  figures["options"] = to_json(s.options);
  figures["architecture"] = to_json(s.architecture);
  figures["history"] = json::array();
  for (const GanRecord& record : s.history) figures["history"].push_back(to_json(record));
  return figures;
}

std::vector<GanRecord> records_from(const json& j) {
  std::vector<GanRecord> history;
  for (const json& item : j) {
    history.push_back(gan_record_from_json(item));
    if (history.size() > 1 && history.back().step <= history[history.size() - 2].step)
      throw FormatError("the steps of its history are out of order");
  }
  return history;
}

GanState gan_state_from(const io::Bundle& bundle, std::size_t size) {
  GanState s;
  const json figures = train::state_figures(kStateFormat, bundle.text, s.header);
  s.options = gan_options_from_json(field(figures, "options"));
  s.architecture = gan_architecture_from_json(field(figures, "architecture"));
  train::require_room(generator_parameters(s.architecture), size);
  s.history = records_from(field(figures, "history"));
  read_fields(figures, s, kProgressFields);
  const std::int64_t recorded = s.history.empty() ? 0 : s.history.back().step;
  if (s.steps != recorded + s.sums.steps || s.steps > s.options.steps || s.best_step > recorded)
    throw FormatError("its counts of steps contradict each other");
  if (bundle.tensors.contains(kSnapshots)) s.snapshots = bundle.tensors.at(kSnapshots);
  s.generator = optim::weights_in(bundle, "generator");
  s.discriminator = optim::weights_in(bundle, "discriminator");
  s.average = optim::weights_in(bundle, "average");
  s.best = optim::weights_in(bundle, "best");
  s.generator_moments = optim::moments_in(bundle, "generator_moment");
  s.discriminator_moments = optim::moments_in(bundle, "discriminator_moment");
  return s;
}

}  // namespace

void Stalemate::observe(double loss, std::int64_t step) {
  running_loss = 0.99 * running_loss + 0.01 * loss;
  steps_sure = running_loss < kSure ? steps_sure + 1 : 0;
  steps_lost = running_loss > kLost ? steps_lost + 1 : 0;
  if (steps_sure >= kPatience)
    throw DivergedError(
        fmt::format("the discriminator has been sure of every sample for {} steps (to step {}), so that the "
                    "generator learns nothing; try spectral norm, R1 with weight 1 (without batch norm) or a "
                    "lower learning rate",
                    kPatience, step));
  if (steps_lost >= kPatience)
    throw DivergedError(fmt::format(
        "the discriminator has taken the generated samples for real for {} steps (to step {}); try a lower "
        "learning rate or more discriminator steps",
        kPatience, step));
}

std::string to_bytes(const GanState& state) {
  io::Bundle bundle{train::state_text(kStateFormat, state.header, figures_of(state)), {}};
  if (state.snapshots.defined()) bundle.tensors[kSnapshots] = state.snapshots;
  insert(bundle, "generator", state.generator);
  insert(bundle, "discriminator", state.discriminator);
  insert(bundle, "average", state.average);
  insert(bundle, "best", state.best);
  optim::insert_moments(bundle, "generator_moment", state.generator_moments);
  optim::insert_moments(bundle, "discriminator_moment", state.discriminator_moments);
  return to_bytes(bundle);
}

GanState gan_state_from_bytes(const std::string& bytes) {
  const io::Bundle bundle = io::bundle_from_bytes(bytes, "cannot resume");
  return train::resuming([&] { return gan_state_from(bundle, bytes.size()); });
}

}  // namespace fathom::gan
