#include "fathom/gan/trainer.hpp"

#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/gan/run.hpp"
#include "fathom/gan/state.hpp"

namespace fathom::gan {

GanTrainer::GanTrainer(const GanArchitecture& architecture, RealSamples real, const GanOptions& options,
                       torch::Device device)
    : run_(std::make_unique<GanRun>(architecture, std::move(real), options, device)) {}
GanTrainer::GanTrainer(std::unique_ptr<GanRun> run) : run_(std::move(run)) {}
GanTrainer::~GanTrainer() = default;
GanTrainer::GanTrainer(GanTrainer&&) noexcept = default;

GanTrainer GanTrainer::resume(const std::string& bytes, RealSamples real, std::optional<std::int64_t> steps,
                              torch::Device device) {
  GanState state = gan_state_from_bytes(bytes);
  if (real.checksum != state.data_checksum)
    throw FormatError(
        fmt::format("cannot resume: the run was on '{}' with checksum {:.12}, but this '{}' has {:.12}",
                    state.data_name, state.data_checksum, real.name, real.checksum));
  if (steps && *steps < state.steps)
    throw InvalidArgument(
        fmt::format("the number of steps must be at least {}, which are done, not {}", state.steps, *steps));
  if (steps) state.options.steps = *steps;
  real.name = state.data_name;
  try {
    auto run = std::make_unique<GanRun>(state.architecture, std::move(real), state.options, device);
    run->restore(state);
    return GanTrainer(std::move(run));
  } catch (const FormatError& e) {
    throw FormatError(fmt::format("cannot resume: {}", e.what()));
  } catch (const InvalidArgument& e) {
    throw FormatError(fmt::format("cannot resume: {}", e.what()));
  }
}

std::optional<GanRecord> GanTrainer::run(const StepCallback& step) {
  if (finished()) throw InvalidArgument("the run is finished; resume it with more steps");
  return run_->run(step);
}

bool GanTrainer::finished() const { return run_->steps >= run_->options.steps; }
std::shared_ptr<Generator> GanTrainer::average() const { return run_->average(); }
void GanTrainer::set_score(double score) { run_->set_score(score); }
std::shared_ptr<Generator> GanTrainer::best() const { return run_->best(); }

std::int64_t GanTrainer::best_step() const { return run_->best_step > 0 ? run_->best_step : run_->steps; }

torch::Tensor GanTrainer::snapshots() const { return run_->snapshots; }

const GanArchitecture& GanTrainer::architecture() const { return run_->architecture; }
const GanOptions& GanTrainer::options() const { return run_->options; }
const std::vector<GanRecord>& GanTrainer::history() const { return run_->history; }
std::int64_t GanTrainer::steps_done() const { return run_->steps; }
double GanTrainer::seconds() const { return run_->seconds; }

std::int64_t GanTrainer::images_seen() const {
  return run_->steps * run_->options.discriminator_steps * run_->options.batch_size;
}

std::string GanTrainer::state() const { return to_bytes(run_->state()); }
void GanTrainer::set_note(std::string note) { run_->note = std::move(note); }
const std::string& GanTrainer::note() const { return run_->note; }
std::string GanTrainer::note_of(const std::string& state) { return gan_state_from_bytes(state).note; }

}  // namespace fathom::gan
