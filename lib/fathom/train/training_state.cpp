#include "fathom/train/training_state.hpp"

#include "fathom/core/error.hpp"
#include "fathom/core/fields.hpp"
#include "fathom/io/bundle.hpp"

namespace fathom::train {
namespace {

constexpr StateFormat kFormat{"fathom training state", 2, "a training state"};

constexpr auto kProgressFields = [](auto& field, auto& p) {
  kHeaderFields(field, p.header);
  field("options", p.options, train_options_from_json);
  field("architecture", p.architecture, models::architecture_from_json);
  field.parts("history", p.history, kEpochFields);
  field("step", p.epoch.step);
  field("loss_sum", p.epoch.loss_sum);
  field("correct", p.epoch.correct);
  field("epoch_seconds", p.epoch.seconds);
  field("best_epoch", p.best_epoch);
  field("seconds", p.seconds);
};

TrainingState state_from(const io::Bundle& bundle, std::size_t size) {
  TrainingState s;
  read_fields(state_figures(kFormat, bundle.text), s, kProgressFields);
  require_room(models::parameter_count(s.architecture), size);
  for (std::int64_t i = 0; i < std::ssize(s.history); ++i)
    if (s.history[i].epoch != i + 1) throw FormatError("the epochs of its history are out of order");
  if (s.best_epoch > std::ssize(s.history)) throw FormatError("its best epoch has not been run");
  s.weights = optim::weights_in(bundle, "weights");
  s.best = optim::weights_in(bundle, "best");
  s.moments = optim::moments_in(bundle, "moment");
  return s;
}

}  // namespace

std::string to_bytes(const TrainingState& state) {
  io::Bundle bundle{state_text(kFormat, written_fields(state, kProgressFields)), {}};
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
