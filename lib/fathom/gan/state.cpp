#include "fathom/gan/state.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"
#include "fathom/io/bundle.hpp"

namespace fathom::gan {
namespace {

using nlohmann::json;

constexpr const char* kStateFormat = "fathom GAN state";
constexpr std::int64_t kStateVersion = 2;
const std::string kCannotResume = "cannot resume", kSnapshots = "snapshots";

json figures_of(const GanState& s) {
  json history = json::array();
  for (const GanRecord& record : s.history) history.push_back(to_json(record));
  return {{"format", kStateFormat},
          {"version", kStateVersion},
          {"options", to_json(s.options)},
          {"architecture", to_json(s.architecture)},
          {"data_name", s.data_name},
          {"data_checksum", s.data_checksum},
          {"note", s.note},
          {"history", history},
          {"sums",
           {{"steps", s.sums.steps},
            {"discriminator_loss", s.sums.discriminator_loss},
            {"generator_loss", s.sums.generator_loss},
            {"on_real", s.sums.on_real},
            {"on_generated", s.sums.on_generated},
            {"seconds", s.sums.seconds}}},
          {"stalemate",
           {{"running_loss", s.stalemate.running_loss},
            {"steps_sure", s.stalemate.steps_sure},
            {"steps_lost", s.stalemate.steps_lost}}},
          {"steps", s.steps},
          {"best_step", s.best_step},
          {"seconds", s.seconds}};
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

GanState gan_figures_from(const json& j) {
  require_format(j, kStateFormat, kStateVersion, "the state of a GAN");
  GanState s;
  s.options = gan_options_from_json(field(j, "options"));
  s.architecture = gan_architecture_from_json(field(j, "architecture"));
  s.data_name = text_field(j, "data_name");
  s.data_checksum = text_field(j, "data_checksum");
  s.note = text_field(j, "note");
  s.history = records_from(field(j, "history"));
  const json& sums = field(j, "sums");
  s.sums = {.steps = count_field(sums, "steps"),
            .discriminator_loss = number_field(sums, "discriminator_loss"),
            .generator_loss = number_field(sums, "generator_loss"),
            .on_real = number_field(sums, "on_real"),
            .on_generated = number_field(sums, "on_generated"),
            .seconds = number_field(sums, "seconds")};
  const json& stalemate = field(j, "stalemate");
  s.stalemate = {.running_loss = number_field(stalemate, "running_loss"),
                 .steps_sure = integer_field(stalemate, "steps_sure"),
                 .steps_lost = integer_field(stalemate, "steps_lost")};
  s.steps = count_field(j, "steps");
  s.best_step = count_field(j, "best_step");
  s.seconds = number_field(j, "seconds");
  const std::int64_t recorded = s.history.empty() ? 0 : s.history.back().step;
  if (s.steps != recorded + s.sums.steps || s.steps > s.options.steps || s.best_step > recorded)
    throw FormatError("its counts of steps contradict each other");
  return s;
}

GanState gan_state_from(const io::Bundle& bundle, std::size_t size) try {
  GanState state = gan_figures_from(json::parse(bundle.text));
  if (static_cast<std::uint64_t>(generator_parameters(state.architecture)) * sizeof(float) > size)
    throw FormatError("it describes a network that is larger than it can hold");
  if (bundle.tensors.contains(kSnapshots)) state.snapshots = bundle.tensors.at(kSnapshots);
  state.generator = optim::weights_in(bundle, "generator");
  state.discriminator = optim::weights_in(bundle, "discriminator");
  state.average = optim::weights_in(bundle, "average");
  state.best = optim::weights_in(bundle, "best");
  state.generator_moments = optim::moments_in(bundle, "generator_moment");
  state.discriminator_moments = optim::moments_in(bundle, "discriminator_moment");
  return state;
} catch (const json::exception& e) {
  throw FormatError(fmt::format("its description is no JSON: {}", e.what()));
}

}  // namespace

std::string to_bytes(const GanState& state) {
  io::Bundle bundle{figures_of(state).dump(), {}};
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
  const io::Bundle bundle = io::bundle_from_bytes(bytes, kCannotResume);
  try {
    return gan_state_from(bundle, bytes.size());
  } catch (const FormatError& e) {
    throw FormatError(fmt::format("{}: {}", kCannotResume, e.what()));
  }
}

}  // namespace fathom::gan
