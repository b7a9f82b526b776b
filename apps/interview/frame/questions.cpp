#include "interview/frame/questions.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

/// One line for each, in the order of their numbers: the namespace and the function that describes it, in a
/// file of the same number and name.
#define FATHOM_QUESTIONS(QUESTION)   \
  QUESTION(q01, nonlinearity)        \
  QUESTION(q02, vanishing_gradients) \
  QUESTION(q03, convolution)         \
  QUESTION(q04, looking_inside)      \
  QUESTION(q05, learning_rate)       \
  QUESTION(q06, equal_weights)       \
  QUESTION(q07, adam)                \
  QUESTION(q08, batch_size)          \
  QUESTION(q09, augmentation)        \
  QUESTION(q10, gan)                 \
  QUESTION(q11, batch_norm)          \
  QUESTION(q12, multi_task)          \
  QUESTION(q13, end_to_end)          \
  QUESTION(q14, relu_before_sigmoid) \
  QUESTION(q15, exploding_gradients) \
  QUESTION(q16, batch_shuffle)       \
  QUESTION(q17, minibatch_shuffle)   \
  QUESTION(q18, transfer)            \
  QUESTION(q19, dropout_at_test)     \
  QUESTION(q20, dropout)             \
  QUESTION(q21, many_to_one)         \
  QUESTION(q22, bidirectional)       \
  QUESTION(q23, l2_recurrent)        \
  QUESTION(q24, underfitting)        \
  QUESTION(q25, weight_decay)

namespace fathom::interview {

#define FATHOM_DECLARE(number, name) \
  namespace number {                 \
  experiment::Experiment name();     \
  }
FATHOM_QUESTIONS(FATHOM_DECLARE)
#undef FATHOM_DECLARE

namespace {

experiment::Experiment numbered(const std::string& number, std::string name,
                                experiment::Experiment experiment) {
  std::replace(name.begin(), name.end(), '_', '-');
  experiment.number = std::stoi(number.substr(1));  // of "q07"
  experiment.slug = std::move(name);
  return experiment;
}

}  // namespace

const std::vector<experiment::Experiment>& questions() {
#define FATHOM_CALL(number, name) numbered(#number, #name, number::name()),
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
