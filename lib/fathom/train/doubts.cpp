#include "fathom/train/doubts.hpp"

#include <cmath>

#include <fmt/format.h>

#include "fathom/core/text.hpp"

namespace fathom::train {
namespace {

constexpr std::int64_t kFewImages = 50, kVeryFewImages = 10;

/// Rows of the confusion matrix are the true classes.
double share_of_largest_class(const Evaluation& test) {
  return test.confusion.sum(1).max().item<double>() / static_cast<double>(test.images);
}

bool answers_one_class(const Evaluation& test) { return (test.confusion.sum(0) > 0).sum().item<int>() == 1; }

}  // namespace

Doubts doubts(const Evaluation& test, const std::vector<EpochRecord>& history) {
  Doubts doubts;
  const std::int64_t classes = test.confusion.size(0);
  if (test.images == 0 || classes < 2) return doubts;
  const auto fail = [&](const std::string& text) {
    doubts.texts.push_back(text);
    doubts.is_failure = true;
  };
  const double chance = share_of_largest_class(test);
  const double low = test.images < kVeryFewImages ? test.accuracy : test.accuracy_ci95.low;
  if (chance < 1 && low <= chance) {
    fail(
        fmt::format("the test accuracy, {}, is not clearly above chance: to always answer the most frequent "
                    "class gives {:.2f} %{}",
                    percent_text(test.accuracy, test.accuracy_ci95), 100 * chance,
                    answers_one_class(test) ? "; the network answers one class for all test pictures" : ""));
    if (!history.empty() && history.back().training_accuracy >= 0.99)
      fail(
          fmt::format("the network knows its training pictures ({:.2f} % in the last epoch) but not the test "
                      "pictures: it has learned them by heart, or the two splits differ",
                      100 * history.back().training_accuracy));
  }
  const double constant = std::log(static_cast<double>(classes));
  if (!(test.loss <= 2 * constant + 1))
    fail(
        fmt::format("the test loss is {:.4g}, far above {:.2f}, the loss of equal probabilities for all {} "
                    "classes",
                    test.loss, constant, classes));
  if (test.images < kFewImages)
    doubts.texts.push_back(fmt::format("{} give a wide interval for the accuracy; use 50 or more",
                                       counted(static_cast<std::uint64_t>(test.images), "test picture")));
  return doubts;
}

}  // namespace fathom::train
