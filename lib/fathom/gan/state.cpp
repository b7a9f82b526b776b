#include "fathom/gan/state.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"
#include "fathom/io/bundle.hpp"

namespace fathom::gan {
namespace {

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
  train::kHeaderFields(field, p.header);
  field("options", p.options, gan_options_from_json);
  field("architecture", p.architecture, gan_architecture_from_json);
  field.parts("history", p.history, kRecordFields);
  field.part("sums", p.sums, kSumFields);
  field.part("stalemate", p.stalemate, kStalemateFields);
  field("steps", p.steps);
  field("best_step", p.best_step);
  field("seconds", p.seconds);
};

GanState gan_state_from(const io::Bundle& bundle, std::size_t size) {
  GanState s;
  read_fields(train::state_figures(kStateFormat, bundle.text), s, kProgressFields);
  train::require_room(generator_parameters(s.architecture), size);
  const auto disorder = std::ranges::adjacent_find(s.history, std::ranges::greater_equal{}, &GanRecord::step);
  if (disorder != s.history.end()) throw FormatError("the steps of its history are out of order");
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
    throw DivergedError(fmt::format(
        "the discriminator has been certain about every sample for {} steps (up to step {}), so the "
        "generator learns nothing; try spectral norm, R1 with weight 1 (without batch norm) or a lower "
        "learning "
        "rate",
        kPatience, step));
  if (steps_lost >= kPatience)
    throw DivergedError(
        fmt::format("the discriminator has classified generated samples as real for {} steps (up to step "
                    "{}); try a lower learning rate or more discriminator steps",
                    kPatience, step));
}

GanRecord record_so_far(const GanProgress& run) {
  const GanSums& sums = run.sums;
  const auto n = static_cast<double>(std::max<std::int64_t>(sums.steps, 1));
  const double images =
      static_cast<double>(sums.steps * run.options.discriminator_steps * run.options.batch_size);
  return {.step = run.steps,
          .discriminator_loss = sums.discriminator_loss / n,
          .generator_loss = sums.generator_loss / n,
          .on_real = sums.on_real / n,
          .on_generated = sums.on_generated / n,
          .score = {},
          .seconds = sums.seconds,
          .images_per_second = images / std::max(sums.seconds, 1e-9)};
}

std::string to_bytes(const GanState& state) {
  io::Bundle bundle{train::state_text(kStateFormat, written_fields(state, kProgressFields)), {}};
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
