#include "fathom/train/training_state.hpp"

#include <fmt/format.h>
#include <torch/serialize.h>

#include "fathom/core/archive.hpp"
#include "fathom/core/error.hpp"
#include "fathom/train/fields.hpp"

namespace fathom::train {
namespace {

using nlohmann::json;
using TensorDict = c10::Dict<std::string, torch::Tensor>;

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

void require_version(const json& j) {
  if (text_field(j, "format") != kFormat) throw FormatError("it is not a training state");
  const std::int64_t version = integer_field(j, "version");
  if (version != kVersion)
    throw FormatError(
        fmt::format("it is of format version {}, but this program reads version {}", version, kVersion));
}

std::int64_t count_field(const json& j, const char* name) {
  const std::int64_t value = integer_field(j, name);
  if (value < 0) throw FormatError(fmt::format("the field '{}' is below 0", name));
  return value;
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
  require_version(j);
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

const std::string kValues = ".values", kBuffer = ".buffer.", kMoment = "moment.";

void insert(TensorDict& tensors, const std::string& prefix, const Weights& weights) {
  if (!weights.values.defined()) return;
  tensors.insert(prefix + kValues, weights.values.cpu());
  for (const auto& [name, buffer] : weights.buffers) tensors.insert(prefix + kBuffer + name, buffer.cpu());
}

Weights weights_from(const TensorDict& tensors, const std::string& prefix) {
  Weights weights;
  for (const auto& item : tensors) {
    if (item.key() == prefix + kValues) weights.values = item.value();
    if (item.key().starts_with(prefix + kBuffer))
      weights.buffers.emplace_back(item.key().substr(prefix.size() + kBuffer.size()), item.value());
  }
  return weights;
}

c10::IValue unpickled(const std::string& bytes) try {
  return torch::pickle_load({bytes.begin(), bytes.end()});
} catch (const c10::Error& e) {
  throw FormatError(fmt::format("LibTorch cannot read it: {}", e.what_without_backtrace()));
} catch (const std::exception& e) {
  throw FormatError(fmt::format("LibTorch cannot read it: {}", e.what()));
}

std::pair<std::string, TensorDict> parts(const std::string& bytes) {
  const c10::IValue value = unpickled(bytes);
  if (!value.isTuple() || value.toTupleRef().elements().size() != 2)
    throw FormatError("it is not a training state");
  const auto& elements = value.toTupleRef().elements();
  if (!elements[0].isString() || !elements[1].isGenericDict())
    throw FormatError("it is not a training state");
  TensorDict tensors;
  for (const auto& item : elements[1].toGenericDict()) {
    if (!item.key().isString() || !item.value().isTensor() || !item.value().toTensor().defined())
      throw FormatError("its dictionary holds something that is no named tensor");
    tensors.insert(item.key().toStringRef(), item.value().toTensor());
  }
  return {elements[0].toStringRef(), tensors};
}

json parsed(const std::string& text) try { return json::parse(text); } catch (const json::exception& e) {
  throw FormatError(fmt::format("its description is no JSON: {}", e.what()));
}

TrainingState state_from(const std::string& bytes) {
  const auto& [text, tensors] = parts(bytes);
  TrainingState state = figures_from(parsed(text));
  const std::int64_t parameters = models::parameter_count(state.architecture);
  if (static_cast<std::uint64_t>(parameters) * sizeof(float) > bytes.size())
    throw FormatError(
        fmt::format("it describes a network of {} parameters, more than it can hold", parameters));
  state.weights = weights_from(tensors, "weights");
  state.best = weights_from(tensors, "best");
  for (std::size_t i = 0; tensors.contains(kMoment + std::to_string(i)); ++i)
    state.moments.push_back(tensors.at(kMoment + std::to_string(i)));
  return state;
}

}  // namespace

std::string to_bytes(const TrainingState& state) {
  TensorDict tensors;
  insert(tensors, "weights", state.weights);
  insert(tensors, "best", state.best);
  for (std::size_t i = 0; i < state.moments.size(); ++i)
    tensors.insert(kMoment + std::to_string(i), state.moments[i].cpu());
  const c10::IValue pair = c10::ivalue::Tuple::create({figures(state).dump(), tensors});
  const std::vector<char> bytes = torch::pickle_save(pair);
  return {bytes.begin(), bytes.end()};
}

TrainingState training_state_from_bytes(const std::string& bytes) {
  verify_archive(bytes, kCannot);
  try {
    return state_from(bytes);
  } catch (const FormatError& e) {
    throw FormatError(fmt::format("{}: {}", kCannot, e.what()));
  }
}

}  // namespace fathom::train
