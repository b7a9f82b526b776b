#include "fathom/train/trainer.hpp"

#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/train/training_run.hpp"
#include "fathom/train/training_state.hpp"

namespace fathom::train {
namespace {

std::string checksum_of(const data::ImageSet& set) {
  data::validate(set, "cannot train");
  return data::checksum(set);
}

}  // namespace

Trainer::Trainer(std::shared_ptr<models::ImageModel> network, data::ImageSet set, TrainOptions options)
    : run_(std::make_unique<TrainingRun>(std::move(network), set, options, checksum_of(set))) {}
Trainer::Trainer(std::unique_ptr<TrainingRun> run) : run_(std::move(run)) {}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

Trainer Trainer::resume(const std::string& bytes, data::ImageSet set, std::optional<std::int64_t> epochs,
                        torch::Device device) {
  TrainingState state = training_state_from_bytes(bytes);
  const std::string checksum = checksum_of(set);
  if (checksum != state.data_checksum)
    throw FormatError(
        fmt::format("cannot resume: the run was on '{}' with checksum {:.12}, but this '{}' has {:.12}",
                    state.data_name, state.data_checksum, set.name, checksum));
  const std::int64_t begun = std::ssize(state.history) + (state.epoch.step > 0 ? 1 : 0);
  if (epochs && *epochs < begun)
    throw InvalidArgument(
        fmt::format("the number of epochs must be at least {}, which are begun, not {}", begun, *epochs));
  if (epochs) state.options.epochs = *epochs;
  set.name = state.data_name;
  try {
    const std::shared_ptr<models::ImageModel> network = models::build(state.architecture, make_generator(0));
    network->to(device);
    auto run = std::make_unique<TrainingRun>(network, set, state.options, checksum);
    run->restore(state);
    return Trainer(std::move(run));
  } catch (const FormatError& e) {
    throw FormatError(fmt::format("cannot resume: {}", e.what()));
  } catch (const InvalidArgument& e) {
    throw FormatError(fmt::format("cannot resume: {}", e.what()));
  }
}

std::optional<EpochRecord> Trainer::run_epoch(const StepCallback& step) {
  if (finished()) throw InvalidArgument("the run is finished; resume it with more epochs");
  return run_->run_epoch(step);
}

bool Trainer::finished() const {
  return run_->epochs_done() >= run_->options.epochs || !run_->stopped_because().empty();
}

std::string Trainer::stopped_because() const { return run_->stopped_because(); }
std::shared_ptr<models::ImageModel> Trainer::best() const { return run_->best_network(); }

std::int64_t Trainer::best_epoch() const {
  return run_->options.validation > 0 ? run_->best_epoch : run_->epochs_done();
}

const std::shared_ptr<models::ImageModel>& Trainer::network() const { return run_->network; }
const TrainOptions& Trainer::options() const { return run_->options; }
const std::vector<EpochRecord>& Trainer::history() const { return run_->history; }
std::int64_t Trainer::epochs_done() const { return run_->epochs_done(); }
double Trainer::seconds() const { return run_->seconds; }
std::int64_t Trainer::images_seen() const { return run_->images_seen(); }
const std::string& Trainer::data_checksum() const { return run_->data_checksum; }
std::string Trainer::state() const { return to_bytes(run_->state()); }
void Trainer::set_note(std::string note) { run_->note = std::move(note); }
const std::string& Trainer::note() const { return run_->note; }

std::string Trainer::note_of(const std::string& state) { return training_state_from_bytes(state).note; }

}  // namespace fathom::train
