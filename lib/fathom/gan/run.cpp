#include "fathom/gan/run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/gan/checks.hpp"
#include "fathom/gan/sampling.hpp"

namespace fathom::gan {
namespace {

/// What random numbers are drawn for: a stream per purpose, and in it one per pass or update.
enum class GanStream : std::uint64_t { generator = 101, discriminator, order, latent, penalty, snapshot };

torch::Generator random_stream(std::uint64_t seed, GanStream stream, std::int64_t number = 0) {
  return make_generator(
      derive_seed(seed, static_cast<std::uint64_t>(stream), static_cast<std::uint64_t>(number)));
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <typename Network>
std::shared_ptr<Network> on(torch::Device device, std::shared_ptr<Network> network) {
  network->to(device);
  network->train();
  return network;
}

void require_number(double loss, const char* whose, std::int64_t step) {
  if (!std::isfinite(loss))
    throw DivergedError(
        fmt::format("the {}'s loss is no longer a number at step {}; try a lower --lr", whose, step));
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

}  // namespace

GanRun::GanRun(const GanArchitecture& gan, RealSamples samples, const GanOptions& run, torch::Device where)
    : architecture(gan),
      options(checked_options(gan, samples, run)),
      real(std::move(samples)),
      device_(where),
      generator_(on(where, build_generator(gan, random_stream(run.seed, GanStream::generator))),
                 run.generator_rate, run),
      discriminator_(on(where, build_discriminator(gan, random_stream(run.seed, GanStream::discriminator))),
                     run.discriminator_rate, run),
      average_(on(where, copy_of(*generator_.network))),
      average_parameters_(*average_) {
  average_->eval();
}

std::optional<GanRecord> GanRun::run(const GanTrainer::StepCallback& callback) {
  const GanState good = state();
  try {
    if (!run_steps(callback)) return std::nullopt;
  } catch (const DivergedError&) {
    const double spent = seconds;
    restore(good);
    seconds = spent;
    throw;
  }
  history.push_back(record_so_far());
  sums_ = {};
  take_snapshot();
  return history.back();
}

bool GanRun::is_record_due() const { return steps == options.steps || sums_.steps >= options.record_every; }

/// Whether the steps to the next record were all made.
bool GanRun::run_steps(const GanTrainer::StepCallback& callback) {
  while (!is_record_due()) {
    const auto start = Clock::now();
    run_step();
    const double spent = seconds_since(start);
    seconds += spent;
    sums_.seconds += spent;
    if (callback && !callback(record_so_far())) break;
  }
  return is_record_due();
}

/// From 1 to 0 over the last part of the run.
double GanRun::rate_factor() const {
  if (options.decay == 0) return 1;
  const double left = static_cast<double>(options.steps - steps) / static_cast<double>(options.steps);
  return std::min(1.0, left / options.decay);
}

void GanRun::run_step() {
  generator_.optimizer.set_learning_rate(options.generator_rate * rate_factor());
  discriminator_.optimizer.set_learning_rate(options.discriminator_rate * rate_factor());
  Batch generated;
  const std::int64_t first = steps * options.discriminator_steps;
  for (std::int64_t i = 0; i < options.discriminator_steps; ++i)
    generated = train_discriminator(first + i, i + 1 == options.discriminator_steps);
  train_generator(generated);
  average_weights();
  ++steps;
  ++sums_.steps;
}

/// One update of the discriminator. The samples that it was shown are returned, with the generator's graph
/// where the generator is trained on them next (`last`).
GanRun::Batch GanRun::train_discriminator(std::int64_t update, bool last) {
  const Batch batch = real_batch(update);
  torch::Tensor generated;
  {
    const torch::AutoGradMode needed(last);
    generated = generator_.network->forward(latent(update), batch.labels);
  }
  const auto [on_real, on_generated] = judged(batch, generated.detach());
  const torch::Tensor loss = discriminator_loss(options.loss, on_real, on_generated, options.label_smoothing);
  const torch::Tensor penalty = penalties(batch, generated, update);
  discriminator_.parameters.zero_grad();
  (penalty.defined() ? loss + penalty : loss).backward();
  discriminator_.optimizer.step();
  if (!last) return {};

  const double value = loss.item<double>();
  require_number(value, "discriminator", steps + 1);
  if (options.loss != GanLoss::wasserstein) stalemate_.observe(value, steps + 1);
  const auto said = [&](const torch::Tensor& logits) {
    const torch::Tensor detached = logits.detach();
    return (options.loss == GanLoss::non_saturating ? torch::sigmoid(detached) : detached)
        .mean()
        .item<double>();
  };
  sums_.discriminator_loss += value;
  sums_.on_real += said(on_real);
  sums_.on_generated += said(on_generated);
  return {generated, batch.labels};
}

void GanRun::train_generator(const Batch& generated) {
  const WithoutGradients fixed(*discriminator_.network);
  const torch::Tensor loss =
      generator_loss(options.loss, discriminator_.network->forward(generated.samples, generated.labels));
  const double value = loss.item<double>();
  require_number(value, "generator", steps + 1);
  generator_.parameters.zero_grad();
  loss.backward();
  generator_.optimizer.step();
  sums_.generator_loss += value;
}

/// What the discriminator says of a batch and of as many generated samples: in one pass, though its batch
/// norm, where it has one, does not mix their statistics.
std::pair<torch::Tensor, torch::Tensor> GanRun::judged(const Batch& batch,
                                                       const torch::Tensor& generated) const {
  const torch::Tensor labels =
      batch.labels.defined() ? torch::cat({batch.labels, batch.labels}) : torch::Tensor();
  const torch::Tensor logits =
      discriminator_.network->forward(torch::cat({batch.samples, generated}), labels, /*groups=*/2);
  return {logits.narrow(0, 0, batch.samples.size(0)),
          logits.narrow(0, batch.samples.size(0), generated.size(0))};
}

/// Undefined where there is none at this update.
torch::Tensor GanRun::penalties(const Batch& batch, const torch::Tensor& generated,
                                std::int64_t update) const {
  const Critic critic = [&](const torch::Tensor& x) {
    return discriminator_.network->forward(x, batch.labels);
  };
  torch::Tensor penalty;
  if (options.loss == GanLoss::wasserstein && options.penalty > 0) {
    const torch::Tensor share =
        torch::rand({batch.samples.size(0)}, random_stream(options.seed, GanStream::penalty, update))
            .to(device_);
    penalty = options.penalty * gradient_penalty(critic, batch.samples, generated, share);
  }
  if (options.r1 > 0 && update % options.r1_every == 0) {
    const double weight = options.r1 / 2 * static_cast<double>(options.r1_every);
    const torch::Tensor r1 = weight * r1_penalty(critic, batch.samples);
    penalty = penalty.defined() ? penalty + r1 : r1;
  }
  return penalty;
}

/// Pass after pass over the samples, each in an order of its own; those left over at its end, fewer than a
/// batch, wait for another's.
GanRun::Batch GanRun::real_batch(std::int64_t update) {
  const std::int64_t per_pass = real.values.size(0) / options.batch_size;
  const std::int64_t pass = update / per_pass;
  if (pass != order_pass_) {
    order_ = torch::randperm(real.values.size(0), random_stream(options.seed, GanStream::order, pass),
                             torch::kLong);
    order_pass_ = pass;
  }
  const torch::Tensor indices = order_.narrow(0, update % per_pass * options.batch_size, options.batch_size);
  torch::Tensor samples = real.values.index_select(0, indices);
  if (samples.scalar_type() == torch::kByte) samples = data::to_unit_range(samples);
  Batch batch{samples.to(device_), {}};
  if (classes_of(architecture) > 0) batch.labels = real.labels.index_select(0, indices).to(device_);
  return batch;
}

torch::Tensor GanRun::latent(std::int64_t update) const {
  return torch::randn({options.batch_size, latent_of(architecture)},
                      random_stream(options.seed, GanStream::latent, update))
      .to(device_);
}

/// Early averages forget faster, so that the first weights do not linger.
void GanRun::average_weights() {
  const torch::NoGradGuard no_grad;
  // As a float, so that what is kept and what is added make exactly 1.
  const double keep = static_cast<float>(
      std::min(options.ema, (1.0 + static_cast<double>(steps)) / (10.0 + static_cast<double>(steps))));
  // lerp_ does not use vector instructions in LibTorch 1.13.
  average_parameters_.values().mul_(keep).add_(generator_.parameters.values(), 1 - keep);
  const auto latest = generator_.network->named_buffers();
  for (auto& item : average_->named_buffers()) {
    if (item.value().is_floating_point()) {
      item.value().lerp_(latest[item.key()], 1 - keep);
    } else {
      item.value().copy_(latest[item.key()]);
    }
  }
}

void GanRun::take_snapshot() {
  const std::int64_t count = std::holds_alternative<DcganOptions>(architecture) ? 64 : 1000;
  const torch::Tensor now =
      draw_samples(*average_, count, random_stream(options.seed, GanStream::snapshot)).values.unsqueeze(0);
  snapshots = snapshots.defined() ? torch::cat({snapshots, now}) : now;
}

GanRecord GanRun::record_so_far() const {
  const auto n = static_cast<double>(std::max<std::int64_t>(sums_.steps, 1));
  const double images = static_cast<double>(sums_.steps * options.discriminator_steps * options.batch_size);
  return {.step = steps,
          .discriminator_loss = sums_.discriminator_loss / n,
          .generator_loss = sums_.generator_loss / n,
          .on_real = sums_.on_real / n,
          .on_generated = sums_.on_generated / n,
          .score = {},
          .seconds = sums_.seconds,
          .images_per_second = images / std::max(sums_.seconds, 1e-9)};
}

void GanRun::set_score(double score) {
  if (history.empty() || history.back().step != steps)
    throw InvalidArgument("a score is of the generator as of a record");
  history.back().score = score;
  if (std::isnan(score)) return;
  const auto of_best = [&] {
    for (const GanRecord& record : history)
      if (record.step == best_step) return *record.score;
    return HUGE_VAL;
  };
  if (best_step > 0 && score >= of_best()) return;
  best_step = steps;
  best_ = copy_of_weights(average_parameters_, *average_);
}

std::shared_ptr<Generator> GanRun::best() const {
  if (best_step == 0) return average();
  const std::shared_ptr<Generator> copy = copy_of(*average_);
  optim::FlatParameters parameters(*copy);
  put_weights(best_, parameters, *copy);
  return copy_of(*copy);  // whose parameters are no views of the flat ones
}

GanState GanRun::state() const {
  return {.options = options,
          .architecture = architecture,
          .data_name = real.name,
          .data_checksum = real.checksum,
          .note = note,
          .history = history,
          .snapshots = snapshots,
          .sums = sums_,
          .stalemate = stalemate_,
          .steps = steps,
          .best_step = best_step,
          .seconds = seconds,
          .generator = generator_.weights(),
          .discriminator = discriminator_.weights(),
          .average = copy_of_weights(average_parameters_, *average_),
          .best = best_,
          .generator_moments = generator_.optimizer.moments(),
          .discriminator_moments = discriminator_.optimizer.moments()};
}

/// Throws FormatError where the state contradicts its own options or networks.
void GanRun::restore(const GanState& s) {
  if ((s.best_step > 0) != s.best.values.defined()) throw FormatError("its best weights are missing");
  if (s.snapshots.defined() ? s.snapshots.size(0) != std::ssize(s.history) : !s.history.empty())
    throw FormatError("its snapshots do not go with its history");
  if (s.best_step > 0) put_weights(s.best, average_parameters_, *average_);  // says whether they fit
  put_weights(s.average, average_parameters_, *average_);
  put_weights(s.generator, generator_.parameters, *generator_.network);
  put_weights(s.discriminator, discriminator_.parameters, *discriminator_.network);
  generator_.optimizer.restore(s.generator_moments, s.steps);
  discriminator_.optimizer.restore(s.discriminator_moments, s.steps * options.discriminator_steps);
  note = s.note;
  history = s.history;
  snapshots = s.snapshots;
  sums_ = s.sums;
  stalemate_ = s.stalemate;
  steps = s.steps;
  best_step = s.best_step;
  best_ = s.best;
  seconds = s.seconds;
}

}  // namespace fathom::gan
