/// Whether a game has stopped teaching the generator anything. Internal to GanTrainer.
#pragma once

#include <cstdint>

namespace fathom::gan {

/// Follows the discriminator's loss (cross entropy or hinge; the Wasserstein loss has no scale that would say
/// anything).
struct Stalemate {
  double running_loss = 1;      // an exponential mean over some 100 steps
  std::int64_t steps_sure = 0;  // that it has been close to 0, without a break
  std::int64_t steps_lost = 0;  // that it has been beyond what guessing costs many times over

  /// Takes the loss of the next step in. Throws DivergedError, naming `step`, where the discriminator has
  /// been sure of everything (D(x) at 1 and D(G(z)) at 0) for 1,000 steps, or has taken all generated samples
  /// for real.
  void observe(double loss, std::int64_t step);
};

}  // namespace fathom::gan
