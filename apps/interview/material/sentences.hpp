/// Sentences of a small grammar, each with a verdict, for networks that read word by word.
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

#include "fathom/augment/random.hpp"

namespace fathom::interview {

struct Sentence {
  std::string text;           ///< "the room is not good but the bed is clean"
  std::int64_t positive = 0;  ///< the label
};

/// The most words of `review` and `majority`, and the number of clauses and of words of the long ones.
constexpr std::int64_t kWords = 11, kClauses = 8, kLongWords = 5 * kClauses - 1;

/// Half of them "X but Y", where X and Y disagree and Y decides; half "X and Y", where one of the two is
/// neutral. "not" turns the adjective behind it. A bag of the words is at a loss about the first half, as X
/// and Y may have been swapped, and about a half of the rest, as one "not" may belong to either. What is left
/// to it is 62.5 %.
Sentence review(augment::Random& random);

/// Three adjectives, good or bad; the majority decides, in whatever order they come.
Sentence majority(augment::Random& random);

/// Eight clauses, of which the first or the last decides and the others are neutral.
Sentence decided_early(augment::Random& random);
Sentence decided_late(augment::Random& random);

/// All words there are; a word is one-hot in their number.
const std::vector<std::string>& vocabulary();

/// The numbers of a sentence's words, after as many blanks (-1) as fill it up to `steps`.
std::vector<std::int64_t> numbers_of(const std::string& text, std::int64_t steps);

/// float [N, 1, steps, words]: one word per step, as a picture whose rows are one-hot; blanks are zero.
torch::Tensor one_hot_rows(const std::vector<std::int64_t>& numbers, std::int64_t steps);

}  // namespace fathom::interview
