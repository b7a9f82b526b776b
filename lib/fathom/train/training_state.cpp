#include "fathom/train/training_state.hpp"

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"
#include "fathom/io/bundle.hpp"

namespace fathom::train {
namespace {

using nlohmann::json;

constexpr StateFormat kFormat{"fathom training state", 2, "a training state"};

constexpr auto kProgressFields = [](auto& field, auto& p) {
  field("step", p.epoch.step);
  field("loss_sum", p.epoch.loss_sum);
  field("correct", p.epoch.correct);
  field("epoch_seconds", p.epoch.seconds);
  field("best_epoch", p.best_epoch);
  field("seconds", p.seconds);
};

json figures_of(const TrainingState& s) {
  json figures = written_fields(s, kProgressFields);
  figures["options"] = to_json(s.options);
  figures["architecture"] = models::to_json(s.architecture);
  figures["history"] = json::array();
  for (const EpochRecord& record : s.history) figures["history"].push_back(to_json(record));
  return figures;
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

TrainingState state_from(const io::Bundle& bundle, std::size_t size) {
  TrainingState s;
  const json figures = state_figures(kFormat, bundle.text, s.header);
  s.options = train_options_from_json(field(figures, "options"));
  s.architecture = models::architecture_from_json(field(figures, "architecture"));
  require_room(models::parameter_count(s.architecture), size);
  s.history = history_from(field(figures, "history"));
  read_fields(figures, s, kProgressFields);
  if (s.best_epoch > std::ssize(s.history)) throw FormatError("its best epoch has not been run");
  s.weights = optim::weights_in(bundle, "weights");
  s.best = optim::weights_in(bundle, "best");
  s.moments = optim::moments_in(bundle, "moment");
  return s;
}

}  // namespace

std::string to_bytes(const TrainingState& state) {
  io::Bundle bundle{state_text(kFormat, state.header, figures_of(state)), {}};
  insert(bundle, "weights", state.weights);
  insert(bundle, "best", state.best);
  optim::insert_moments(bundle, "moment", state.moments);
  return to_bytes(bundle);
}

TrainingState training_state_from_bytes(const std::string& bytes) {
  const io::Bundle bundle = io::bundle_from_bytes(bytes, "cannot resume");
  return resuming([&] { return state_from(bundle, bytes.size()); });
}

}  // namespace fathom::train
