#include "interview/frame/questions.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

/// One line for each, in the order of their numbers: the function that describes it, in a file of the same
/// number and name.
#define FATHOM_QUESTIONS(QUESTION)  \
  QUESTION(1, nonlinearity)         \
  QUESTION(2, vanishing_gradients)  \
  QUESTION(3, convolution)          \
  QUESTION(4, looking_inside)       \
  QUESTION(5, learning_rate)        \
  QUESTION(6, equal_weights)        \
  QUESTION(7, adam)                 \
  QUESTION(8, batch_size)           \
  QUESTION(9, augmentation)         \
  QUESTION(10, gan)                 \
  QUESTION(11, batch_norm)          \
  QUESTION(12, multi_task)          \
  QUESTION(13, end_to_end)          \
  QUESTION(14, relu_before_sigmoid) \
  QUESTION(15, exploding_gradients) \
  QUESTION(16, batch_shuffle)       \
  QUESTION(17, minibatch_shuffle)   \
  QUESTION(18, transfer)            \
  QUESTION(19, dropout_at_test)     \
  QUESTION(20, dropout)             \
  QUESTION(21, many_to_one)         \
  QUESTION(22, bidirectional)       \
  QUESTION(23, l2_recurrent)        \
  QUESTION(24, underfitting)        \
  QUESTION(25, weight_decay)

namespace fathom::interview {

#define FATHOM_DECLARE(number, name) experiment::Experiment name();
FATHOM_QUESTIONS(FATHOM_DECLARE)
#undef FATHOM_DECLARE

namespace {

experiment::Experiment numbered(int number, std::string name, experiment::Experiment experiment) {
  std::replace(name.begin(), name.end(), '_', '-');
  experiment.number = number;
  experiment.slug = std::move(name);
  return experiment;
}

}  // namespace

const std::vector<experiment::Experiment>& questions() {
#define FATHOM_CALL(number, name) numbered(number, #name, name()),
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
