#include "train_gan/gan_job.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/gan_judge.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/data/public_sets.hpp"
#include "fathom/gan/recipe.hpp"

namespace fathom::cli {
namespace {

constexpr const char *kNetworks = "Networks", *kGame = "Training";
constexpr std::int64_t kRingPoints = 50000;

const std::string kRingPrefix = "gaussians:";

/// "gaussians:8"; nothing for another name.
std::optional<gan::RingOptions> ring_of(const std::string& data) {
  if (!data.starts_with(kRingPrefix)) return std::nullopt;
  gan::RingOptions ring;
  const std::string number = data.substr(kRingPrefix.size());
  if (number.empty() || number.size() > 2 || number.find_first_not_of("0123456789") != std::string::npos)
    throw UsageError(fmt::format("--data {} must name a number of Gaussians from 1 to 64", data));
  ring.modes = std::stoll(number);
  gan::validate(ring);
  return ring;
}

GanSubject read_subject(const RunNote& note, bool is_resumed, const Common& common) {
  GanSubject subject;
  subject.ring = ring_of(note.data);
  if (subject.ring) {
    // The truth is one, whatever the seed of the run.
    subject.real = {
        gan::ring_points(*subject.ring, kRingPoints, make_generator(0)), {}, note.data, note.data};
    return subject;
  }
  subject.set = (is_resumed ? read_resumed_set : read_set)(note, data::Split::train, common);
  subject.real = {subject.set.images, subject.set.labels, subject.set.name, data::checksum(subject.set)};
  return subject;
}

std::vector<std::int64_t> widths_of(const Arguments& a) {
  std::vector<std::int64_t> widths;
  for (const float width : a.numbers("widths")) {
    if (width < 1 || width > 8192 || width != std::floor(width))
      throw UsageError(fmt::format("--widths takes whole numbers from 1 to 8192, not {}", width));
    widths.push_back(static_cast<std::int64_t>(width));
  }
  return widths;
}

void read_networks(const Arguments& a, gan::DcganOptions& gan) {
  gan.latent = a.optional_integer("latent", 1, 65536).value_or(gan.latent);
  if (a.has("widths")) gan.widths = widths_of(a);
  gan.hidden = a.optional_integer("hidden", 0, 65536).value_or(gan.hidden);
  if (a.on("spectral-norm")) gan.spectral_norm = true;
  if (a.has("batch-norm")) gan.batch_norm = a.on_off("batch-norm");
}

void read_networks(const Arguments& a, gan::PointGanOptions& gan) {
  gan.latent = a.optional_integer("latent", 1, 65536).value_or(gan.latent);
  if (a.has("widths")) {
    const std::vector<std::int64_t> widths = widths_of(a);
    if (widths.size() != 1) throw UsageError("for gaussians, --widths takes one number: the hidden units");
    gan.hidden = widths[0];
  }
  if (a.on("spectral-norm")) gan.spectral_norm = true;
  if (a.has("batch-norm") || a.has("hidden") || a.on("conditional") || a.on("unconditional"))
    throw UsageError("--batch-norm, --hidden and --[un]conditional are for pictures");
}

/// Whether labels are to be used where there are any to tell apart: they make samples much better.
bool wants_labels(const Arguments& a, const data::ImageSet& set) {
  if (a.on("conditional") && a.on("unconditional"))
    throw UsageError("--conditional and --unconditional cannot be combined");
  if (a.on("conditional") && set.classes.size() < 2)
    throw UsageError(fmt::format("--conditional needs at least two classes, but '{}' has {}", set.name,
                                 set.classes.size()));
  return !a.on("unconditional");
}

/// Everything that decides the weights; what is not given comes from the recipe for the data and the loss.
gan::GanRecipe read_gan_recipe(const Arguments& a, const Common& common, const GanSubject& subject) {
  const gan::GanLoss loss = gan::gan_loss_from(a.text("loss"));
  gan::GanRecipe recipe = subject.ring ? gan::point_gan_recipe(loss)
                                       : gan::gan_recipe(subject.set, loss, wants_labels(a, subject.set));
  std::visit([&](auto& networks) { read_networks(a, networks); }, recipe.architecture);
  gan::GanOptions& o = recipe.options;
  // The recipe's batch size is lowered to the number of samples that a limit leaves.
  o.batch_size = a.optional_integer("batch-size", 1, 1 << 20)
                     .value_or(std::min(o.batch_size, subject.real.values.size(0)));
  o.discriminator_steps = a.optional_integer("discriminator-steps", 1, 100).value_or(o.discriminator_steps);
  if (a.has("steps") && a.has("epochs")) throw UsageError("give only one of --steps and --epochs");
  o.steps = a.optional_integer("steps", 1, 1'000'000'000).value_or(o.steps);
  if (const auto epochs = a.optional_integer("epochs", 1, 1'000'000))
    o.steps = std::max<std::int64_t>(
        1, *epochs * (subject.real.values.size(0) / o.batch_size) / o.discriminator_steps);
  if (a.has("lr")) {
    const double ratio = o.discriminator_rate / o.generator_rate;
    o.generator_rate = a.number("lr", 1e-12, 1e6);
    o.discriminator_rate = ratio * o.generator_rate;
  }
  o.discriminator_rate = a.optional_number("discriminator-lr", 1e-12, 1e6).value_or(o.discriminator_rate);
  o.beta1 = a.optional_number("beta1", 0, 0.9999).value_or(o.beta1);
  o.beta2 = a.optional_number("beta2", 0, 0.9999).value_or(o.beta2);
  o.label_smoothing = a.optional_number("label-smoothing", 0, 0.999).value_or(o.label_smoothing);
  o.r1 = a.optional_number("r1", 0, 1e9).value_or(o.r1);
  o.ema = a.optional_number("ema", 0, 0.999999).value_or(o.ema);
  o.decay = a.optional_number("decay", 0, 1).value_or(o.decay);
  o.record_every = a.optional_integer("sample-every", 1, 1'000'000'000)
                       .value_or(std::min(o.record_every, std::max<std::int64_t>(1, o.steps / 8)));
  o.seed = common.seed;
  return recipe;
}

}  // namespace

void add_gan_flags(Parser& parser) {
  parser.fixed_value(kData, "data", data::set_choices() + ", or gaussians:K, a ring of K Gaussians", "SET",
                     "fashion-mnist");
  add_run_flags(parser);
  parser.fixed_value(kNetworks, "latent", "dimension of the latent vector", "N")
      .fixed_value(kNetworks, "widths",
                   "channels from the picture inwards: \"64,128\" (or hidden units of gaussians)", "LIST")
      .fixed_value(kNetworks, "hidden", "units of a dense layer before the discriminator's logit; 0: none",
                   "N")
      .fixed_toggle(kNetworks, "conditional", "train a conditional GAN (default if the data has classes)")
      .fixed_toggle(kNetworks, "unconditional", "do not use labels")
      .fixed_toggle(kNetworks, "spectral-norm", "use spectral norm in the discriminator")
      .sets("spectral norm")
      .fixed_value(kNetworks, "batch-norm", "on|off, in the discriminator", "on|off")
      .fixed_value(kGame, "loss", "ns (non-saturating)|hinge|wgan-gp", "NAME", "ns")
      .value(kGame, "steps", "updates of the generator", "N")
      .fixed_value(kGame, "epochs", "passes over the training images, instead of --steps", "N")
      .fixed_value(kGame, "batch-size", "real images per update", "N")
      .fixed_value(kGame, "lr",
                   "Adam's learning rate for the generator; with ns on pictures, the discriminator uses an "
                   "eighth of it",
                   "RATE")
      .sets("learning rate")
      .fixed_value(kGame, "discriminator-lr", "discriminator learning rate, if different", "RATE")
      .fixed_value(kGame, "beta1", "of Adam, in [0, 1)", "B")
      .fixed_value(kGame, "beta2", "of Adam, in [0, 1)", "B")
      .fixed_value(kGame, "discriminator-steps", "updates of the discriminator per update of the generator",
                   "N")
      .sets("discriminator steps")
      .fixed_value(kGame, "label-smoothing", "smoothing of real labels, in [0, 1); loss ns only", "S")
      .fixed_value(kGame, "r1", "weight of the gradient penalty on real images; 0: none", "W")
      .sets("R1")
      .fixed_value(kGame, "ema", "decay of the moving average of the generator's weights; 0: none", "D")
      .fixed_value(kGame, "decay", "last share of the run, over which the learning rates fall to 0", "SHARE")
      .value(kGame, "resume", "resume this generator's training (needs its .train file beside it)",
             "FILE.pt");
}

RunKind gan_runs(const Arguments& arguments) {
  return {.fresh = arguments.text("out"),
          .changeable = "steps",
          .note_of = gan::GanTrainer::note_of,
          .has_pictures = [](const std::string& data) { return !data.starts_with(kRingPrefix); },
          .judge = [](const RunNote& note) { return judge_file(note.classifier, note.data); }};
}

GanJob start_gan(const Arguments& a, const Common& common, const RunStart& from) {
  GanJob job;
  job.note = from.note;
  job.subject = read_subject(job.note, false, common);
  const gan::GanRecipe recipe = read_gan_recipe(a, common, job.subject);
  job.trainer =
      std::make_unique<gan::GanTrainer>(recipe.architecture, job.subject.real, recipe.options, common.device);
  job.trainer->set_note(job.note.text());
  return job;
}

GanJob resume_gan(const Arguments& a, const Common& common, const RunStart& from) {
  GanJob job;
  job.note = from.note;
  job.subject = read_subject(job.note, true, common);
  const auto steps = a.optional_integer("steps", 1, 1'000'000'000);
  job.trainer = from_state(resumed_state(from.files), [&] {
    return std::make_unique<gan::GanTrainer>(
        gan::GanTrainer::resume(from.state, job.subject.real, steps, common.device));
  });
  if (from.other_kernels) job.trainer->set_note(job.note.text());
  return job;
}

}  // namespace fathom::cli
