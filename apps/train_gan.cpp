/// train_gan: a generator of pictures, by letting it play against a discriminator.
///
///   train_gan --data fashion-mnist -o gan.pt
///
/// Writes the generator (a TorchScript program with its card), a strip of pictures that shows it learning,
/// and beside it, in gan.train, everything that a later `train_gan --resume gan.pt` needs to go on as if it
/// had never stopped. The loop itself is lib/fathom/gan/trainer.hpp.
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <torch/version.h>
#include <nlohmann/json.hpp>

#include "cli.hpp"
#include "fathom/core/file.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/gan/distances.hpp"
#include "fathom/gan/recipe.hpp"
#include "fathom/gan/ring.hpp"
#include "fathom/gan/sampling.hpp"
#include "fathom/gan/trainer.hpp"
#include "fathom/models/gan_checkpoint.hpp"
#include "gan_judge.hpp"
#include "gan_sheet.hpp"

namespace {

using namespace fathom;

constexpr const char *kNetworks = "Networks", *kGame = "Training", *kOutput = "Output";
constexpr std::int64_t kQuickSamples = 2000;  // that the generator is scored by while it trains
constexpr std::int64_t kRingPoints = 50000;

cli::Parser parser() {
  cli::Parser parser(
      "train_gan", "Trains a generative adversarial network and writes its generator.",
      {"train_gan --data fashion-mnist -o gan.pt", "train_gan --data gaussians:8 --steps 500 -o ring.pt"});
  cli::add_common_flags(parser);
  parser
      .value(cli::kData, "data",
             "mnist|fashion-mnist|cifar10|folder:PATH, or gaussians:K, a ring of K Gaussians", "SET",
             "fashion-mnist")
      .value(cli::kData, "limit", "the first N training images only", "N")
      .value(cli::kData, "image-size", "side that pictures of a folder are brought to", "N", "32")
      .value(cli::kData, "data-note", "what a reader of the figures must know; goes into the card", "TEXT")
      .value(kNetworks, "latent", "numbers that a sample is made from", "N")
      .value(kNetworks, "widths",
             "channels from the picture inwards: \"64,128\" (or hidden units of gaussians)", "LIST")
      .toggle(kNetworks, "conditional", "samples of a class that is asked for")
      .toggle(kNetworks, "spectral-norm", "in the discriminator")
      .value(kNetworks, "batch-norm", "on|off, in the discriminator", "on|off")
      .value(kGame, "loss", "ns (non-saturating)|hinge|wgan-gp", "NAME", "ns")
      .value(kGame, "steps", "updates of the generator", "N")
      .value(kGame, "epochs", "instead of steps: passes over the training images", "N")
      .value(kGame, "batch-size", "real images per update", "N")
      .value(kGame, "lr", "Adam's learning rate, of both networks", "RATE")
      .value(kGame, "discriminator-lr", "of the discriminator, where it is another", "RATE")
      .value(kGame, "beta1", "Adam's, in [0, 1)", "B")
      .value(kGame, "beta2", "Adam's, in [0, 1)", "B")
      .value(kGame, "discriminator-steps", "updates of the discriminator per update of the generator", "N")
      .value(kGame, "label-smoothing", "of real labels, in [0, 1); with the loss ns", "S")
      .value(kGame, "r1", "weight of the gradient penalty on real images; 0: none", "W")
      .value(kGame, "ema", "decay of the moving average of the generator's weights; 0: none", "D")
      .value(kGame, "decay", "share of the run, at its end, over which the learning rates fall to 0", "SHARE")
      .value(kGame, "resume", "go on with this generator's run (its .train file lies beside it)", "FILE.pt");
  cli::add_judge_flags(parser);
  parser.value(kOutput, "sample-every", "steps between samples, scores and saved states", "N")
      .value(kOutput, "samples-dir", "the same latent values as pictures, each time", "DIR")
      .value(kOutput, "history", "losses, what the discriminator says, and scores", "FILE.csv")
      .value(kOutput, "chart", "the same as a chart", "FILE.svg")
      .value(kOutput, "strip", "the samples' way through the training (default: NAME.png for NAME.pt)",
             "FILE")
      .value(kOutput, "o,out", "the generator", "FILE.pt", "gan.pt");
  return parser;
}

/// Flags that decide the weights, and so belong to a run from its start.
const std::set<std::string>& flags_of_a_gan() {
  static const std::set<std::string> flags = {"data",
                                              "limit",
                                              "image-size",
                                              "data-note",
                                              "latent",
                                              "widths",
                                              "conditional",
                                              "spectral-norm",
                                              "loss",
                                              "seed",
                                              "batch-norm",
                                              "epochs",
                                              "lr",
                                              "beta1",
                                              "beta2",
                                              "batch-size",
                                              "r1",
                                              "ema",
                                              "discriminator-lr",
                                              "decay",
                                              "sample-every",
                                              "discriminator-steps",
                                              "label-smoothing",
                                              "classifier"};
  return flags;
}

/// What a resumed run must know and the trainer has no use for.
struct GanNote {
  std::string data;
  std::int64_t limit = 0, image_size = 32;
  std::string data_note, command_line, classifier;

  std::string text() const {
    const cli::Json j = {{"data", data},
                         {"limit", limit},
                         {"image_size", image_size},
                         {"data_note", data_note},
                         {"command_line", command_line},
                         {"classifier", classifier}};
    return j.dump();
  }
  static GanNote from(const std::string& text) {
    try {
      const cli::Json j = cli::Json::parse(text);
      return {j.at("data"),      j.at("limit"),        j.at("image_size"),
              j.at("data_note"), j.at("command_line"), j.at("classifier")};
    } catch (const cli::Json::exception&) {
      throw FormatError("the training state was not written by this program");
    }
  }
};

/// "gaussians:8"; nothing for another name.
std::optional<gan::RingOptions> ring_of(const std::string& data) {
  const std::string prefix = "gaussians:";
  if (!data.starts_with(prefix)) return std::nullopt;
  gan::RingOptions ring;
  const std::string number = data.substr(prefix.size());
  if (number.empty() || number.size() > 2 || number.find_first_not_of("0123456789") != std::string::npos)
    throw cli::UsageError(fmt::format("--data {} must name a number of Gaussians from 1 to 64", data));
  ring.modes = std::stoll(number);
  gan::validate(ring);
  return ring;
}

/// The run's data: pictures, or points of a ring.
struct Subject {
  std::optional<gan::RingOptions> ring;
  data::ImageSet set;  // empty for a ring
  gan::RealSamples real;
};

Subject read_subject(const GanNote& note, const cli::Common& common) {
  Subject subject;
  subject.ring = ring_of(note.data);
  if (subject.ring) {
    // The truth is one, whatever the seed of the run.
    subject.real = {
        gan::ring_points(*subject.ring, kRingPoints, make_generator(0)), {}, note.data, note.data};
    return subject;
  }
  const data::Catalog catalog = cli::catalog(common, {note.image_size, note.image_size});
  subject.set = data::load(note.data, data::Split::train, catalog);
  if (note.limit > 0) subject.set = subject.set.first(note.limit);
  subject.real = {subject.set.images, subject.set.labels, subject.set.name, data::checksum(subject.set)};
  return subject;
}

std::vector<std::int64_t> widths_of(const cli::Arguments& a) {
  std::vector<std::int64_t> widths;
  for (const float width : a.numbers("widths")) {
    if (width < 1 || width > 8192 || width != std::floor(width))
      throw cli::UsageError(fmt::format("--widths takes whole numbers from 1 to 8192, not {}", width));
    widths.push_back(static_cast<std::int64_t>(width));
  }
  return widths;
}

void read_networks(const cli::Arguments& a, models::DcganOptions& gan) {
  gan.latent = a.optional_integer("latent", 1, 65536).value_or(gan.latent);
  if (a.has("widths")) gan.widths = widths_of(a);
  if (a.on("spectral-norm")) gan.spectral_norm = true;
  if (a.has("batch-norm")) gan.batch_norm = a.on_off("batch-norm");
}

void read_networks(const cli::Arguments& a, models::PointGanOptions& gan) {
  gan.latent = a.optional_integer("latent", 1, 65536).value_or(gan.latent);
  if (a.has("widths")) {
    const std::vector<std::int64_t> widths = widths_of(a);
    if (widths.size() != 1) throw cli::UsageError("--widths of points is one number, of hidden units");
    gan.hidden = widths[0];
  }
  if (a.on("spectral-norm")) gan.spectral_norm = true;
  if (a.has("batch-norm") || a.on("conditional"))
    throw cli::UsageError("--batch-norm and --conditional are for pictures");
}

/// Everything that decides the weights; what is not given comes from the recipe for the data and the loss.
gan::GanRecipe read_gan_recipe(const cli::Arguments& a, const cli::Common& common, const Subject& subject) {
  const gan::GanLoss loss = gan::gan_loss_from(a.text("loss"));
  gan::GanRecipe recipe =
      subject.ring ? gan::point_gan_recipe(loss) : gan::gan_recipe(subject.set, loss, a.on("conditional"));
  std::visit([&](auto& networks) { read_networks(a, networks); }, recipe.architecture);
  gan::GanOptions& o = recipe.options;
  o.batch_size = a.optional_integer("batch-size", 1, 1 << 20).value_or(o.batch_size);
  o.discriminator_steps = a.optional_integer("discriminator-steps", 1, 100).value_or(o.discriminator_steps);
  if (a.has("steps") && a.has("epochs")) throw cli::UsageError("--steps and --epochs say the same; give one");
  o.steps = a.optional_integer("steps", 1, 1'000'000'000).value_or(o.steps);
  if (const auto epochs = a.optional_integer("epochs", 1, 1'000'000))
    o.steps = std::max<std::int64_t>(
        1, *epochs * (subject.real.values.size(0) / o.batch_size) / o.discriminator_steps);
  if (a.has("lr")) o.generator_rate = o.discriminator_rate = a.number("lr", 1e-12, 1e6);
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

std::filesystem::path gan_state_path(std::filesystem::path checkpoint) {
  return checkpoint.replace_extension(".train");
}

/// The trainer with what it trains on; for a resumed run as it stood, else fresh.
struct GanJob {
  GanNote note;
  Subject subject;
  std::unique_ptr<gan::GanTrainer> trainer;
};

GanJob start_gan(const cli::Arguments& a, const cli::Common& common) {
  GanJob job;
  job.note = {a.text("data"),
              a.optional_integer("limit", 1, INT64_MAX).value_or(0),
              a.integer("image-size", 4, 1024),
              a.optional("data-note").value_or(""),
              a.command_line(),
              a.optional("classifier").value_or("")};
  job.subject = read_subject(job.note, common);
  const gan::GanRecipe recipe = read_gan_recipe(a, common, job.subject);
  job.trainer =
      std::make_unique<gan::GanTrainer>(recipe.architecture, job.subject.real, recipe.options, common.device);
  job.trainer->set_note(job.note.text());
  return job;
}

GanJob resume_gan(const cli::Arguments& a, const cli::Common& common,
                  const std::filesystem::path& checkpoint) {
  for (const std::string& flag : flags_of_a_gan())
    if (a.has(flag))
      throw cli::UsageError(
          fmt::format("--{} cannot change in a resumed run; leave it out (only --steps may)", flag));
  const std::filesystem::path path = gan_state_path(checkpoint);
  if (!std::filesystem::exists(path))
    throw FileError(fmt::format("cannot resume '{}': its training state '{}' is missing", checkpoint.string(),
                                path.string()));
  const std::string state = read_file(path);
  GanJob job;
  job.note = GanNote::from(gan::GanTrainer::note_of(state));
  job.subject = read_subject(job.note, common);
  job.trainer = std::make_unique<gan::GanTrainer>(gan::GanTrainer::resume(
      state, job.subject.real, a.optional_integer("steps", 1, 1'000'000'000), common.device));
  return job;
}

models::GanCard gan_card_of(const GanJob& job) {
  models::GanCard card;
  card.architecture = job.trainer->architecture();
  card.classes = job.subject.set.classes;
  card.data_set = job.subject.real.name;
  card.data_checksum = job.subject.real.checksum;
  card.data_note = job.note.data_note;
  card.loss = to_string(job.trainer->options().loss);
  card.seed = job.trainer->options().seed;
  card.fathom_version = fathom_version();
  card.torch_version = TORCH_VERSION;
  card.command_line = job.note.command_line;
  return card;
}

/// Where what a run makes goes.
struct Outputs {
  std::filesystem::path model, strip;
  std::optional<std::string> samples, history, chart;
};

Outputs read_outputs(const cli::Arguments& a, const std::optional<std::string>& resumed) {
  Outputs out;
  out.model = resumed && !a.has("out") ? *resumed : a.text("out");
  if (out.model.extension() != ".pt")
    throw cli::UsageError("--out must end in .pt, not '" + out.model.string() + "'");
  out.strip =
      a.optional("strip").value_or(std::filesystem::path(out.model).replace_extension(".png").string());
  out.samples = a.optional("samples-dir");
  out.history = a.optional("history");
  out.chart = a.optional("chart");
  require_writable(out.model);
  image::require_writable_picture(out.strip);
  if (out.samples) require_writable(std::filesystem::path(*out.samples) / "step.png");
  if (out.history) require_writable(*out.history);
  if (out.chart) require_writable(*out.chart);
  return out;
}

/// Scores the generator as it stands, lower is better: pictures by their kernel distance from real ones in
/// the eyes of a classifier, points by the share that is not near a mode, in which a missing mode counts
/// whole.
class QuickScore {
 public:
  QuickScore(const Subject& subject, const models::Classifier* judge, std::uint64_t seed)
      : ring_(subject.ring), judge_(judge), seed_(seed) {
    if (judge_) real_ = cli::judge_some(*judge_, subject.set, kQuickSamples, seed).features;
  }

  std::string name() const { return ring_ ? "share missed" : "kernel distance"; }

  std::optional<double> of(models::Generator& generator) const {
    if (!ring_ && !judge_) return std::nullopt;
    const torch::Tensor samples =
        gan::draw_samples(generator, kQuickSamples, make_generator(derive_seed(seed_, 0x9a1c))).values;
    if (!ring_) return gan::kernel_distance(real_, gan::judge(*judge_, samples).features);
    const gan::RingScores scores = gan::ring_scores(*ring_, samples);
    return 1 -
           scores.near_share * static_cast<double>(scores.modes_covered) / static_cast<double>(ring_->modes);
  }

 private:
  std::optional<gan::RingOptions> ring_;
  const models::Classifier* judge_;
  std::uint64_t seed_;
  torch::Tensor real_;
};

torch::Tensor picture_of(const GanJob& job, const torch::Tensor& snapshot, const std::string& heading) {
  if (job.subject.ring) return cli::ring_scatter(snapshot, *job.subject.ring);
  return cli::sample_sheet(snapshot, models::classes_of(job.trainer->architecture()) == 10 ? 10 : 8, heading);
}

void write_strip(const GanJob& job, const Outputs& out) {
  const gan::GanTrainer& trainer = *job.trainer;
  if (trainer.history().empty()) return;
  const std::string heading = fmt::format("{}, {} steps", job.note.data, trainer.steps_done());
  image::write_picture(
      out.strip, job.subject.ring
                     ? cli::ring_strip(trainer.snapshots(), trainer.history(), *job.subject.ring, heading)
                     : cli::learning_strip(trainer.snapshots(), trainer.history(), heading));
}

/// Puts down what there is: state, best generator, history, chart, the latest samples.
void keep(const GanJob& job, models::GanCard& card, const Outputs& out, const std::string& score_name) {
  const gan::GanTrainer& trainer = *job.trainer;
  write_file(gan_state_path(out.model), trainer.state());
  if (trainer.history().empty()) return;
  card.steps = trainer.best_step();
  models::save_generator(out.model, *trainer.best(), card);
  if (out.history) write_file(*out.history, gan::history_csv(trainer.history()));
  if (out.chart)
    write_file(*out.chart,
               cli::gan_chart(trainer.history(), job.note.data,
                              trainer.options().loss == gan::GanLoss::non_saturating, score_name));
  const std::int64_t step = trainer.history().back().step;
  if (out.samples)
    image::write_picture(
        std::filesystem::path(*out.samples) / fmt::format("step-{:07}.png", step),
        picture_of(job, trainer.snapshots()[-1], fmt::format("{}, step {}", job.note.data, step)));
}

std::string record_text(const gan::GanRecord& r, const gan::GanTrainer& trainer,
                        const std::string& score_name) {
  const bool probability = trainer.options().loss == gan::GanLoss::non_saturating;
  std::string line = fmt::format("step {:>6}/{}  loss {:.3f} and {:.3f}  {} {:.3f}  {} {:.3f}", r.step,
                                 trainer.options().steps, r.discriminator_loss, r.generator_loss,
                                 probability ? "D(x)" : "on real", r.on_real,
                                 probability ? "D(G(z))" : "on generated", r.on_generated);
  if (r.score) line += fmt::format("  {} {:.4f}", score_name, *r.score);
  return line + fmt::format("  {:.0f} images/s", r.images_per_second);
}

/// Trains to the end or to Ctrl-C. Returns whether it came to the end.
bool train_on(GanJob& job, models::GanCard& card, const cli::Common& common, const Outputs& out,
              const QuickScore& score) {
  gan::GanTrainer& trainer = *job.trainer;
  const cli::Interrupt interrupt;
  // Before the first step too, so that a run that is killed early resumes as itself and not as an older one.
  write_file(gan_state_path(out.model), trainer.state());
  ProgressBar bar("train_gan", "steps", common.quiet);
  const auto step = [&](const gan::GanRecord& r) {
    bar.note(fmt::format("loss {:.3f} and {:.3f}", r.discriminator_loss, r.generator_loss));
    bar.update(r.step, trainer.options().steps);
    return !interrupt.requested();
  };
  while (!trainer.finished()) {
    try {
      if (!trainer.run(step)) {
        keep(job, card, out, score.name());
        return false;
      }
    } catch (const DivergedError& e) {
      keep(job, card, out, score.name());
      write_strip(job, out);
      throw DivergedError(trainer.history().empty()
                              ? std::string(e.what())
                              : fmt::format("{}; '{}' is the best generator, of step {}", e.what(),
                                            out.model.string(), trainer.best_step()));
    }
    if (const auto value = score.of(*trainer.average())) trainer.set_score(*value);
    keep(job, card, out, score.name());
    bar.finish();
    cli::say(common, record_text(trainer.history().back(), trainer, score.name()));
  }
  return true;
}

cli::Json final_scores(const GanJob& job, const models::Classifier* judge, const cli::Arguments& arguments,
                       const cli::Common& common) {
  const std::int64_t count = arguments.integer("samples", 100, 1'000'000);
  const std::shared_ptr<models::Generator> generator = job.trainer->best();
  const gan::Samples samples =
      gan::draw_samples(*generator, count, make_generator(derive_seed(common.seed, 0x7e57)));
  if (job.subject.ring) {
    const gan::RingScores s = gan::ring_scores(*job.subject.ring, samples.values);
    cli::say(common,
             fmt::format("{} of {} modes, {:.1f} % of {} samples within 3 sigma of one (98.9 % of real ones)",
                         s.modes_covered, job.subject.ring->modes, 100 * s.near_share, count));
    return {{"samples", count},
            {"modes", s.modes_covered},
            {"near_share", s.near_share},
            {"per_mode", s.per_mode}};
  }
  if (!judge) return nullptr;
  const data::ImageSet test = data::load(job.note.data, data::Split::test,
                                         cli::catalog(common, {job.note.image_size, job.note.image_size}));
  const gan::GanScores scores = gan::score(cli::judge_some(*judge, job.subject.set, count, common.seed),
                                           cli::judge_some(*judge, test, count, common.seed),
                                           gan::judge(*judge, samples.values), samples.labels);
  for (const std::string& line : cli::scores_lines(scores, job.subject.set.classes)) cli::say(common, line);
  return cli::scores_json(scores, job.subject.set.classes);
}

void train_gan(int argc, char** argv) {
  const cli::Arguments arguments = parser().parse(argc, argv);
  const cli::Common common = cli::read_common(arguments);
  const auto resumed = arguments.optional("resume");
  const Outputs out = read_outputs(arguments, resumed);
  GanJob job = resumed ? resume_gan(arguments, common, *resumed) : start_gan(arguments, common);
  const gan::GanTrainer& trainer = *job.trainer;
  const auto judge = job.subject.ring ? std::nullopt : cli::read_judge(arguments, common, job.note.data);
  const models::Classifier* const scorer = judge ? &*judge : nullptr;
  const QuickScore score(job.subject, scorer, trainer.options().seed);
  cli::say(
      common,
      fmt::format("{} samples of {}, generator of {} parameters, loss {}, {} steps of {}",
                  grouped(static_cast<std::uint64_t>(job.subject.real.values.size(0))), job.note.data,
                  grouped(static_cast<std::uint64_t>(models::generator_parameters(trainer.architecture()))),
                  to_string(trainer.options().loss), trainer.options().steps, trainer.options().batch_size));
  if (!job.subject.ring && !judge)
    cli::say(common,
             "no classifier of this data set: no scores, and the last generator is kept, not the best");

  models::GanCard card = gan_card_of(job);
  if (!train_on(job, card, common, out, score))
    throw Error(fmt::format("interrupted after step {}; 'train_gan --resume {}' goes on from there",
                            trainer.steps_done(), out.model.string()));
  write_strip(job, out);
  const cli::Json scores = final_scores(job, scorer, arguments, common);
  if (!scores.is_null()) card.scores = scores.dump();
  card.steps = trainer.best_step();
  models::save_generator(out.model, *trainer.best(), card);
  cli::say(common, fmt::format("wrote {} (of step {}) and {}", out.model.string(), trainer.best_step(),
                               out.strip.string()));
  cli::report(common, {{"steps", trainer.steps_done()},
                       {"train_seconds", trainer.seconds()},
                       {"images_per_second", static_cast<double>(trainer.images_seen()) / trainer.seconds()},
                       {"best_step", trainer.best_step()},
                       {"scores", scores},
                       {"model", out.model.string()}});
}

}  // namespace

int main(int argc, char** argv) {
  return fathom::cli::run("train_gan", [&] { train_gan(argc, argv); });
}
