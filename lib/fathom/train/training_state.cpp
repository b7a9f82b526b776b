#include "fathom/train/training_state.hpp"

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"
#include "fathom/io/bundle.hpp"

namespace fathom::train {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "fathom training state";
constexpr std::int64_t kVersion = 2;
const std::string kCannot = "cannot resume";

json figures(const TrainingState& s) {
  json history = json::array();
  for (const EpochRecord& record : s.history) history.push_back(to_json(record));
  return {{"format", kFormat},
          {"version", kVersion},
          {"options", to_json(s.options)},
          {"architecture", models::to_json(s.architecture)},
          {"data_name", s.data_name},
          {"data_checksum", s.data_checksum},
          {"note", s.note},
          {"history", history},
          {"step", s.epoch.step},
          {"loss_sum", s.epoch.loss_sum},
          {"correct", s.epoch.correct},
          {"epoch_seconds", s.epoch.seconds},
          {"best_epoch", s.best_epoch},
          {"seconds", s.seconds}};
}

std::vector<EpochRecord> history_from(const json& j) {
  std::vector<EpochRecord> history;
  for (const json& item : j) {
    history.push_back(epoch_record_from_json(item));
    if (history.back().epoch != std::ssize(history))
      throw FormatError("the epochs of its history are out of order");
  }
  return history;
}

TrainingState figures_from(const json& j) {
  require_format(j, kFormat, kVersion, "a training state");
  TrainingState s;
  s.options = train_options_from_json(field(j, "options"));
  s.architecture = models::architecture_from_json(field(j, "architecture"));
  s.data_name = text_field(j, "data_name");
  s.data_checksum = text_field(j, "data_checksum");
  s.note = text_field(j, "note");
  s.history = history_from(field(j, "history"));
  s.epoch.step = count_field(j, "step");
  s.epoch.loss_sum = number_field(j, "loss_sum");
  s.epoch.correct = count_field(j, "correct");
  s.epoch.seconds = number_field(j, "epoch_seconds");
  s.best_epoch = count_field(j, "best_epoch");
  if (s.best_epoch > std::ssize(s.history)) throw FormatError("its best epoch is one that it has not run");
  s.seconds = number_field(j, "seconds");
  return s;
}

json parsed(const std::string& text) try { return json::parse(text); } catch (const json::exception& e) {
  throw FormatError(fmt::format("its description is no JSON: {}", e.what()));
}

TrainingState state_from(const io::Bundle& bundle, std::size_t size) {
  TrainingState state = figures_from(parsed(bundle.text));
  const std::int64_t parameters = models::parameter_count(state.architecture);
  if (static_cast<std::uint64_t>(parameters) * sizeof(float) > size)
    throw FormatError(
        fmt::format("it describes a network of {} parameters, more than it can hold", parameters));
  state.weights = optim::weights_in(bundle, "weights");
  state.best = optim::weights_in(bundle, "best");
  state.moments = optim::moments_in(bundle, "moment");
  return state;
}

}  // namespace

std::string to_bytes(const TrainingState& state) {
  io::Bundle bundle{figures(state).dump(), {}};
  insert(bundle, "weights", state.weights);
  insert(bundle, "best", state.best);
  optim::insert_moments(bundle, "moment", state.moments);
  return to_bytes(bundle);
}

TrainingState training_state_from_bytes(const std::string& bytes) {
  const io::Bundle bundle = io::bundle_from_bytes(bytes, kCannot);
  try {
    return state_from(bundle, bytes.size());
  } catch (const FormatError& e) {
    throw FormatError(fmt::format("{}: {}", kCannot, e.what()));
  }
}

}  // namespace fathom::train
