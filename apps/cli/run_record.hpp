/// The common part of train and train_gan: a run whose state is stored beside its checkpoint, so that it can
/// be interrupted and resumed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "cli/cli.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/data/folder.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/file_lock.hpp"

namespace fathom::cli {

/// Where a run is kept.
struct RunFiles {
  std::filesystem::path checkpoint;              ///< ends in .pt
  std::optional<std::filesystem::path> history;  ///< losses per record, as CSV
  std::optional<std::string> resumed;            ///< the checkpoint of the run to resume
  /// On the checkpoint and on what else is replaced during the run; held until the last copy is destroyed.
  std::shared_ptr<std::list<io::FileLock>> locks;

  std::filesystem::path state() const;  ///< net.train for net.pt
};

/// --limit, --image-size, --skip-damaged and --data-note, which refine --data.
void add_run_flags(Parser& parser);

/// Settings that a resumed run needs and the trainer does not.
struct RunNote {
  std::string data;
  std::int64_t limit = 0, image_size = 32;
  std::string data_note, command_line;
  std::optional<std::string> classifier;  ///< the requested classifier for scoring a GAN
  /// Draws the training images that a limit leaves. Older versions had none and took the first images.
  std::optional<std::uint64_t> limit_seed;
  bool skip_damaged = false;  ///< of sets of picture files
  /// Which files of a folder the run reads. Older versions found fewer.
  fathom::data::FolderRules folder_rules = fathom::data::FolderRules::every_picture;
  /// kernels_name() of the run's start and of each time it was resumed with others, separated by "; ". Older
  /// versions did not record it.
  std::string kernels;

  std::string text() const;
  static RunNote from(const std::string& text);  ///< throws FormatError
};

/// A run as described by its command line or its state, before its data is read.
struct RunStart {
  RunFiles files;
  RunNote note;
  std::string state;           ///< of the run to resume; empty for a new one
  bool other_kernels = false;  ///< than when the run was last started; the note names both
};

/// How the runs of a program differ from those of others.
struct RunKind {
  std::string fresh;       ///< the checkpoint without --out
  std::string changeable;  ///< the flag that a resumed run may change
  std::function<std::string(const std::string& state)> note_of;
  std::function<bool(const std::string& data)> has_pictures;  ///< empty: all data sets have pictures
  /// The file of the classifier that the run reads, if any; an empty function: runs read none.
  std::function<std::optional<std::filesystem::path>(const RunNote&)> judge;
};

/// From --out, --history, --resume and the flags of the data. Without --out the checkpoint is the one to
/// resume, or `fresh`. It and --history, --chart and --strip are locked, and all files are compared with each
/// other. Throws UsageError (also if a flag was given that is fixed for a run), FileError (a file cannot be
/// written, there is no state, or another process has the lock) and FormatError. A run that is
/// resumed with other kernels (core/runtime.hpp) than before gets a note that bits may differ.
RunStart read_run(const Arguments& arguments, const Common& common, const RunKind& kind);

/// The result of `work` on a state. A FormatError names the state's file.
template <typename Work>
auto from_state(const std::filesystem::path& file, const Work& work) try {
  return work();
} catch (const FormatError& e) {
  throw FormatError(fmt::format("'{}': {}", file.string(), e.what()));
}

/// The state of the checkpoint to resume.
std::filesystem::path resumed_state(const RunFiles& files);

/// The run's data; its limit is for training images. Prints which classes a limit leaves without an image.
data::ImageSet read_set(const RunNote& note, data::Split split, const Common& common);

/// The same for a run that is resumed. If the folder or CSV file of its set is not there any more, FileError
/// says what to do.
data::ImageSet read_resumed_set(const RunNote& note, data::Split split, const Common& common);

/// `limit` images of a set, drawn from `seed`; every class keeps its share (data::drawn_subset). Prints which
/// classes are left without an image.
data::ImageSet limited_set(const data::ImageSet& set, std::int64_t limit, std::uint64_t seed);

/// A run as its program knows it.
struct RunParts {
  std::string program, bar;  ///< the progress bar's first label
  /// Trains to the next record; false: interrupted before it.
  std::function<bool(ProgressBar&, const Interrupt&)> next;
  std::function<void()> keep;             ///< writes the best network and its pictures
  std::function<void()> catch_up;         ///< writes missing files of older records; may be empty
  std::function<std::string()> record;    ///< the last one as a line
  std::function<std::string()> diverged;  ///< called when a run has diverged: says what was kept
  std::function<std::string()> place;     ///< where the run is: "in epoch 3 of 10, after step 120 of 469"
  std::function<std::string()> finished;  ///< says that all is done, and how to continue
};

/// Trains to the end. State, network and history are on disk after every record. A resumed run also writes
/// them at its start, because it may be finished or may have been killed between two writes. Throws
/// DivergedError, and at Ctrl-C Stopped, which says where and how to continue.
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
  keep();
  if (run.catch_up) run.catch_up();
  if (trainer.finished())
    say(common, run.finished());
  else if (files.resumed)
    say(common, fmt::format("resumed {}", run.place()));
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
      throw Stopped(fmt::format("stopped {}; '{} --resume {}' continues there", run.place(), run.program,
                                files.checkpoint.string()));
    say(common, run.record());
  }
}

}  // namespace fathom::cli
