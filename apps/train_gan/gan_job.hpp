/// A run of train_gan, from its command line or from where it was put down.
#pragma once

#include <memory>
#include <optional>

#include "cli/cli.hpp"
#include "cli/run_record.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/gan/scores/ring.hpp"
#include "fathom/gan/trainer.hpp"

namespace fathom::cli {

/// The flags that decide the weights, and --resume.
void add_gan_flags(Parser& parser);

/// The run's data: pictures, or points of a ring.
struct GanSubject {
  std::optional<gan::RingOptions> ring;
  data::ImageSet set;  // empty for a ring
  gan::RealSamples real;
};

/// The trainer with what it trains on; for a resumed run as it stood, else fresh.
struct GanJob {
  RunNote note;
  GanSubject subject;
  std::unique_ptr<gan::GanTrainer> trainer;
};

/// How runs of train_gan differ from others.
RunKind gan_runs(const Arguments& arguments);

GanJob start_gan(const Arguments& arguments, const Common& common, const RunStart& from);

/// Continues the run whose state is in `from`. Throws as gan::GanTrainer::resume.
GanJob resume_gan(const Arguments& arguments, const Common& common, const RunStart& from);

}  // namespace fathom::cli
