/// The common part of train and train_gan: a run whose state is stored beside its checkpoint, so that it can
/// be interrupted and resumed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "cli/cli.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/io/file.hpp"

namespace fathom::cli {

/// Where a run is kept.
struct RunFiles {
  std::filesystem::path checkpoint;    ///< ends in .pt
  std::optional<std::string> history;  ///< losses per record, as CSV
  std::optional<std::string> resumed;  ///< the checkpoint of the run to resume

  std::filesystem::path state() const;  ///< net.train for net.pt
};

/// From --out, --history and --resume; without --out the checkpoint is the one to resume, or `fresh`. Throws
/// UsageError and FileError where it cannot be written.
RunFiles read_run_files(const Arguments& arguments, const std::string& fresh);

/// --limit, --image-size and --data-note, which refine --data.
void add_run_flags(Parser& parser);

/// Settings that a resumed run needs and the trainer does not.
struct RunNote {
  std::string data;
  std::int64_t limit = 0, image_size = 32;
  std::string data_note, command_line;
  std::optional<std::string> classifier;  ///< the requested classifier for scoring a GAN

  std::string text() const;
  static RunNote from(const std::string& text);  ///< throws FormatError
};
RunNote read_run_note(const Arguments& arguments);

/// The run's data; its limit is for training images.
data::ImageSet read_set(const RunNote& note, data::Split split, const Common& common);

/// The state of the run to resume. Throws UsageError if a flag was given that is fixed for a run (except
/// `changeable`), FileError if there is no state.
std::string read_state(const RunFiles& files, const Arguments& arguments, const std::string& changeable);

/// A run as its program knows it.
struct RunParts {
  std::string program, bar;  ///< the progress bar's first label
  /// Trains to the next record; false: interrupted before it.
  std::function<bool(ProgressBar&, const Interrupt&)> next;
  std::function<void()> keep;             ///< writes the best network and its pictures
  std::function<std::string()> record;    ///< the last one as a line
  std::function<std::string()> diverged;  ///< called when a run has diverged: says what was kept
  std::function<std::string()> place;     ///< "in epoch 3"
};

/// Trains to the end. State, network and history are on disk after every record. Throws DivergedError, and
/// Error at Ctrl-C: how to go on.
template <typename Trainer>
void train_to_end(const Trainer& trainer, const RunFiles& files, const RunParts& run, const Common& common) {
  const Interrupt interrupt;
  const auto keep = [&] {
    io::write_file(files.state(), trainer.state());
    if (trainer.history().empty()) return;  // it does not replace what an older run has left
    run.keep();
    if (files.history) io::write_file(*files.history, history_csv(trainer.history()));
  };
  // Before the first step too, so that a run that is killed early resumes as itself and not as an older one.
  io::write_file(files.state(), trainer.state());
  ProgressBar bar(run.bar, "steps", common.quiet);
  while (!trainer.finished()) {
    bool complete = false;
    try {
      complete = run.next(bar, interrupt);
    } catch (const DivergedError& e) {
      keep();
      const std::string left = run.diverged();
      throw DivergedError(left.empty() ? std::string(e.what()) : fmt::format("{}; {}", e.what(), left));
    }
    keep();
    bar.finish();
    if (!complete)
      throw Error(fmt::format("interrupted {}; continue with '{} --resume {}'", run.place(), run.program,
                              files.checkpoint.string()));
    say(common, run.record());
  }
}

}  // namespace fathom::cli
