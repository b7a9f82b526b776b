#include "fathom/train/training_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "fathom/augment/mixing.hpp"
#include "fathom/augment/whole_batch/batch.hpp"
#include "fathom/core/compat.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/models/layers.hpp"

namespace fathom::train {
namespace {

/// What random numbers are drawn for: a stream per purpose, and in it one per epoch, step or picture, so that
/// a run can be taken up at any step without the states of its generators.
enum class Stream : std::uint64_t { hold_out = 1, order, augmentation, dropout, mixing };

std::uint64_t stream_seed(std::uint64_t seed, Stream stream, std::int64_t number) {
  return derive_seed(seed, static_cast<std::uint64_t>(stream), static_cast<std::uint64_t>(number));
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

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

/// The options, where they are ones that this network can be trained with on this set.
TrainOptions checked(const TrainOptions& options, const std::shared_ptr<models::ImageModel>& network,
                     const data::ImageSet& set) {
  validate(options);
  if (!network) throw InvalidArgument("there is no network to train");
  require_fit(network->architecture(), set);
  if (!augment::keeps_size(options.augmentation, {set.images.size(2), set.images.size(3)}))
    throw InvalidArgument(
        fmt::format("the augmentation must keep the size of {} x {} pixels that the network takes",
                    set.images.size(2), set.images.size(3)));
  if (options.batch_size == 1 && models::has_batch_norm(*network))
    throw InvalidArgument("the batch size must be at least 2 for a network with batch norm, not 1");
  if (options.precision == Precision::bf16 && !network->parameters().front().is_cpu())
    throw DeviceError("bf16 is for training on the CPU; use --precision fp32 or --device cpu");
  if (options.precision == Precision::bf16 && !cpu_has_bf16())
    throw DeviceError("this CPU has no bfloat16 arithmetic (AVX512-BF16); use --precision fp32");
  return options;
}

void require_batch(const TrainOptions& options, const data::ImageSet& training) {
  if (options.batch_size > training.size())
    throw InvalidArgument(
        fmt::format("the batch size must be at most {}, the number of training images, not {}",
                    training.size(), options.batch_size));
}

/// What tends to help, in terms of the options that the run has.
std::string advice(const TrainOptions& options) {
  const double rate =
      std::min(options.optimizer.learning_rate / 2, usual(options.optimizer.kind).learning_rate);
  return fmt::format("try a lower learning rate (--lr {:.2g}){}", rate,
                     options.clip_norm ? "" : " or --clip-norm 1");
}

/// Targets are labels or shares of the classes.
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets, double smoothing) {
  return torch::cross_entropy_loss(logits, targets, /*weight=*/{}, at::Reduction::Mean, /*ignore_index=*/-100,
                                   smoothing);
}

}  // namespace

TrainingRun::TrainingRun(std::shared_ptr<models::ImageModel> trained, const data::ImageSet& set,
                         const TrainOptions& run, std::string checksum)
    : options(checked(run, trained, set)),
      network(std::move(trained)),
      data_name(set.name),
      data_checksum(std::move(checksum)),
      parts_(split(set, options)),
      device_(network->parameters().front().device()),
      parameters_(*network),
      optimizer_(parameters_, options.optimizer),
      dropout_(make_generator(0)) {
  require_batch(options, parts_.training);
  network->set_dropout_generator(dropout_);
}

std::optional<EpochRecord> TrainingRun::run_epoch(const Trainer::StepCallback& callback) {
  const Stopwatch watch;
  const GoodState good = good_state();
  try {
    const bool complete = run_steps(callback);
    epoch_.seconds += watch.seconds();
    require_finite_weights();
    if (!complete) {
      seconds += watch.seconds();
      return std::nullopt;
    }
    const EpochRecord record = close_epoch();
    seconds += watch.seconds();
    return record;
  } catch (const DivergedError&) {
    put_back(good);
    seconds += watch.seconds();
    throw;
  }
}

/// Whether the epoch was trained to its end.
bool TrainingRun::run_steps(const Trainer::StepCallback& callback) {
  network->train();
  order_ =
      torch::randperm(parts_.training.size(),
                      make_generator(stream_seed(options.seed, Stream::order, epochs_done())), torch::kLong);
  while (epoch_.step < steps_per_epoch()) {
    run_step();
    if (callback &&
        !callback(epoch_.step, steps_per_epoch(), epoch_.loss_sum / static_cast<double>(epoch_.step)))
      return false;
  }
  return true;
}

void TrainingRun::run_step() {
  const std::int64_t number = steps_done();
  dropout_.set_current_seed(stream_seed(options.seed, Stream::dropout, number));
  const TrainingBatch batch = next_batch();
  parameters_.zero_grad();
  torch::Tensor logits, loss;
  {
    const compat::CpuAutocast autocast(options.precision == Precision::bf16);
    logits = network->forward(batch.images).to(torch::kFloat);
    loss = cross_entropy(logits, batch.targets, options.label_smoothing);
  }
  const double value = loss.item<double>();
  if (!std::isfinite(value))
    throw DivergedError(fmt::format("the loss became {} at step {} of epoch {}; {}",
                                    std::isnan(value) ? "NaN" : "infinite", epoch_.step + 1,
                                    epochs_done() + 1, advice(options)));
  loss.backward();
  if (options.clip_value) clip_value(parameters_, *options.clip_value);
  if (options.clip_norm) clip_norm(parameters_, *options.clip_norm);
  optimizer_.set_learning_rate(learning_rate(number));
  optimizer_.step();

  ++epoch_.step;
  epoch_.loss_sum += value;
  const bool mixed = batch.targets.dim() == 2;
  const torch::Tensor labels = mixed ? batch.targets.argmax(1) : batch.targets;  // of the larger share
  epoch_.correct += logits.detach().argmax(1).eq(labels).sum().item<std::int64_t>();
}

/// Of step `number` of the run.
double TrainingRun::learning_rate(std::int64_t number) const {
  return options.optimizer.learning_rate *
         schedule_factor(options.schedule, number, options.epochs * steps_per_epoch());
}

/// The batch of this step. What happens to an image follows from the epoch and its number among the training
/// images alone, its partner in a mixing from the epoch's order, neither from the batch size.
TrainingRun::TrainingBatch TrainingRun::next_batch() const {
  const std::int64_t first = epoch_.step * options.batch_size;
  torch::Tensor indices = order_.narrow(0, first, options.batch_size);
  const bool mixes = !options.augmentation.mixings.empty();
  if (mixes) {  // each image's partner is the one after it
    const std::int64_t after = (first + options.batch_size) % order_.size(0);
    indices = torch::cat({indices, order_.narrow(0, after, 1)});
  }
  const torch::Tensor originals = parts_.training.images.index_select(0, indices);
  const torch::Tensor labels = parts_.training.labels.index_select(0, indices);
  const torch::Tensor bytes =
      augment::augment_batch(options.augmentation, originals,
                             stream_seed(options.seed, Stream::augmentation, 0), epochs_done(), indices);
  const torch::Tensor images = data::to_unit_range(bytes);
  if (!mixes) return {images.to(device_), labels.to(device_)};

  const augment::Mixed mixed =
      augment::mix(mixing_draws(indices.narrow(0, 0, options.batch_size), {images.size(2), images.size(3)}),
                   images.narrow(0, 0, options.batch_size), labels.narrow(0, 0, options.batch_size),
                   images.narrow(0, 1, options.batch_size), labels.narrow(0, 1, options.batch_size),
                   models::classes_of(network->architecture()));
  return {mixed.images.to(device_), mixed.targets.to(device_)};
}

std::vector<augment::MixDraw> TrainingRun::mixing_draws(const torch::Tensor& indices, Extent size) const {
  const std::uint64_t stream = stream_seed(options.seed, Stream::mixing, epochs_done());
  std::vector<augment::MixDraw> draws;
  const torch::Tensor listed = indices.contiguous();
  const auto* const numbers = listed.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < listed.size(0); ++i)
    draws.push_back(augment::draw_mixing(options.augmentation.mixings,
                                         derive_seed(stream, static_cast<std::uint64_t>(numbers[i])), size));
  return draws;
}

EpochRecord TrainingRun::close_epoch() {
  const Stopwatch watch;
  const auto steps = static_cast<double>(steps_per_epoch());
  const double images = steps * static_cast<double>(options.batch_size);
  EpochRecord record{.epoch = epochs_done() + 1,
                     .learning_rate = learning_rate((epochs_done() + 1) * steps_per_epoch() - 1),
                     .training_loss = epoch_.loss_sum / steps,
                     .training_accuracy = static_cast<double>(epoch_.correct) / images,
                     .images_per_second = images / std::max(epoch_.seconds, 1e-9)};
  if (options.validation > 0) {
    const Evaluation result = validated();
    record.validation_loss = result.loss;
    record.validation_accuracy = result.accuracy;
  }
  record.seconds = epoch_.seconds + watch.seconds();
  history.push_back(record);
  epoch_ = {};
  if (record.validation_accuracy) keep_best(*record.validation_accuracy);
  return record;
}

Evaluation TrainingRun::validated() const {
  const models::LogitsFunction inference = network->inference();
  const auto finite_logits = [&](const torch::Tensor& images) {
    const torch::Tensor logits = inference(images.to(device_)).cpu();
    if (!torch::isfinite(logits).all().item<bool>())
      throw DivergedError(
          fmt::format("the network's answers to the validation images are not finite after epoch {}; {}",
                      epochs_done() + 1, advice(options)));
    return logits;
  };
  return evaluate(finite_logits, parts_.validation);
}

void TrainingRun::keep_best(double accuracy) {
  if (best_epoch > 0 && accuracy <= *history[static_cast<std::size_t>(best_epoch - 1)].validation_accuracy)
    return;
  best_epoch = epochs_done();
  best_ = weights();
}

void TrainingRun::require_finite_weights() const {
  if (torch::isfinite(parameters_.values()).all().item<bool>()) return;
  throw DivergedError(
      fmt::format("the weights became infinite in epoch {}; {}", epochs_done() + 1, advice(options)));
}

std::string TrainingRun::stopped_because() const {
  if (best_epoch == 0 || epochs_done() >= options.epochs) return {};
  const double accuracy = *history[static_cast<std::size_t>(best_epoch - 1)].validation_accuracy;
  if (options.target_accuracy > 0 && accuracy >= options.target_accuracy)
    return fmt::format("the validation accuracy of {:.2f} % reached the target of {:.2f} %", 100 * accuracy,
                       100 * options.target_accuracy);
  if (options.patience > 0 && epochs_done() - best_epoch >= options.patience)
    return fmt::format(
        "no epoch of the last {} was better than epoch {} with a validation accuracy of {:.2f} %",
        epochs_done() - best_epoch, best_epoch, 100 * accuracy);
  return {};
}

std::shared_ptr<models::ImageModel> TrainingRun::best_network() {
  if (!best_.values.defined()) return models::copy_of(*network);
  const optim::Weights current = weights();
  put(best_);
  const std::shared_ptr<models::ImageModel> copy = models::copy_of(*network);
  put(current);
  return copy;
}

TrainingRun::GoodState TrainingRun::good_state() const { return {weights(), optimizer_.moments(), epoch_}; }

void TrainingRun::put_back(const GoodState& good) {
  put(good.weights);
  epoch_ = good.epoch;
  optimizer_.restore(good.moments, steps_done());
}

TrainingState TrainingRun::state() const {
  return {.options = options,
          .architecture = network->architecture(),
          .data_name = data_name,
          .data_checksum = data_checksum,
          .note = note,
          .history = history,
          .epoch = epoch_,
          .best_epoch = best_epoch,
          .seconds = seconds,
          .weights = weights(),
          .best = best_,
          .moments = optimizer_.moments()};
}

/// Throws FormatError where the state contradicts its own options or network.
void TrainingRun::restore(const TrainingState& state) {
  const bool keeps_best = options.validation > 0 && !state.history.empty();
  bool consistent = state.epoch.step <= steps_per_epoch() && std::ssize(state.history) <= options.epochs &&
                    keeps_best == (state.best_epoch > 0) && keeps_best == state.best.values.defined();
  for (const EpochRecord& record : state.history)
    consistent = consistent && record.validation_accuracy.has_value() == (options.validation > 0);
  if (!consistent) throw FormatError("the state contradicts itself");

  if (keeps_best) put(state.best);  // says whether they fit the network
  put(state.weights);
  best_ = state.best;
  best_epoch = state.best_epoch;
  note = state.note;
  history = state.history;
  epoch_ = state.epoch;
  seconds = state.seconds;
  optimizer_.restore(state.moments, steps_done());
}

}  // namespace fathom::train
