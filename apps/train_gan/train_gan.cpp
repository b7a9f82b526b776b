/// train_gan: trains a generator of pictures against a discriminator.
///
///   train_gan --data fashion-mnist -o gan.pt
///
/// Writes the generator (a TorchScript program with its card), a strip of pictures that shows it learning,
/// and beside it, in gan.train, everything that a later `train_gan --resume gan.pt` needs to go on as if it
/// had never stopped. The loop itself is lib/fathom/gan/trainer.hpp.

#include <fmt/format.h>
#include <torch/version.h>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "cli/gan_judge.hpp"
#include "cli/run_record.hpp"
#include "cli/sets.hpp"
#include "cli/sheets/gan_sheet.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/text.hpp"
#include "fathom/gan/checkpoint.hpp"
#include "fathom/gan/sampling.hpp"
#include "fathom/gan/scores/distances.hpp"
#include "fathom/gan/scores/ring.hpp"
#include "fathom/gan/trainer.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "train_gan/gan_job.hpp"

namespace {

using namespace fathom;

constexpr const char* kOutput = "Output";
/// Samples that the generator is scored by while it trains; of fewer training pictures, as many as there are.
constexpr std::int64_t kQuickSamples = 2000;

cli::Parser parser() {
  cli::Parser parser(
      "train_gan", "Trains a generative adversarial network and writes its generator.",
      {"train_gan --data fashion-mnist -o gan.pt", "train_gan --data gaussians:8 --steps 500 -o ring.pt"});
  cli::add_common_flags(parser);
  cli::add_gan_flags(parser);
  cli::add_judge_flags(parser);
  parser.fixed_value(kOutput, "sample-every", "steps between records (samples, scores, saved state)", "N")
      .value(kOutput, "samples-dir", "write samples of the same latent vectors at every record", "DIR")
      .value(kOutput, "history", "write losses, outputs of the discriminator, and scores", "FILE.csv")
      .value(kOutput, "chart", "write the history as a chart", "FILE.svg")
      .value(kOutput, "strip", "strip of samples over the training (default: NAME.png for NAME.pt)", "FILE")
      .value(kOutput, "o,out", "the generator", "FILE.pt", "gan.pt");
  return parser;
}

gan::GanCard gan_card_of(const cli::GanJob& job) {
  gan::GanCard card;
  card.architecture = job.trainer->architecture();
  card.classes = job.subject.set.classes;
  card.data_set = job.subject.real.name;
  card.data_checksum = job.subject.real.checksum;
  card.data_note = job.note.data_note;
  card.loss = to_string(job.trainer->options().loss);
  card.seed = job.trainer->options().seed;
  card.fathom_version = fathom_version();
  card.torch_version = TORCH_VERSION;
  card.kernels = job.note.kernels;
  card.command_line = job.note.command_line;
  return card;
}

/// Where what a run makes goes.
struct Outputs {
  cli::RunFiles run;
  std::filesystem::path strip;
  std::optional<std::filesystem::path> samples, chart;
};

std::string samples_name(std::int64_t step) { return fmt::format("step-{:07}.png", step); }

Outputs read_outputs(const cli::Arguments& a, const cli::RunFiles& run) {
  Outputs out{.run = run, .strip = {}, .samples = {}, .chart = a.optional_output("chart")};
  if (const auto strip = a.optional_output("strip")) {
    out.strip = *strip;
  } else {
    out.strip = std::filesystem::path(run.checkpoint).replace_extension(".png");
    a.paths().writes("out", out.strip);
  }
  image::require_writable_picture(out.strip);
  if (const auto samples = a.optional("samples-dir")) {
    out.samples = *samples;
    a.paths().writes_into("samples-dir", *samples, [](const std::string& name) {
      return name.starts_with("step-") && name.ends_with(".png");
    });
  }
  return out;
}

/// Scores the generator as it stands, lower is better: pictures by their kernel distance from real ones in
/// the eyes of a classifier, points by the share that is not near a mode, in which a missing mode counts
/// whole.
class QuickScore {
 public:
  QuickScore(const cli::GanSubject& subject, const checkpoint::Classifier* judge, std::uint64_t seed)
      : ring_(subject.ring), judge_(judge), seed_(seed), labels_(subject.set.labels) {
    if (judge_) real_.emplace(cli::judge_some(*judge_, subject.set, kQuickSamples, seed).features);
  }

  std::string name() const { return ring_ ? "share missed" : "kernel distance"; }
  bool exists() const { return ring_ || judge_; }

  std::optional<double> of(gan::Generator& generator) const {
    if (!exists()) return std::nullopt;
    const torch::Generator random = make_generator(derive_seed(seed_, 0x9a1c));
    if (!ring_) {
      const gan::Samples samples = gan::draw_samples_like(generator, labels_, real_->size(), random);
      return real_->distance(gan::features_of(*judge_, samples.values));
    }
    const gan::RingScores scores =
        gan::ring_scores(*ring_, gan::draw_samples(generator, kQuickSamples, random).values);
    return 1 -
           scores.near_share * static_cast<double>(scores.modes_covered) / static_cast<double>(ring_->modes);
  }

 private:
  std::optional<gan::RingOptions> ring_;
  const checkpoint::Classifier* judge_;
  std::uint64_t seed_;
  torch::Tensor labels_;
  std::optional<gan::KernelReference> real_;
};

torch::Tensor picture_of(const cli::GanJob& job, const torch::Tensor& snapshot, const std::string& heading) {
  if (job.subject.ring) return cli::ring_scatter(snapshot, *job.subject.ring);
  return cli::sample_sheet(snapshot, cli::sheet_columns(gan::classes_of(job.trainer->architecture())),
                           heading);
}

void write_strip(const cli::GanJob& job, const Outputs& out) {
  const gan::GanTrainer& trainer = *job.trainer;
  if (trainer.history().empty()) return;
  const std::string heading =
      fmt::format("{}, {} {}", job.note.data, trainer.steps_done(), plural(trainer.steps_done(), "step"));
  image::write_picture(
      out.strip, job.subject.ring
                     ? cli::ring_strip(trainer.snapshots(), trainer.history(), *job.subject.ring, heading)
                     : cli::learning_strip(trainer.snapshots(), trainer.history(), heading));
}

/// Writes the samples of a record, if --samples-dir is given.
void write_samples(const cli::GanJob& job, const Outputs& out, std::size_t record) {
  if (!out.samples) return;
  const std::int64_t step = job.trainer->history()[record].step;
  image::write_picture(*out.samples / samples_name(step),
                       picture_of(job, job.trainer->snapshots()[static_cast<std::int64_t>(record)],
                                  fmt::format("{}, step {}", job.note.data, step)));
}

/// Writes the best generator, the chart and the latest samples.
void keep(const cli::GanJob& job, gan::GanCard& card, const Outputs& out, const std::string& score_name) {
  const gan::GanTrainer& trainer = *job.trainer;
  card.steps = trainer.best_step();
  gan::save_generator(out.run.checkpoint, *trainer.best(), card);
  if (out.chart)
    io::write_file(*out.chart,
                   cli::gan_chart(trainer.history(), job.note.data,
                                  trainer.options().loss == gan::GanLoss::non_saturating, score_name));
  write_samples(job, out, trainer.history().size() - 1);
}

std::string record_text(const gan::GanRecord& r, const gan::GanTrainer& trainer, const QuickScore& score) {
  const bool probability = trainer.options().loss == gan::GanLoss::non_saturating;
  std::string line = fmt::format("step {:>6}/{}  loss {:.3f} and {:.3f}  {} {:.3f}  {} {:.3f}", r.step,
                                 trainer.options().steps, r.discriminator_loss, r.generator_loss,
                                 probability ? "D(x)" : "on real", r.on_real,
                                 probability ? "D(G(z))" : "on generated", r.on_generated);
  if (r.score) line += fmt::format("  {} {:.4f}", score.name(), *r.score);
  if (!r.score && score.exists()) line += fmt::format("  {} is NaN or infinite", score.name());
  return line + fmt::format("  {:.0f} images/s", r.images_per_second);
}

/// Trains to the end or to Ctrl-C.
void train_on(cli::GanJob& job, gan::GanCard& card, const cli::Common& common, const Outputs& out,
              const QuickScore& score) {
  gan::GanTrainer& trainer = *job.trainer;
  const auto next_record = [&](ProgressBar& bar, const cli::Interrupt& interrupt) {
    const auto step = [&](const gan::GanRecord& r) {
      bar.note(fmt::format("loss {:.3f} and {:.3f}", r.discriminator_loss, r.generator_loss));
      bar.update(r.step, trainer.options().steps);
      return !interrupt.requested();
    };
    if (!trainer.run(step)) return false;
    if (const auto value = score.of(*trainer.average())) trainer.set_score(*value);
    return true;
  };
  const auto diverged = [&]() -> std::string {
    write_strip(job, out);
    if (trainer.history().empty()) return {};
    return fmt::format("'{}' holds the best generator, from step {}", out.run.checkpoint.string(),
                       trainer.best_step());
  };
  // The state has the samples of all records. A run without --samples-dir, or one that was killed, has not
  // written all of them.
  const auto catch_up = [&] {
    for (std::size_t i = 0; i < trainer.history().size(); ++i) write_samples(job, out, i);
  };
  const cli::RunParts parts{
      .program = "train_gan",
      .bar = "train_gan",
      .next = next_record,
      .keep = [&] { keep(job, card, out, score.name()); },
      .catch_up = catch_up,
      .record = [&] { return record_text(trainer.history().back(), trainer, score); },
      .diverged = diverged,
      .place =
          [&] { return fmt::format("after step {} of {}", trainer.steps_done(), trainer.options().steps); },
      .finished =
          [&] {
            return fmt::format("the run is finished after {}; --steps with a higher number continues it",
                               counted(static_cast<std::uint64_t>(trainer.steps_done()), "step"));
          }};
  cli::train_to_end(trainer, out.run, parts, common);
}

/// Everything needed to score the result, read and checked before the first step.
struct Scoring {
  std::optional<checkpoint::Classifier> judge;
  data::ImageSet test;     // empty without a judge
  std::int64_t count = 0;  // samples; 0: no scores
};

Scoring read_scoring(const cli::GanJob& job, const cli::Arguments& arguments, const cli::Common& common) {
  Scoring scoring;
  if (!job.subject.ring) scoring.judge = cli::read_judge(job.note.classifier, common, job.note.data);
  if (!job.subject.ring && !scoring.judge) {
    arguments.unused({"samples"}, "without a classifier");
    note("no classifier for this data set: no scores; the last generator is kept instead of the best");
    return scoring;
  }
  scoring.count = arguments.integer("samples", 100, 1'000'000);
  if (!scoring.judge) return scoring;
  scoring.test = cli::read_set(job.note, data::Split::test, common);
  cli::require_judge(*scoring.judge, job.subject.set, scoring.test);
  cli::say_if_more(scoring.count, job.subject.set);
  return scoring;
}

cli::Json final_scores(const cli::GanJob& job, const Scoring& scoring, const cli::Common& common) {
  const std::int64_t count = scoring.count;
  const std::uint64_t seed = job.trainer->options().seed;  // also in a resumed run
  if (job.subject.ring) {
    const torch::Tensor points =
        gan::draw_samples(*job.trainer->best(), count, make_generator(derive_seed(seed, 0x7e57))).values;
    const gan::RingScores s = gan::ring_scores(*job.subject.ring, points);
    cli::say(
        common,
        fmt::format("{} of {} modes, {:.1f} % of {} samples within 3 sigma of one (real samples: 98.9 %)",
                    s.modes_covered, job.subject.ring->modes, 100 * s.near_share, count));
    return {{"samples", count},
            {"modes", s.modes_covered},
            {"near_share", s.near_share},
            {"per_mode", s.per_mode}};
  }
  if (!scoring.judge) return nullptr;
  const gan::Samples samples = cli::samples_to_score(*job.trainer->best(), job.subject.set, count, seed);
  const gan::GanScores scores =
      cli::score_samples(*scoring.judge, samples, job.subject.set, scoring.test, seed);
  for (const std::string& line : cli::scores_lines(scores, job.subject.set.classes)) cli::say(common, line);
  return cli::scores_json(scores, job.subject.set.classes);
}

void train_gan(const cli::Arguments& arguments) {
  const cli::Common common = cli::read_common(arguments);
  const cli::RunStart from = cli::read_run(arguments, common, cli::gan_runs(arguments));
  const Outputs out = read_outputs(arguments, from.files);
  cli::GanJob job =
      from.files.resumed ? cli::resume_gan(arguments, common, from) : cli::start_gan(arguments, common, from);
  const gan::GanTrainer& trainer = *job.trainer;
  const Scoring scoring = read_scoring(job, arguments, common);
  arguments.refuse_unread();
  const QuickScore score(job.subject, scoring.judge ? &*scoring.judge : nullptr, trainer.options().seed);
  cli::say(common,
           fmt::format("{} samples of {}, generator of {} parameters, loss {}, {} of {}",
                       grouped(static_cast<std::uint64_t>(job.subject.real.values.size(0))), job.note.data,
                       grouped(static_cast<std::uint64_t>(gan::generator_parameters(trainer.architecture()))),
                       to_string(trainer.options().loss),
                       counted(static_cast<std::uint64_t>(trainer.options().steps), "step"),
                       trainer.options().batch_size));

  gan::GanCard card = gan_card_of(job);
  train_on(job, card, common, out, score);
  write_strip(job, out);
  const cli::Json scores = final_scores(job, scoring, common);
  if (!scores.is_null()) card.scores = scores.dump();
  card.steps = trainer.best_step();
  gan::save_generator(out.run.checkpoint, *trainer.best(), card);
  cli::say(common, fmt::format("wrote {} (of step {}) and {}", out.run.checkpoint.string(),
                               trainer.best_step(), out.strip.string()));
  cli::report(common, {{"steps", trainer.steps_done()},
                       {"train_seconds", trainer.seconds()},
                       {"images_per_second", static_cast<double>(trainer.images_seen()) / trainer.seconds()},
                       {"best_step", trainer.best_step()},
                       {"scores", scores},
                       {"model", out.run.checkpoint.string()}});
}

}  // namespace

int main(int argc, char** argv) { return fathom::cli::run(parser(), argc, argv, train_gan); }
