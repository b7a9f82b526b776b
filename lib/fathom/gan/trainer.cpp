#include "fathom/gan/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/machine/blas.hpp"
#include "fathom/core/memory.hpp"
#include "fathom/core/stopwatch.hpp"
#include "fathom/gan/discriminator.hpp"
#include "fathom/gan/generator.hpp"
#include "fathom/gan/losses.hpp"
#include "fathom/gan/sampling.hpp"
#include "fathom/gan/state.hpp"
#include "fathom/gan/step_memory.hpp"
#include "fathom/optim/optimizer.hpp"

namespace fathom::gan {
namespace {

template <typename Network>
std::shared_ptr<Network> on(torch::Device device, std::shared_ptr<Network> network) {
  network->to(device);
  network->train();
  return network;
}

void require_number(double loss, const char* whose, std::int64_t step) {
  if (!std::isfinite(loss))
    throw DivergedError(fmt::format(
        "the loss of the {} became NaN or infinite at step {}; try a lower learning rate", whose, step));
}

/// Sets whether the parameters of a network get gradients, for as long as it lives.
class WithoutGradients {
 public:
  explicit WithoutGradients(const torch::nn::Module& module) : parameters_(module.parameters()) {
    set(false);
  }
  WithoutGradients(const WithoutGradients&) = delete;
  WithoutGradients& operator=(const WithoutGradients&) = delete;
  ~WithoutGradients() { set(true); }

 private:
  void set(bool wanted) {
    for (torch::Tensor& parameter : parameters_) parameter.set_requires_grad(wanted);
  }
  std::vector<torch::Tensor> parameters_;
};

/// The run, where these networks can be trained so on these samples.
GanProgress checked(GanProgress run, const RealSamples& real, torch::Device device) {
  validate(run.options);
  validate(run.architecture);
  require_fit(run.architecture, real, run.options);
  if (device.is_cpu())
    require_memory(step_memory(run.architecture, run.options),
                   fmt::format("a training step with a batch size of {}", run.options.batch_size));
  return run;
}

}  // namespace

/// A run with its networks, optimizers and data.
struct GanTrainer::Run : GanProgress {
  /// A network with its parameters and optimizer.
  template <typename Network>
  struct Trained {
    Trained(std::shared_ptr<Network> module, double rate, const GanOptions& o)
        : network(std::move(module)),
          parameters(*network),
          optimizer(parameters, {.kind = optim::OptimizerKind::adam,
                                 .learning_rate = rate,
                                 .beta1 = o.beta1,
                                 .beta2 = o.beta2}) {}
    Trained(const Trained&) = delete;
    Trained& operator=(const Trained&) = delete;

    optim::Weights weights() const { return copy_of_weights(parameters, *network); }

    std::shared_ptr<Network> network;
    optim::FlatParameters parameters;
    optim::Optimizer optimizer;
  };

  Run(GanProgress start, RealSamples real, torch::Device where)
      : GanProgress(checked(std::move(start), real, where)),
        device(where),
        batches(std::move(real), classes_of(architecture) > 0, options, device),
        generator(
            on(device, build_generator(architecture, random_stream(options.seed, GanStream::generator))),
            options.generator_rate, options),
        discriminator(on(device, build_discriminator(architecture,
                                                     random_stream(options.seed, GanStream::discriminator))),
                      options.discriminator_rate, options),
        average(on(device, copy_of(*generator.network))),
        average_parameters(*average) {
    average->eval();
  }

  std::optional<GanRecord> run(const StepCallback& callback) {
    const GanState good = state();
    try {
      const bool complete = run_steps(callback);
      require_finite_networks();
      if (!complete) return std::nullopt;
    } catch (const DivergedError&) {
      const double spent = seconds;
      static_cast<GanProgress&>(*this) = good;
      restore(good);
      seconds = spent;
      throw;
    }
    history.push_back(record_so_far(*this));
    sums = {};
    take_snapshot();
    return history.back();
  }

  bool is_record_due() const { return steps == options.steps || sums.steps >= options.record_every; }

  /// Whether the steps to the next record were all made.
  bool run_steps(const StepCallback& callback) {
    while (!is_record_due()) {
      const Stopwatch watch;
      run_step();
      const double spent = watch.seconds();
      seconds += spent;
      sums.seconds += spent;
      if (callback && !callback(record_so_far(*this))) break;
    }
    return is_record_due();
  }

  /// Losses are checked before each update, so no loss shows what the last update has done.
  void require_finite_networks() const {
    const auto require_finite = [&](const torch::Tensor& weights, const torch::nn::Module& network,
                                    const char* whose) {
      bool finite = torch::isfinite(weights).all().item<bool>();
      for (const torch::Tensor& buffer : network.buffers())
        finite = finite && torch::isfinite(buffer).all().item<bool>();
      if (!finite)
        throw DivergedError(
            fmt::format("the weights of the {} became NaN or infinite at step {}; try a lower learning rate",
                        whose, steps));
    };
    require_finite(generator.parameters.values(), *generator.network, "generator");
    require_finite(discriminator.parameters.values(), *discriminator.network, "discriminator");
    require_finite(average_parameters.values(), *average, "averaged generator");
  }

  void run_step() {
    const double factor = rate_factor(options, steps);
    generator.optimizer.set_learning_rate(options.generator_rate * factor);
    discriminator.optimizer.set_learning_rate(options.discriminator_rate * factor);
    SampleBatch generated;
    const std::int64_t first = steps * options.discriminator_steps;
    for (std::int64_t i = 0; i < options.discriminator_steps; ++i)
      generated = train_discriminator(first + i, i + 1 == options.discriminator_steps);
    train_generator(generated);
    average_weights();
    ++steps;
    ++sums.steps;
  }

  /// One update of the discriminator. The samples that it was shown are returned, with the generator's graph
  /// where the generator is trained on them next (`last`).
  SampleBatch train_discriminator(std::int64_t update, bool last) {
    const SampleBatch batch = batches.at(update);
    torch::Tensor generated;
    {
      const torch::AutoGradMode needed(last);
      generated = generator.network->forward(latent(update), batch.labels);
    }
    const auto [on_real, on_generated] = judged(batch, generated.detach());
    const torch::Tensor loss =
        discriminator_loss(options.loss, on_real, on_generated, options.label_smoothing);
    const torch::Tensor penalty = penalties(batch, generated, update);
    discriminator.parameters.zero_grad();
    (penalty.defined() ? loss + penalty : loss).backward();
    discriminator.optimizer.step();
    if (!last) return {};

    const double value = loss.item<double>();
    require_number(value, "discriminator", steps + 1);
    if (options.loss != GanLoss::wasserstein) stalemate.observe(value, steps + 1);
    const auto said = [&](const torch::Tensor& logits) {
      const torch::Tensor detached = logits.detach();
      return (options.loss == GanLoss::non_saturating ? torch::sigmoid(detached) : detached)
          .mean()
          .item<double>();
    };
    sums.discriminator_loss += value;
    sums.on_real += said(on_real);
    sums.on_generated += said(on_generated);
    return {generated, batch.labels};
  }

  void train_generator(const SampleBatch& generated) {
    const WithoutGradients fixed(*discriminator.network);
    const torch::Tensor loss =
        generator_loss(options.loss, discriminator.network->forward(generated.samples, generated.labels));
    const double value = loss.item<double>();
    require_number(value, "generator", steps + 1);
    generator.parameters.zero_grad();
    loss.backward();
    generator.optimizer.step();
    sums.generator_loss += value;
  }

  /// Undefined where there is none at this update.
  torch::Tensor penalties(const SampleBatch& batch, const torch::Tensor& generated,
                          std::int64_t update) const {
    const Critic critic = [&](const torch::Tensor& x) {
      return discriminator.network->forward(x, batch.labels);
    };
    torch::Tensor penalty;
    if (options.loss == GanLoss::wasserstein && options.penalty > 0) {
      const torch::Tensor share =
          torch::rand({batch.samples.size(0)}, random_stream(options.seed, GanStream::penalty, update))
              .to(device);
      penalty = options.penalty * gradient_penalty(critic, batch.samples, generated, share);
    }
    if (options.r1 > 0 && update % options.r1_every == 0) {
      const double weight = options.r1 / 2 * static_cast<double>(options.r1_every);
      const torch::Tensor r1 = weight * r1_penalty(critic, batch.samples);
      penalty = penalty.defined() ? penalty + r1 : r1;
    }
    return penalty;
  }

  /// What the discriminator says of a batch and of as many generated samples: in one pass, though its batch
  /// norm, where it has one, does not mix their statistics.
  std::pair<torch::Tensor, torch::Tensor> judged(const SampleBatch& batch,
                                                 const torch::Tensor& generated) const {
    const torch::Tensor labels =
        batch.labels.defined() ? torch::cat({batch.labels, batch.labels}) : torch::Tensor();
    const torch::Tensor logits =
        discriminator.network->forward(torch::cat({batch.samples, generated}), labels, /*groups=*/2);
    return {logits.narrow(0, 0, batch.samples.size(0)),
            logits.narrow(0, batch.samples.size(0), generated.size(0))};
  }

  torch::Tensor latent(std::int64_t update) const {
    return torch::randn({options.batch_size, latent_of(architecture)},
                        random_stream(options.seed, GanStream::latent, update))
        .to(device);
  }

  /// Early averages forget faster, so that the first weights do not linger.
  void average_weights() {
    const torch::NoGradGuard no_grad;
    // As a float, so that what is kept and what is added make exactly 1.
    const double keep = static_cast<float>(
        std::min(options.ema, (1.0 + static_cast<double>(steps)) / (10.0 + static_cast<double>(steps))));
    // lerp_ does not use vector instructions in LibTorch 1.13.
    average_parameters.values().mul_(keep).add_(generator.parameters.values(), 1 - keep);
    const auto latest = generator.network->named_buffers();
    for (auto& item : average->named_buffers()) {
      if (item.value().is_floating_point()) {
        item.value().lerp_(latest[item.key()], 1 - keep);
      } else {
        item.value().copy_(latest[item.key()]);
      }
    }
  }

  void take_snapshot() {
    const std::int64_t count = std::holds_alternative<DcganOptions>(architecture) ? 64 : 1000;
    const torch::Tensor now =
        draw_samples(*average, count, random_stream(options.seed, GanStream::snapshot)).values.unsqueeze(0);
    snapshots = snapshots.defined() ? torch::cat({snapshots, now}) : now;
  }

  void set_score(double score) {
    if (history.empty() || history.back().step != steps)
      throw InvalidArgument("a score can be set only after a record");
    if (history.back().score) throw InvalidArgument("the last record already has a score");
    if (!std::isfinite(score)) return;
    history.back().score = score;
    const auto of_best = [&] {
      for (const GanRecord& record : history)
        if (record.step == best_step && record.score) return *record.score;
      return HUGE_VAL;  // older versions kept infinite scores, which their states do not hold
    };
    if (best_step > 0 && score >= of_best()) return;
    best_step = steps;
    best = copy_of_weights(average_parameters, *average);
  }

  std::shared_ptr<Generator> best_generator() const {
    if (best_step == 0) return copy_of(*average);
    const std::shared_ptr<Generator> copy = copy_of(*average);
    optim::FlatParameters parameters(*copy);
    put_weights(best, parameters, *copy);
    return copy_of(*copy);  // whose parameters are no views of the flat ones
  }

  GanState state() const {
    return {*this,
            generator.weights(),
            discriminator.weights(),
            copy_of_weights(average_parameters, *average),
            generator.optimizer.moments(),
            discriminator.optimizer.moments()};
  }

  /// Takes over weights and moments. Throws FormatError where the state contradicts its own options or
  /// networks.
  void restore(const GanState& s) {
    if ((best_step > 0) != best.values.defined()) throw FormatError("its best weights are missing");
    if (snapshots.defined() ? snapshots.size(0) != std::ssize(history) : !history.empty())
      throw FormatError("its snapshots do not match its history");
    if (best_step > 0) put_weights(best, average_parameters, *average);  // says whether they fit
    put_weights(s.average, average_parameters, *average);
    put_weights(s.generator, generator.parameters, *generator.network);
    put_weights(s.discriminator, discriminator.parameters, *discriminator.network);
    generator.optimizer.restore(s.generator_moments, steps);
    discriminator.optimizer.restore(s.discriminator_moments, steps * options.discriminator_steps);
  }

  torch::Device device;
  RealBatches batches;
  Trained<Generator> generator;
  Trained<Discriminator> discriminator;
  std::shared_ptr<Generator> average;
  optim::FlatParameters average_parameters;
};

GanTrainer::GanTrainer(const GanArchitecture& architecture, RealSamples real, const GanOptions& options,
                       torch::Device device) {
  // Only for new runs: those of older versions, which allowed R1 with batch norm, can still be resumed.
  const auto* const images = std::get_if<DcganOptions>(&architecture);
  if (images && images->batch_norm && options.r1 > 0)
    throw InvalidArgument(
        "R1 is computed per sample, but batch norm in the discriminator mixes samples; switch off batch "
        "norm");
  GanProgress start;
  start.header = {real.name, real.checksum, {}};
  start.options = options;
  start.architecture = architecture;
  run_ = std::make_unique<Run>(std::move(start), std::move(real), device);
}

GanTrainer::GanTrainer(std::unique_ptr<Run> run) : run_(std::move(run)) {}
GanTrainer::~GanTrainer() = default;
GanTrainer::GanTrainer(GanTrainer&&) noexcept = default;

GanTrainer GanTrainer::resume(const std::string& bytes, RealSamples real, std::optional<std::int64_t> steps,
                              torch::Device device) {
  GanState state = gan_state_from_bytes(bytes);
  train::resuming([&] { train::require_same_data(state.header, real.name, real.checksum); });
  if (steps && *steps < state.steps)
    throw InvalidArgument(
        fmt::format("the number of steps must be at least {} (already done), not {}", state.steps, *steps));
  if (steps) state.options.steps = *steps;
  real.name = state.header.data_name;
  return train::resuming([&] {
    auto run = std::make_unique<Run>(state, std::move(real), device);
    run->restore(state);
    return GanTrainer(std::move(run));
  });
}

std::optional<GanRecord> GanTrainer::run(const StepCallback& step) {
  if (finished()) throw InvalidArgument("the run is finished; resume it with more steps");
  note_slow_kernels();
  return run_->run(step);
}

bool GanTrainer::finished() const { return run_->steps >= run_->options.steps; }
std::shared_ptr<Generator> GanTrainer::average() const { return copy_of(*run_->average); }
void GanTrainer::set_score(double score) { run_->set_score(score); }
std::shared_ptr<Generator> GanTrainer::best() const { return run_->best_generator(); }

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
void GanTrainer::set_note(std::string note) { run_->header.note = std::move(note); }
const std::string& GanTrainer::note() const { return run_->header.note; }
std::string GanTrainer::note_of(const std::string& state) { return gan_state_from_bytes(state).header.note; }

}  // namespace fathom::gan
