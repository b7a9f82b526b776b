#include "fathom/train/doubts.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace fathom::train {
namespace {

/// Answers to `labels`, with the logit `certainty` for the answer and 0 for the other two classes.
Evaluation answers(const torch::Tensor& labels, const torch::Tensor& predicted, double certainty) {
  return evaluate_logits(certainty * torch::one_hot(predicted, 3).to(torch::kFloat), labels);
}

/// 20 images of each of three classes.
torch::Tensor sixty_labels() { return torch::arange(60, torch::kLong).remainder(3); }

bool says(const Doubts& doubts, const std::string& part) {
  return std::any_of(doubts.texts.begin(), doubts.texts.end(),
                     [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

TEST(Doubts, AGoodResultRaisesNone) {
  const Doubts found = doubts(answers(sixty_labels(), sixty_labels(), 5), {{.training_accuracy = 1}});
  EXPECT_TRUE(found.texts.empty());
  EXPECT_FALSE(found.is_failure);
  // Two thirds right: 95 % interval [0.54, 0.77], chance 0.33.
  const torch::Tensor some = torch::where(torch::arange(60) < 40, sixty_labels(), (sixty_labels() + 1) % 3);
  EXPECT_TRUE(doubts(answers(sixty_labels(), some, 1), {}).texts.empty());
}

TEST(Doubts, OneAnswerForAllIsChance) {
  const Evaluation test = answers(sixty_labels(), torch::zeros({60}, torch::kLong), 1);
  const Doubts found = doubts(test, {{.training_accuracy = 0.4}});
  EXPECT_TRUE(found.is_failure);
  ASSERT_EQ(found.texts.size(), 1U);
  EXPECT_TRUE(says(found, "the most frequent class gives 33.33 %; the network answers one class for all"));
  EXPECT_TRUE(
      says(doubts(test, {{.training_accuracy = 1}}), "(100.00 % in the last epoch) but not the test"));
}

TEST(Doubts, ALossFarAboveThatOfEqualProbabilitiesIsSaid) {
  // A wrong answer costs about 1000, ln 3 is 1.10.
  const torch::Tensor some = torch::where(torch::arange(60) < 50, sixty_labels(), (sixty_labels() + 1) % 3);
  const Doubts found = doubts(answers(sixty_labels(), some, 1000), {});
  EXPECT_TRUE(found.is_failure);
  ASSERT_EQ(found.texts.size(), 1U);
  EXPECT_TRUE(says(found, "far above 1.10"));
}

TEST(Doubts, FewTestPicturesAreSaidAndAreNoFailure) {
  const torch::Tensor labels = torch::arange(2, torch::kLong);
  const Doubts two = doubts(answers(labels, labels, 5), {});
  EXPECT_FALSE(two.is_failure);
  ASSERT_EQ(two.texts.size(), 1U);
  EXPECT_TRUE(says(two, "2 test pictures give a wide interval"));
}

}  // namespace
}  // namespace fathom::train
