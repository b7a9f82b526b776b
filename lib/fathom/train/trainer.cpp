#include "fathom/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "fathom/core/compat.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/machine/blas.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/stopwatch.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/models/layers.hpp"
#include "fathom/optim/weights.hpp"
#include "fathom/train/batches.hpp"
#include "fathom/train/metrics.hpp"
#include "fathom/train/step_memory.hpp"
#include "fathom/train/training_state.hpp"

namespace fathom::train {
namespace {

data::TrainingParts split(const data::ImageSet& set, const TrainOptions& options) {
  if (options.validation == 0) return {set, {}};
  return data::hold_out(set, options.validation,
                        make_generator(stream_seed(options.seed, Stream::hold_out, 0)));
}

void require_fit(const models::Architecture& architecture, const data::ImageSet& set) {
  const models::InputShape& input = models::input_of(architecture);
  const models::InputShape shape{set.images.size(1), set.images.size(2), set.images.size(3)};
  if (input != shape)
    throw InvalidArgument(
        fmt::format("the network takes pictures of {}x{}x{}, but those of '{}' are {}x{}x{}", input.channels,
                    input.height, input.width, set.name, shape.channels, shape.height, shape.width));
  if (models::classes_of(architecture) != std::ssize(set.classes))
    throw InvalidArgument(fmt::format("the network has {} classes, but '{}' has {}",
                                      models::classes_of(architecture), set.name, set.classes.size()));
}

/// The run, where this network can be trained so on this set.
TrainingProgress checked(TrainingProgress run, const models::ImageModel& network, const data::ImageSet& set) {
  const TrainOptions& options = run.options;
  validate(options);
  require_fit(run.architecture, set);
  if (!augment::keeps_size(options.augmentation, {set.images.size(2), set.images.size(3)}))
    throw InvalidArgument(
        fmt::format("the augmentation must keep the size of {} x {} pixels that the network takes",
                    set.images.size(2), set.images.size(3)));
  const std::int64_t images =
      set.size() -
      (options.validation > 0 && set.size() > 1 ? data::held_out(set.size(), options.validation) : 0);
  if (images < 2 && models::has_batch_norm(network))
    throw InvalidArgument("a network with batch norm needs at least 2 training images, not 1");
  if (options.batch_size == 1 && models::has_batch_norm(network))
    throw InvalidArgument("the batch size must be at least 2 for a network with batch norm, not 1");
  if (options.precision == Precision::bf16 && !network.parameters().front().is_cpu())
    throw DeviceError("bf16 is for training on the CPU; use the precision 'fp32' or the device 'cpu'");
  if (options.precision == Precision::bf16 && !cpu_has_bf16())
    throw DeviceError("this CPU has no bfloat16 arithmetic (AVX512-BF16); use the precision 'fp32'");
  return run;
}

/// What tends to help, in terms of the options that the run has.
std::string advice(const TrainOptions& options) {
  const double rate =
      std::min(options.optimizer.learning_rate / 2, usual(options.optimizer.kind).learning_rate);
  return fmt::format("try a lower learning rate, such as {:.2g}{}", rate,
                     options.clip_norm ? "" : ", or clip the gradient's norm at 1");
}

/// Targets are labels or shares of the classes.
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets, double smoothing) {
  return torch::cross_entropy_loss(logits, targets, /*weight=*/{}, at::Reduction::Mean, /*ignore_index=*/-100,
                                   smoothing);
}

/// Why a run has stopped before its last epoch; empty if it has not.
std::string early_stop(const TrainingProgress& run) {
  const std::int64_t done = std::ssize(run.history);
  if (run.best_epoch == 0 || done >= run.options.epochs) return {};
  const double accuracy =
      run.history[static_cast<std::size_t>(run.best_epoch - 1)].validation_accuracy.value_or(0);
  if (run.options.target_accuracy > 0 && accuracy >= run.options.target_accuracy)
    return fmt::format("the validation accuracy of {:.2f} % reached the target of {:.2f} %", 100 * accuracy,
                       100 * run.options.target_accuracy);
  if (run.options.patience > 0 && done - run.best_epoch >= run.options.patience)
    return fmt::format(
        "no epoch of the last {} was better than epoch {} with a validation accuracy of {:.2f} %",
        done - run.best_epoch, run.best_epoch, 100 * accuracy);
  return {};
}

}  // namespace

/// A run with its networks, optimizers and data.
struct Trainer::Run : TrainingProgress {
  Run(std::shared_ptr<models::ImageModel> trained, const data::ImageSet& set, TrainingProgress start)
      : TrainingProgress(checked(std::move(start), *trained, set)),
        network(std::move(trained)),
        parts(split(set, options)),
        batches(parts.training, options),
        device(network->parameters().front().device()),
        parameters(*network),
        optimizer(parameters, options.optimizer),
        dropout(make_generator(0)) {
    if (device.is_cpu())
      require_memory(step_memory(*network, options.batch_size),
                     fmt::format("a training step with a batch size of {}", options.batch_size));
    network->set_dropout_generator(dropout);
  }

  std::optional<EpochRecord> run_epoch(const StepCallback& callback) {
    const Stopwatch watch;
    const TrainingState good = state();  // what a diverged run is put back to
    try {
      const bool complete = run_steps(callback);
      epoch.seconds += watch.seconds();
      require_finite_weights();
      std::optional<EpochRecord> record;
      if (complete) record = close_epoch();
      seconds += watch.seconds();
      return record;
    } catch (const DivergedError&) {
      put(good.weights);
      epoch = good.epoch;
      optimizer.restore(good.moments, steps_done());
      seconds += watch.seconds();
      throw;
    }
  }

  /// Whether the epoch was trained to its end.
  bool run_steps(const StepCallback& callback) {
    network->train();
    while (epoch.step < steps_per_epoch()) {
      run_step();
      if (callback &&
          !callback(epoch.step, steps_per_epoch(), epoch.loss_sum / static_cast<double>(epoch.step)))
        return false;
    }
    return true;
  }

  void run_step() {
    const std::int64_t number = steps_done();
    dropout.set_current_seed(stream_seed(options.seed, Stream::dropout, number));
    const TrainingBatch batch = batches.at(epochs_done(), epoch.step);
    const torch::Tensor images = batch.images.to(device), targets = batch.targets.to(device);
    parameters.zero_grad();
    torch::Tensor logits, loss;
    {
      const compat::CpuAutocast autocast(options.precision == Precision::bf16);
      logits = network->forward(images).to(torch::kFloat);
      loss = cross_entropy(logits, targets, options.label_smoothing);
    }
    const double value = loss.item<double>();
    if (!std::isfinite(value))
      throw DivergedError(fmt::format("the loss became {} at step {} of epoch {}; {}",
                                      std::isnan(value) ? "NaN" : "infinite", epoch.step + 1,
                                      epochs_done() + 1, advice(options)));
    loss.backward();
    if (options.clip_value) clip_value(parameters, *options.clip_value);
    if (options.clip_norm) clip_norm(parameters, *options.clip_norm);
    optimizer.set_learning_rate(learning_rate(number));
    optimizer.step();

    ++epoch.step;
    epoch.loss_sum += value;
    const bool mixed = targets.dim() == 2;
    const torch::Tensor labels = mixed ? targets.argmax(1) : targets;  // of the larger share
    epoch.correct += logits.detach().argmax(1).eq(labels).sum().item<std::int64_t>();
  }

  EpochRecord close_epoch() {
    const Stopwatch watch;
    const auto steps = static_cast<double>(steps_per_epoch());
    const double images = steps * static_cast<double>(options.batch_size);
    EpochRecord record{.epoch = epochs_done() + 1,
                       .learning_rate = learning_rate((epochs_done() + 1) * steps_per_epoch() - 1),
                       .training_loss = epoch.loss_sum / steps,
                       .training_accuracy = static_cast<double>(epoch.correct) / images,
                       .images_per_second = images / std::max(epoch.seconds, 1e-9)};
    if (options.validation > 0) {
      const Evaluation result = validated();
      record.validation_loss = result.loss;
      record.validation_accuracy = result.accuracy;
    }
    record.seconds = epoch.seconds + watch.seconds();
    history.push_back(record);
    epoch = {};
    if (record.validation_accuracy) keep_best(*record.validation_accuracy);
    return record;
  }

  Evaluation validated() const {
    const models::LogitsFunction inference = network->inference();
    const auto finite_logits = [&](const torch::Tensor& images) {
      const torch::Tensor logits = inference(images.to(device)).cpu();
      if (!torch::isfinite(logits).all().item<bool>())
        throw DivergedError(
            fmt::format("the network's outputs for the validation images are not finite after epoch {}; {}",
                        epochs_done() + 1, advice(options)));
      return logits;
    };
    return evaluate(finite_logits, parts.validation);
  }

  void keep_best(double accuracy) {
    if (best_epoch > 0 && accuracy <= *history[static_cast<std::size_t>(best_epoch - 1)].validation_accuracy)
      return;
    best_epoch = epochs_done();
    best = weights();
  }

  void require_finite_weights() const {
    bool finite = torch::isfinite(parameters.values()).all().item<bool>();
    for (const torch::Tensor& buffer : network->buffers())  // the statistics of batch norm
      finite = finite && torch::isfinite(buffer).all().item<bool>();
    if (finite) return;
    throw DivergedError(
        fmt::format("the weights became infinite in epoch {}; {}", epochs_done() + 1, advice(options)));
  }

  std::string stopped_because() const { return early_stop(*this); }

  std::shared_ptr<models::ImageModel> best_network() {
    if (!best.values.defined()) return models::copy_of(*network);
    const optim::Weights current = weights();
    put(best);
    const std::shared_ptr<models::ImageModel> copy = models::copy_of(*network);
    put(current);
    return copy;
  }

  /// Of step `number` of the run.
  double learning_rate(std::int64_t number) const {
    return options.optimizer.learning_rate *
           schedule_factor(options.schedule, number, options.epochs * steps_per_epoch());
  }

  TrainingState state() const { return {*this, weights(), optimizer.moments()}; }

  /// Takes over weights and moments. Throws FormatError where the state contradicts its own options or
  /// network.
  void restore(const TrainingState& state) {
    const bool keeps_best = options.validation > 0 && !history.empty();
    bool consistent = epoch.step <= steps_per_epoch() && epochs_done() <= options.epochs &&
                      keeps_best == (best_epoch > 0) && keeps_best == best.values.defined();
    for (const EpochRecord& record : history)
      consistent = consistent && record.validation_accuracy.has_value() == (options.validation > 0);
    if (!consistent) throw FormatError("the state contradicts itself");

    if (keeps_best) put(best);  // says whether they fit the network
    put(state.weights);
    optimizer.restore(state.moments, steps_done());
  }

  optim::Weights weights() const { return copy_of_weights(parameters, *network); }
  void put(const optim::Weights& kept) { put_weights(kept, parameters, *network); }

  std::int64_t epochs_done() const { return std::ssize(history); }
  std::int64_t steps_per_epoch() const { return batches.steps_per_epoch(); }
  /// Over all epochs, and the number of the next step.
  std::int64_t steps_done() const { return epochs_done() * steps_per_epoch() + epoch.step; }

  std::shared_ptr<models::ImageModel> network;
  data::TrainingParts parts;
  TrainingBatches batches;
  torch::Device device;
  optim::FlatParameters parameters;
  optim::Optimizer optimizer;
  torch::Generator dropout;
  std::string continued_despite;
};

Trainer::Trainer(std::shared_ptr<models::ImageModel> network, data::ImageSet set, TrainOptions options) {
  data::validate(set, "cannot train");
  if (!network) throw InvalidArgument("there is no network to train");
  TrainingProgress start;
  start.header = {set.name, data::checksum(set), {}};
  start.options = std::move(options);
  start.architecture = network->architecture();
  run_ = std::make_unique<Run>(std::move(network), set, std::move(start));
}

Trainer::Trainer(std::unique_ptr<Run> run) : run_(std::move(run)) {}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

Trainer Trainer::resume(const std::string& bytes, data::ImageSet set, std::optional<std::int64_t> epochs,
                        torch::Device device) {
  TrainingState state = training_state_from_bytes(bytes);
  data::validate(set, "cannot train");
  const std::int64_t begun = std::ssize(state.history) + (state.epoch.step > 0 ? 1 : 0);
  resuming([&] { require_same_data(state.header, set.name, data::checksum(set)); });
  if (epochs && *epochs < begun)
    throw InvalidArgument(
        fmt::format("the number of epochs must be at least {} (already started), not {}", begun, *epochs));
  if (epochs) state.options.epochs = *epochs;
  // A user who asks for more epochs knows that the run has stopped early; it must not stop again at once.
  const std::string continued_despite = epochs ? early_stop(state) : "";
  if (!continued_despite.empty()) {
    state.options.patience = 0;
    state.options.target_accuracy = 0;
  }
  set.name = state.header.data_name;
  return resuming([&] {
    const std::shared_ptr<models::ImageModel> network = models::build(state.architecture, make_generator(0));
    network->to(device);
    auto run = std::make_unique<Run>(network, set, state);
    run->restore(state);
    run->continued_despite = continued_despite;
    return Trainer(std::move(run));
  });
}

std::optional<EpochRecord> Trainer::run_epoch(const StepCallback& step) {
  if (finished()) throw InvalidArgument("the run is finished; resume it with more epochs");
  note_slow_kernels();
  return run_->run_epoch(step);
}

bool Trainer::finished() const {
  return run_->epochs_done() >= run_->options.epochs || !run_->stopped_because().empty();
}

std::string Trainer::stopped_because() const { return run_->stopped_because(); }
const std::string& Trainer::continued_despite() const { return run_->continued_despite; }
std::shared_ptr<models::ImageModel> Trainer::best() const { return run_->best_network(); }

std::int64_t Trainer::best_epoch() const {
  return run_->options.validation > 0 ? run_->best_epoch : run_->epochs_done();
}

const std::shared_ptr<models::ImageModel>& Trainer::network() const { return run_->network; }
const TrainOptions& Trainer::options() const { return run_->options; }
const std::vector<EpochRecord>& Trainer::history() const { return run_->history; }
std::int64_t Trainer::epochs_done() const { return run_->epochs_done(); }
double Trainer::seconds() const { return run_->seconds; }
std::int64_t Trainer::steps_in_epoch() const { return run_->epoch.step; }
std::int64_t Trainer::steps_per_epoch() const { return run_->steps_per_epoch(); }
std::int64_t Trainer::images_seen() const { return run_->steps_done() * run_->options.batch_size; }
const std::string& Trainer::data_checksum() const { return run_->header.data_checksum; }
std::string Trainer::state() const { return to_bytes(run_->state()); }
void Trainer::set_note(std::string note) { run_->header.note = std::move(note); }
const std::string& Trainer::note() const { return run_->header.note; }

std::string Trainer::note_of(const std::string& state) {
  return training_state_from_bytes(state).header.note;
}

}  // namespace fathom::train
