/// Signs that a training has failed, or that its test says little.
///
///   const Doubts doubts = train::doubts(evaluate(best->inference(), test), trainer.history());
///   for (const std::string& text : doubts.texts) note(text);
#pragma once

#include <string>
#include <vector>

#include "fathom/train/history.hpp"
#include "fathom/train/metrics.hpp"

namespace fathom::train {

struct Doubts {
  std::vector<std::string> texts;  ///< each for fathom::note
  bool is_failure = false;         ///< the network is no better than a constant answer, or much worse
};

/// Compares a result on test pictures with chance: the share of the most frequent class among them, which a
/// network that always gives this class reaches. Four signs:
///   - the 95 % interval of the accuracy begins at or below chance (fewer than 10 images: only if the
///   accuracy
///     itself does, because the interval of so few always reaches far down);
///   - in addition, the accuracy in the last epoch of training was at least 99 %;
///   - the loss is above twice ln(classes) + 1: a constant answer has at most ln(classes);
///   - fewer than 50 test images, which give a wide interval (no failure).
/// No doubt is raised about a result on no images or of one class.
Doubts doubts(const Evaluation& test, const std::vector<EpochRecord>& history);

}  // namespace fathom::train
