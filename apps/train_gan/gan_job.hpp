/// A run of train_gan, from its command line or from where it was put down.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/cli.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/gan/scores/ring.hpp"
#include "fathom/gan/trainer.hpp"

namespace fathom::cli {

/// The flags that decide the weights, and --resume.
void add_gan_flags(Parser& parser);

/// What a resumed run must know and the trainer has no use for.
struct GanNote {
  std::string data;
  std::int64_t limit = 0, image_size = 32;
  std::string data_note, command_line;
  std::optional<std::string> classifier;  ///< that was asked for

  std::string text() const;
  static GanNote from(const std::string& text);  ///< throws FormatError
};

/// The run's data: pictures, or points of a ring.
struct GanSubject {
  std::optional<gan::RingOptions> ring;
  data::ImageSet set;  // empty for a ring
  gan::RealSamples real;
};

/// The trainer with what it trains on; for a resumed run as it stood, else fresh.
struct GanJob {
  GanNote note;
  GanSubject subject;
  std::unique_ptr<gan::GanTrainer> trainer;
};

GanJob start_gan(const Arguments& arguments, const Common& common);

/// Goes on with the run whose state lies beside `checkpoint`. Throws UsageError for a flag that cannot
/// change.
GanJob resume_gan(const Arguments& arguments, const Common& common, const std::filesystem::path& checkpoint);

/// gan.train for gan.pt.
std::filesystem::path gan_state_path(std::filesystem::path checkpoint);

}  // namespace fathom::cli
