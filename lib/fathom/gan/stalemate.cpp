#include "fathom/gan/stalemate.hpp"

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::gan {
namespace {

constexpr std::int64_t kPatience = 1000;
constexpr double kSure = 0.02;  // D(x) = 0.99 and D(G(z)) = 0.01
constexpr double kLost = 5;     // D(G(z)) = 0.99; guessing costs 1.39

}  // namespace

void Stalemate::observe(double loss, std::int64_t step) {
  running_loss = 0.99 * running_loss + 0.01 * loss;
  steps_sure = running_loss < kSure ? steps_sure + 1 : 0;
  steps_lost = running_loss > kLost ? steps_lost + 1 : 0;
  if (steps_sure >= kPatience)
    throw DivergedError(
        fmt::format("the discriminator has been sure of every sample for {} steps (to step {}), so that the "
                    "generator learns nothing; try --r1 1, --spectral-norm or a lower --lr",
                    kPatience, step));
  if (steps_lost >= kPatience)
    throw DivergedError(fmt::format(
        "the discriminator has taken the generated samples for real for {} steps (to step {}); try a "
        "lower --lr or more --discriminator-steps",
        kPatience, step));
}

}  // namespace fathom::gan
