#include "interview/frame/questions.hpp"

#include <fmt/format.h>

#include "fathom/core/error.hpp"

/// One line for each, in the order of their numbers: the function in its file that describes it.
#define FATHOM_QUESTIONS(QUESTION) \
  QUESTION(nonlinearity)           \
  QUESTION(vanishing_gradients)    \
  QUESTION(convolution)            \
  QUESTION(looking_inside)         \
  QUESTION(learning_rate)          \
  QUESTION(equal_weights)          \
  QUESTION(adam)                   \
  QUESTION(batch_size)             \
  QUESTION(augmentation)           \
  QUESTION(gan)                    \
  QUESTION(batch_norm)             \
  QUESTION(multi_task)             \
  QUESTION(end_to_end)             \
  QUESTION(relu_before_sigmoid)    \
  QUESTION(exploding_gradients)    \
  QUESTION(batch_shuffle)          \
  QUESTION(minibatch_shuffle)      \
  QUESTION(transfer)               \
  QUESTION(dropout_at_test)        \
  QUESTION(dropout)                \
  QUESTION(many_to_one)            \
  QUESTION(bidirectional)          \
  QUESTION(l2_recurrent)           \
  QUESTION(underfitting)           \
  QUESTION(weight_decay)

namespace fathom::interview {

#define FATHOM_DECLARE(name) experiment::Experiment name();
FATHOM_QUESTIONS(FATHOM_DECLARE)
#undef FATHOM_DECLARE

const std::vector<experiment::Experiment>& questions() {
#define FATHOM_CALL(name) name(),
  static const std::vector<experiment::Experiment> all = {FATHOM_QUESTIONS(FATHOM_CALL)};
#undef FATHOM_CALL
  return all;
}

const experiment::Experiment& question(std::int64_t number) {
  for (const experiment::Experiment& each : questions())
    if (each.number == number) return each;
  throw InvalidArgument(fmt::format("there is no question {}; there are {} to {}", number,
                                    questions().front().number, questions().back().number));
}

}  // namespace fathom::interview
